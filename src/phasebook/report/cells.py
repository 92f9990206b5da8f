"""An executed notebook to HTML, through nbconvert and the template in nbconvert/phasebook.

Nothing that a kernel sent is trusted: no raw HTML is shown, drawings are rebuilt, texts are escaped and cut.
"""

import re
from collections import defaultdict
from copy import deepcopy
from functools import lru_cache, partial
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nbformat
from jinja2 import FileSystemLoader, Template
from markupsafe import Markup
from nbconvert.exporters.templateexporter import TemplateExporter
from nbformat import NotebookNode
from traitlets.config import Config

from phasebook.project.errors import Problem
from phasebook.report import captions, drawings, text
from phasebook.report.captions import caption
from phasebook.report.code import highlight
from phasebook.report.columns import Column
from phasebook.report.facts import Facts
from phasebook.report.folding import folded
from phasebook.report.opening import CASES, opening
from phasebook.running.judging import RECORD

TEMPLATES = Path(__file__).parent / "templates"
_SHOWN = [CASES, "image/svg+xml", "image/png", "text/markdown", "text/plain"]

FILTERS = {
    "inline": text.inline,
    "inline_plain": text.inline_plain,
    "plain": text.plain,
    "without_marks": text.without_marks,
    "highlight": highlight,
    "host": lambda url: urlsplit(url).netloc.removeprefix("www."),
    "evidence": text.evidence,
}


def render(
    notebook: NotebookNode, facts: Facts, column: Column | None = None, *, with_code: bool = True
) -> tuple[Markup, list[tuple[str, str]]]:
    """The cells of a prepared notebook that ran in `column`, and its headings of level 2: (words, target).

    Their code is there only `with_code`, but for the lines that decide.

    No link target stands twice: drawings get ids of their own, headings keep clear of claims.
    """
    outline = text.Outline(facts.claims)
    numbered = count(1)

    def drawing(svg: str, alternative: str, see: str = "") -> Markup:
        prefix = f"f{next(numbered)}-"
        return drawings.drawing(svg, alternative, prefix, caption(see, alternative, prefix))

    body = _template().render(
        nb=notebook,
        resources={"global_content_filter": defaultdict(lambda: True)},
        facts=facts,
        with_code=with_code,
        opening=opening(notebook, facts, column),
        block=partial(text.block, claims=facts.claims, claim_page="../claims/", outline=outline),
        drawing=drawing,
    )
    headings = [(words, target) for level, words, target in outline.headings if level == 2]
    return Markup(drawings.shared_glyphs(body.lstrip("\r\n"))), headings


@lru_cache(maxsize=1)
def _template() -> Template:
    """The compiled template of a notebook's cells, the same for every report."""
    exporter = TemplateExporter(
        config=Config({"NbConvertBase": {"display_data_priority": _SHOWN}}),
        template_name="phasebook",
        template_file="cells.html.j2",
        extra_template_basedirs=[str(Path(__file__).parent / "nbconvert")],
        extra_loaders=[FileSystemLoader(TEMPLATES)],
        filters={**FILTERS, "anchor": anchor, "folded": folded},
    )
    exporter.environment.autoescape = True
    template: Template = exporter.template
    return template


def read(path: Path) -> NotebookNode:
    """A notebook from disk; raises Problem for one that cannot be read."""
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat says in many ways that something is no notebook, TypeError among them
        kind = type(error).__name__
        raise Problem(f"{path}: cannot be read as a notebook ({kind}); restore it or run it again", 1) from None


def prepared(notebook: NotebookNode, claims: list[str]) -> NotebookNode:
    """A copy of a notebook as its page shows it: records as tables, verdicts beside claims, the answer on top."""
    notebook = deepcopy(notebook)
    notebook.cells = [cell for cell in notebook.cells if "injected-parameters" not in _tags(cell) or cell.source]
    left = set(claims)
    answer = None
    for number, cell in enumerate(notebook.cells):
        cell.id = cell.get("id") or f"cell-{number + 1}"
        cell.metadata["phasebook"] = {"claims": [], "answer": ""}
        if cell.cell_type == "markdown":
            named = [claim for claim in _named(cell.source) if claim in left and number]
            cell.metadata["phasebook"]["claims"] = named
            left.difference_update(named)
        if cell.cell_type == "code":
            answer = answer or _take_answer(cell)
            cell.outputs = _tabled(cell.outputs)
    captions.take(notebook.cells)
    if answer and notebook.cells and notebook.cells[0].cell_type == "markdown":
        notebook.cells[0].metadata["phasebook"]["answer"] = answer
    return notebook


def answer_of(notebook: NotebookNode) -> str:
    """The answer that an executed notebook gives, empty where it was not run."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "text/markdown" in output.get("data", {}):
                return str(output["data"]["text/markdown"])
    return ""


def figures_of(notebook: NotebookNode) -> list[tuple[str, str]]:
    """The figures of an executed notebook: (svg, alternative text)."""
    return [
        (output["data"]["image/svg+xml"], output.metadata.get("image/svg+xml", {}).get("alt", ""))
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/svg+xml" in output.get("data", {})
    ]


def title_of(notebook: NotebookNode, stem: str) -> str:
    """The notebook's first heading, else its name."""
    for cell in notebook.cells:
        found = re.search(r"^# +(.+)$", cell.source, flags=re.MULTILINE)
        if cell.cell_type == "markdown" and found:
            return found[1].strip()
    return stem


def question_of(notebook: NotebookNode) -> str:
    """What stands under the notebook's title."""
    first = notebook.cells[0].source if notebook.cells else ""
    return re.sub(r"^# +.+\n*", "", first).strip()


def anchor(cell_id: str) -> str:
    """A cell's link target."""
    return "cell-" + re.sub(r"[^A-Za-z0-9_-]", "-", cell_id)


def _tags(cell: NotebookNode) -> list[str]:
    return list(cell.metadata.get("tags", []))


def _named(source: str) -> list[str]:
    return re.findall(r"`([a-z0-9-]+)`", source)


def _take_answer(cell: NotebookNode) -> str:
    """Take the answer out of a cell's outputs: it is shown on top of the page."""
    answer = answer_of(NotebookNode(cells=[cell]))
    cell.outputs = [output for output in cell.outputs if "text/markdown" not in output.get("data", {})]
    return answer


def _tabled(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Outputs with neighbouring records as one table, neighbouring streams as one, the end mark as text."""
    shown: list[NotebookNode] = []
    for output in outputs:
        record = output.get("data", {}).get(RECORD)
        if isinstance(record, dict) and "case" in record:
            if not (shown and CASES in shown[-1].get("data", {})):
                shown.append(NotebookNode(output_type="display_data", data={CASES: []}, metadata={}))
            shown[-1].data[CASES].append(_case(record))
        elif output.output_type == "stream" and shown and shown[-1].get("name") == output.name:
            shown[-1].text += output.text
        else:
            output.get("data", {}).pop(CASES, None)  # a kernel could have sent it
            shown.append(output)
    for output in shown:
        if output.output_type == "stream":
            output["lines"] = len(output.text.splitlines())
    return shown


def _case(record: dict[str, Any]) -> dict[str, str]:
    """A record as a line of the table: whatever is missing or of a wrong type becomes text."""
    line = {key: str(record.get(key, "")) for key in ("claim", "case", "expected", "observed")}
    for word in ("unavailable", "error"):
        if word in record:
            return line | {"observed": str(record[word]), "verdict": word}
    return line | {"verdict": "holds" if record.get("holds") is True else "fails"}
