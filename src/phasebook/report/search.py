"""What the search over all pages knows: an entry for each thing that people look for."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct
from nbformat import NotebookNode

from phasebook.history.wording import label
from phasebook.project.claims import Claim
from phasebook.project.complaints import Complaint
from phasebook.project.pairs import Pair
from phasebook.project.situations import Situation
from phasebook.report import answers, cells, releases, text
from phasebook.report.columns import NOT_RUN, Column
from phasebook.report.facts import Facts
from phasebook.report.today import Sample, Today

_RELEASE = re.compile("TensorFlow|Keras|JAX|Torch")
_LINK = re.compile(r"\[((?:`[^`]*`|[^\]`])*)\]\([^)]*\)")


class Entry(Struct, frozen=True):
    """A thing to find: the kind of its page, what is shown of it, and `words` that find it and are not shown.

    A claim has the first letter of its verdict in each column.
    """

    kind: str
    title: str
    line: str
    address: str
    words: str = ""
    verdicts: str = ""


_PAGES = [
    Entry(
        "page", "Your own model", "layermodes: which mode each layer of your own model runs in, and why",
        "your-own-model.html", "layermodes.modes",
    ),
    Entry("page", "Download the data", "All verdicts as JSON and CSV, and a feed of what changed", "data.html"),
]  # fmt: skip


def index(entries: Iterable[Entry], facts: Facts) -> bytes:
    """The entries as a script: a page read from disk may load scripts, but not fetch data."""
    rows = [
        [one.kind, one.title, one.line, one.address, one.words, *filter(None, [one.verdicts])] for one in entries
    ]
    lines = ",\n".join(_json(row) for row in rows)
    columns = [[column.name, label(column.environment)] for column in facts.columns]
    newest = facts.columns.index(facts.newest) if facts.newest else -1
    script = (
        '"use strict"; // kind, title, line, address, words, and of a claim its verdicts\n'
        f"const entries = [\n{lines}\n];\nconst columns = {_json(columns)};\nconst newest = {newest};\n"
    )
    return text.visible(script).encode(errors="replace")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def entries(
    facts: Facts,
    advice: Today,
    notebooks: Mapping[str, NotebookNode],
    situations: list[Situation],
    complaints: list[Complaint],
    guides: Mapping[str, dict[str, Any]],
    pairs: list[Pair],
) -> Iterator[Entry]:
    """Everything that can be found; of `notebooks` the executed ones, of `guides` what upgrading.pages tells."""
    yield from (_message(one) for one in complaints)
    yield from (_sample(one) for one in advice.samples)
    yield from (_claim(claim, facts) for claim in facts.claims.values())
    yield from (_experiment(stem, notebook) for stem, notebook in notebooks.items())
    yield from _answers(situations, facts)
    yield from (_release(column) for column in facts.columns)
    yield from (_upgrade(page, content) for page, content in guides.items())
    for one in facts.articles.values() if facts.newest else []:
        line = _line(f"What of it holds today. {one.about}")
        yield Entry("article", _line(one.title), line, f"articles/{one.id}.html")
    yield from (_pair(one) for one in pairs)
    yield from _PAGES


def _message(one: Complaint) -> Entry:
    line = _line(f"{one.write} {one.means}")
    return Entry("error message", _line(one.text), line, f"messages.html#{one.id}", _words(one.text))


def _pair(one: Pair) -> Entry:
    answers = f"PyTorch: {one.pytorch} Keras: {one.keras}"
    return Entry("from PyTorch", _line(one.question), _line(answers), f"from-pytorch.html#{one.claim}", one.claim)


def _claim(claim: Claim, facts: Facts) -> Entry:
    verdicts = [column.verdict(claim.id) for column in facts.columns]
    asked = [f"{source} {facts.sources[source].title}" for source in claim.sources]
    words = _words(claim.id, claim.says, claim.instead, *claim.cases, *asked, *claim.recipes, *sorted({*verdicts}))
    told = claim.instead or facts.sentence(claim.id)
    if claim.instead and "fails" in verdicts and facts.newest and facts.newest.verdict(claim.id) == "holds":
        told = f"{facts.sentence(claim.id)} {told}"
    letters = "".join("-" if verdict == NOT_RUN else verdict[0] for verdict in verdicts)
    return Entry("claim", _line(claim.title), _line(told), f"claims/{claim.id}.html", words, letters)


def _sample(sample: Sample) -> Entry:
    """A card of the first page: its lines of advice."""
    words = _words(*(rest.claim for rest in sample.rests), *(note.text for note in sample.notes), sample.code)
    notes = [note.text if _RELEASE.search(note.text) else f"{note.scope}: {note.text}" for note in sample.notes]
    line = " ".join((*(note.removeprefix(": ") for note in notes), f"For {sample.scope}."))
    return Entry("what to write", _line(sample.title), _line(line), f"index.html#how-{sample.anchor}", words)


def _experiment(stem: str, notebook: NotebookNode) -> Entry:
    title, question, answer = (
        cells.title_of(notebook, stem),
        cells.question_of(notebook),
        cells.answer_of(notebook),
    )
    prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    headings = re.findall(r"^##+ +(.+)$", prose, flags=re.MULTILINE)
    names = sorted({name.rpartition(".")[2] for name in re.findall(r"\b(?:tf|keras)(?:\.\w+)+", code)})
    return Entry(
        "experiment",
        _line(title),
        _line(answer or question),
        f"experiments/{stem}.html",
        _words(question, *headings, *names),
    )


def _answers(situations: list[Situation], facts: Facts) -> Iterator[Entry]:
    """What happens if I write ...: an entry for each way to call, layer and claim, with the newest answers.

    They lead to the claim's advice, where there is some, else to its evidence.
    """
    newest = facts.newest
    if newest is None:
        return
    found: dict[tuple[str, str, str], dict[str, list[str]]] = {}
    for one in situations:
        models = found.setdefault((one.how, one.layer, one.claim), {})
        models.setdefault(answers.answer(one, newest).mode, []).append(one.model)
    for (how, layer, claim), told in found.items():
        said = "; ".join(f"{' · '.join(models)}: {mode}" for mode, models in told.items())
        line = f"{label(newest.environment)}: {said}"
        place = "" if facts.claims[claim].instead else f"#{newest.name}"
        yield Entry("what happens if", _line(f"{how}: {layer}"), _line(line), f"claims/{claim}.html{place}")


def _release(column: Column) -> Entry:
    line = " ".join(releases.answer(column))
    return Entry("release", column.words, _line(line), f"releases/{column.name}.html", column.name)


def _upgrade(page: str, content: Mapping[str, Any]) -> Entry:
    """An upgrade guide, with the hints that it gives."""
    those = [hint for _, pairs in content["groups"] for hint, _ in pairs if hint]
    words = _words(*(word for hint in those for word in (hint.write, *hint.search)), "upgrading migrate migration")
    line = " ".join(one.text for one in content["first"])
    if not line:
        count = content["upgrade"].count
        line = f"{count} claims come out differently." if count else "No claim comes out differently."
    return Entry("upgrade guide", _line(content["step"].title), _line(line), f"upgrades/{page}.html", words)


def _line(words: str) -> str:
    """Prose as one plain line; the page shows as much of it as fits."""
    return " ".join(text.without_marks(_LINK.sub(r"\1", words)).split())


def _words(*texts: str) -> str:
    """Texts to search, each word once and in the case that was written: a tokenizer takes names apart by it."""
    words = (word.strip('.,;:!?()"“”') for one in texts for word in _LINK.sub(r"\1", one).replace("`", "").split())
    return text.plain(" ".join(dict.fromkeys(word for word in words if word)))
