"""Every file of the report as bytes, from the facts and the templates."""

from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from nbformat import NotebookNode

from phasebook.history.wording import label
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders
from phasebook.project.results import VERDICTS
from phasebook.report import cells, costs, exports, feed, places, text, today
from phasebook.report.code import highlight
from phasebook.report.columns import FAMILIES, Column
from phasebook.report.correction import correction
from phasebook.report.drawings import picture
from phasebook.report.facts import Facts
from phasebook.report.manifest import commit
from phasebook.report.prose import with_prose

MOST_SHOWN = 3  # environments whose executed notebooks get pages: 8 MB hold no more

FILTERS = {
    "inline": text.inline,
    "inline_plain": text.inline_plain,
    "plain": text.plain,
    "without_marks": text.without_marks,
    "highlight": highlight,
    "host": lambda url: urlsplit(url).netloc.removeprefix("www."),
    "evidence": text.evidence,
}


def render(folders: Folders, stale: dict[str, list[str]]) -> dict[str, bytes]:
    """All files of the report by their path below outputs/report."""
    return Pages(Facts(folders, stale)).files()


class Pages:
    """The pages of one report."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.shown = _shown(facts.all_columns)
        self.sources = {stem: self._source(stem) for stem in facts.notebooks}
        self.executed = {(c.name, stem): self._executed(c, stem) for c in self.shown for stem in facts.notebooks}
        self.titles = {stem: cells.title_of(notebook, stem) for stem, notebook in self.sources.items()}
        self.templates = _templates()
        names = facts.environments.items()
        self.context = {
            "facts": facts,
            "commit": commit(facts.folders.root),
            "words": {name: label(item) for name, item in names},
        }

    def files(self) -> dict[str, bytes]:
        """All files by path."""
        here = Path(__file__).parent
        files = {name: (here / name).read_bytes() for name in ("style.css", "script.js", "matrix.js")}
        files |= self._experiments() | self._claims()
        files |= {
            "data.html": self._page("data.html.j2", "", csv=exports.CSV_COLUMNS, json=exports.JSON_FIELDS),
            "results.json": exports.as_json(self.facts),
            "results.schema.json": exports.schema(),
            "results.csv": exports.as_csv(self.facts),
            "feed.xml": self._page("feed.xml.j2", "", entries=feed.entries(self.facts), id=feed.ID),
        }  # fmt: skip
        pictures = {f"figures/{stem}.svg": self._picture(stem)[0] for stem in self.facts.notebooks}
        files |= {name: content for name, content in pictures.items() if content}
        return files | {"index.html": self._index()}

    def _page(self, template: str, up: str, **content: Any) -> bytes:
        page = self.templates.get_template(template).render(up=up, **self.context, **content)
        return text.visible(page).encode(errors="replace")

    def _index(self) -> bytes:
        facts = self.facts
        counts = {a: sum(a in claim.articles for claim in facts.claims.values()) for a in facts.articles}
        return self._page(
            "index.html.j2", "", today=today.load(facts), cards=[self._card(stem) for stem in facts.notebooks],
            titles=self.titles, counts=counts, family_words=FAMILIES, verdict_words=VERDICTS,
            costs=costs.figure(facts),
        )  # fmt: skip

    def _card(self, stem: str) -> dict[str, Any]:
        """An experiment on the first page: its title, first figure and answer."""
        content, alternative, size = self._picture(stem)
        notebook = self._first_run(stem)
        return {
            "stem": stem,
            "title": self.titles[stem],
            "answer": cells.answer_of(notebook) if notebook else cells.question_of(self.sources[stem]),
            "figure": f"figures/{stem}.svg" if content else "",
            "alternative": alternative,
            "width": size[0],
            "height": size[1],
        }

    def _picture(self, stem: str) -> tuple[bytes | None, str, tuple[int, int]]:
        """An experiment's first figure as a file, its alternative text and its size in pixels."""
        notebook = self._first_run(stem)
        for svg, alternative in cells.figures_of(notebook) if notebook else []:
            found = picture(svg)
            if found:
                return found[0], alternative, found[1]
        return None, "", (0, 0)

    def _experiments(self) -> dict[str, bytes]:
        """A page for each notebook and environment shown, and the notebook to download."""
        renderer = cells.Cells(self.facts, FILTERS)
        files = {}
        stems = list(self.facts.notebooks)
        for place, stem in enumerate(stems):
            own = [column for column in self.shown if self.executed[column.name, stem]]
            switch = [(column, _name(stem, column if order else None)) for order, column in enumerate(own)]
            source = (self.facts.folders.notebooks / f"{stem}.ipynb").read_bytes()
            files[f"experiments/{stem}.ipynb"] = source
            pages: list[tuple[Column | None, str]] = [*switch] or [(None, _name(stem, None))]
            for column, name in pages:
                notebook = self.executed[column.name, stem] if column else self.sources[stem]
                assert notebook is not None
                notebook = cells.prepared(notebook, [claim.id for claim in self.facts.notebooks[stem]])
                body, headings = renderer.render(notebook)
                files[f"experiments/{name}"] = self._page(
                    "experiment.html.j2", "../", stem=stem, title=text.without_marks(self.titles[stem]),
                    question=text.without_marks(cells.question_of(self.sources[stem])),
                    headings=headings, cells=body, shown=column,
                    switch=switch, place=place + 1, count=len(stems),
                    before=self._neighbour(stems, place - 1), after=self._neighbour(stems, place + 1),
                )  # fmt: skip
        return files

    def _neighbour(self, stems: list[str], place: int) -> dict[str, str] | None:
        if not 0 <= place < len(stems):
            return None
        return {"page": f"{stems[place]}.html", "title": text.without_marks(self.titles[stems[place]])}

    def _claims(self) -> dict[str, bytes]:
        """A page for each claim."""
        claims = list(self.facts.claims.values())
        around = [None, *claims, None]
        return {
            f"claims/{claim.id}.html": self._page(
                "claim.html.j2", "../", claim=claim, before=around[place], after=around[place + 2],
                evidence=self.facts.evidence(claim.id), turns=self.facts.turns_of(claim.id),
                places=list(places.places(self.sources[claim.notebook], claim.id)),
                correction=correction(self.facts, claim),
            )
            for place, claim in enumerate(claims)
        }  # fmt: skip

    def _source(self, stem: str) -> NotebookNode:
        return cells.read(self.facts.folders.notebooks / f"{stem}.ipynb")

    def _executed(self, column: Column, stem: str) -> NotebookNode | None:
        """An executed notebook with today's prose; None where there is none or a broken one."""
        try:
            notebook = cells.read(self.facts.folders.executed / column.name / f"{stem}.ipynb")
        except Problem:  # its verdicts are kept elsewhere
            return None
        notebook.cells = with_prose(notebook.cells, self.sources[stem].cells)
        return notebook

    def _first_run(self, stem: str) -> NotebookNode | None:
        return next((self.executed[c.name, stem] for c in self.shown if self.executed[c.name, stem]), None)


@lru_cache(maxsize=1)  # keeps the compiled templates
def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(cells.TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=False,
    )  # fmt: skip
    templates.filters.update(FILTERS)
    return templates


def _shown(columns: list[Column]) -> list[Column]:
    """The environments whose executed notebooks get pages: the default ones first, then the newest."""
    live = [column for column in columns if column.live]
    default = [column for column in live if column.environment.default]
    others = [column for column in reversed(live) if not column.environment.default]
    return [*default, *others][:MOST_SHOWN]


def _name(stem: str, column: Column | None) -> str:
    """An experiment page's file name; that of the first environment has the notebook's name alone."""
    return f"{stem}.{column.name}.html" if column else f"{stem}.html"
