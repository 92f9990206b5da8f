"""The post with the matrix: every claim, and where it holds."""

from collections.abc import Mapping

from msgspec import Struct

from phasebook.blog.markdown import Reader
from phasebook.blog.outputs import svg_file
from phasebook.blog.post import SUMMARY, Post, licence_and_citation, slug_of
from phasebook.blog.settings import Site
from phasebook.blog.tree import (
    Blocks,
    Callout,
    Code,
    Heading,
    Image,
    Inlines,
    Items,
    Link,
    Paragraph,
    Said,
    Styled,
    Table,
    Text,
)
from phasebook.history import neighbours
from phasebook.history.lines import lines_of
from phasebook.history.wording import label, sentence
from phasebook.project.claims import Article, Claim
from phasebook.project.environments import Environment
from phasebook.project.results import Result
from phasebook.report.timeline import Timeline, drawn

TITLE = "What `training`, `trainable` and the learning phase really do, on every TensorFlow"
DESCRIPTION = "What blog posts say about training mode in TensorFlow, run on every release: where it holds."
SIGNS = {"holds": "✓", "fails": "✗", "unavailable": "–", "error": "!", "not run": "?"}
MEANINGS = {
    "holds": "every case of the claim came out as stated",
    "fails": "the experiment ran, and at least one case came out differently",
    "unavailable": "the API that the claim is about does not exist in that release",
    "error": "the experiment itself broke, which says nothing about TensorFlow",
    "not run": "not run there yet",
}


class Findings(Struct, frozen=True):
    """All that the summary tells of; `titles` are those of the experiments' posts, by notebook."""

    claims: Mapping[str, list[Claim]]
    articles: Mapping[str, Article]
    environments: Mapping[str, Environment]
    results: Mapping[str, Result]
    titles: Mapping[str, Inlines]
    shown: str  # the environment that the posts show
    timeline: Timeline


def summary(found: Findings, site: Site) -> Post:
    """The post with a table of verdicts for each experiment and a section for each claim."""
    title = _line(TITLE)
    picture = _picture(found.timeline)
    body: Blocks = [*(Paragraph([Image(found.timeline.alternative(), file=name)]) for name in picture), *_legend()]
    for notebook, claims in found.claims.items():
        body += _experiment(notebook, claims, found)
    body += [*_sources(found), *licence_and_citation(title, site.author, site.date)]
    return Post(SUMMARY, title, [Text(DESCRIPTION)], _opening(found), body, picture)


def verdict(claim: str, column: str, results: Mapping[str, Result]) -> str:
    """A claim's verdict in a column, "not run" where it has none."""
    result = results.get(column)
    return result.claims[claim].verdict if result and claim in result.claims else "not run"


def merged(columns: list[str], claims: list[Claim], results: Mapping[str, Result]) -> list[list[str]]:
    """Neighbouring columns that are equal in all the claims, together."""
    return neighbours.merged(columns, lambda column: tuple(verdict(c.id, column, results) for c in claims))


def _picture(timeline: Timeline) -> dict[str, bytes]:
    """The picture of what changed when, as a file by its name; none where nothing ever changed."""
    if not timeline.rows:
        return {}
    _, start, rest = drawn(timeline, 10, 6).decode().partition("<svg")
    drawing = svg_file(start + rest)
    return {"timeline.svg": drawing} if drawing else {}


def _opening(found: Findings) -> Blocks:
    claims = [claim for group in found.claims.values() for claim in group]
    seen = [verdict(claim.id, found.shown, found.results) for claim in claims]
    counts = ", ".join(f"{seen.count(word)} {_counted(word, seen.count(word))}" for word in SIGNS if word in seen)
    shown = found.environments[found.shown]
    question = (
        f"Blog posts and answers say how training mode works in TensorFlow. Each was true of the release "
        f"its author had. Here, {len(claims)} such claims were run on {_count(found.results, 'TensorFlow')}."
    )
    answer = f"On TensorFlow {shown.tensorflow} with Keras {shown.keras}, of {len(claims)} claims: {counts}."
    return [
        Paragraph([Text(question)]),
        Callout("tip", "In short", [Paragraph([Text(answer)])]),
    ]


def _counted(word: str, number: int) -> str:
    """The verdict as the verb of so many claims."""
    several = {"holds": "hold", "fails": "fail", "unavailable": "are unavailable", "error": "could not be settled"}
    one = {"unavailable": "is unavailable", "error": "could not be settled"}
    return (one if number == 1 else several).get(word, word)


def _count(results: Mapping[str, Result], name: str) -> str:
    number = len(results)
    return f"{number} environments of {name} and Keras" if number != 1 else f"one environment of {name} and Keras"


def _legend() -> Blocks:
    items: list[Blocks] = [
        [Paragraph([Text(f"{SIGNS[word]} "), Styled("strong", [Said([Text(word)])]), Text(f": {meaning}.")])]
        for word, meaning in MEANINGS.items()
    ]
    note = (
        "Each column of the tables below is a range of releases that agree on every claim of that table. "
        "A verdict covers only the cases that were run, on a CPU."
    )
    return [Heading(2, [Text("How to read the tables")]), Items(items), Paragraph([Text(note)])]


def _experiment(notebook: str, claims: list[Claim], found: Findings) -> Blocks:
    title = found.titles[notebook]
    lines = lines_of(found.environments)
    beside = [[name for name in line if name not in lines.main] for line in lines.every[1:]]
    ranges = [
        part
        for columns in (lines.main, *beside)
        for part in merged([name for name in columns if name in found.results], claims, found.results)
    ]
    head: list[Inlines] = [[Text(words)] for words in ("Claim", *(_span(part, found) for part in ranges))]
    rows = [[_title(claim), *(_cell(claim, part[0], found) for part in ranges)] for claim in claims]
    blocks: Blocks = [
        Heading(2, title),
        Paragraph([Text("Settled in "), Link(title, post=slug_of(notebook)), Text(".")]),
        Table(head, rows),
    ]
    for claim in claims:
        blocks += _claim(claim, found)
    return blocks


def _title(claim: Claim) -> Inlines:
    return [Link(_line(claim.title), anchor=claim.id)]


def _cell(claim: Claim, column: str, found: Findings) -> Inlines:
    word = verdict(claim.id, column, found.results)
    return [Text(f"{SIGNS[word]}\u00a0"), Said([Text(word)])]  # a sign is not left alone on a line


def _span(columns: list[str], found: Findings) -> str:
    first, last = (label(found.environments[columns[end]]) for end in (0, -1))
    family = first.rpartition(" ")[0]
    return first if first == last else f"{first} to {last.removeprefix(f'{family} ')}"


def _claim(claim: Claim, found: Findings) -> Blocks:
    history = sentence(claim.id, found.environments, found.results)
    told = f"{history[0].upper()}{history[1:]}."
    said = [found.articles[article] for article in claim.articles]
    cited = ", ".join(article.id for article in said) if said else "no article; the experiments raised it"
    return [
        Heading(3, [Code(claim.id)], claim.id),
        Paragraph([Said(_line(claim.title)), Text(": "), Said([Text(f"{history}.")], elsewhere=told)]),
        Paragraph([Said(_line(claim.says)), Text(" (Said by: "), Said([Text(cited)]), Text(".)")]),
    ]


def _sources(found: Findings) -> Blocks:
    items: list[Blocks] = []
    for article in found.articles.values():
        title: Inlines = [Said([Styled("emphasis", [Text(article.title)])], "kept")]
        linked: Inlines = [Link(title, address=article.url)] if article.url else title
        day = article.date.isoformat() if article.date else "no date"
        about = Said([Text(article.about)])
        line = [Text(f"{article.id}: "), *linked, Text(f", {article.author}, {day}. "), about]
        items.append([Paragraph(line)])
    return [Heading(2, [Text("The articles")]), Items(items)]


def _line(source: str) -> Inlines:
    """One line of a data file, in which `code` stands in backticks."""
    reader = Reader(lambda address, text: Image(text, address=address), lambda address, content: None)
    blocks = reader.blocks(source)
    return [part for block in blocks if isinstance(block, Paragraph) for part in block.content]
