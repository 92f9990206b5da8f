"""Every file of the report as bytes, from the facts and the templates."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from nbformat import NotebookNode

from phasebook.history.wording import label
from phasebook.project.complaints import load_complaints
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders
from phasebook.project.results import VERDICTS
from phasebook.project.site import load_site
from phasebook.project.situations import load_situations
from phasebook.project.upgrades import load_upgrades
from phasebook.report import (
    answers,
    cards,
    cells,
    citing,
    costs,
    exports,
    feed,
    from_pytorch,
    own_model,
    places,
    releases,
    search,
    text,
    today,
    upgrading,
)
from phasebook.report.columns import FAMILIES, Column
from phasebook.report.correction import correction
from phasebook.report.drawings import picture
from phasebook.report.facts import Facts
from phasebook.report.instead import instead
from phasebook.report.manifest import commit
from phasebook.report.prose import with_prose
from phasebook.report.timeline import Timeline, drawn

SHIPPED = ("style.css", "print.css", "script.js", "matrix.js", "yours.js", "search.js", "minisearch.min.js")
MOST_SHOWN = 3  # environments whose executed notebooks get pages; with the two default ones, 8 MB are kept


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
        self.today = today.load(facts)
        self.situations = load_situations(facts.folders)
        self.complaints = load_complaints(facts.folders)
        self.timeline = Timeline(facts)
        self.upgrades = upgrading.pages(facts, load_upgrades(facts.folders))
        self.pairs = from_pytorch.content(facts.folders)
        names = facts.environments.items()
        self.cards = cards.cards(facts, self.titles)
        self.site = load_site(facts.folders)
        self.commit = commit(facts.folders.root)
        self.context = {
            "facts": facts,
            "commit": self.commit,
            "words": {name: label(item) for name, item in names},
            "previews": cards.previews(self.cards, self.timeline),
            "site": self.site,
        }

    def files(self) -> dict[str, bytes]:
        """All files by path."""
        here = Path(__file__).parent
        files = {name: (here / name).read_bytes() for name in SHIPPED}
        files |= self._experiments() | self._claims() | self._releases()
        files |= {
            f"upgrades/{name}.html": self._page("upgrade.html.j2", "../", **content)
            for name, content in self.upgrades.items()
        }
        files |= self._articles() | self._from_pytorch() | cards.files(self.cards, self.facts.folders.report)
        files |= {
            "messages.html": self._page("messages.html.j2", "", messages=self.complaints),
            "search.html": self._page("search.html.j2", ""),
            "search-index.js": self._search_index(),
            "data.html": self._data(),
            "your-own-model.html": self._page("own-model.html.j2", "", **own_model.content(self.facts)),
            "results.json": exports.as_json(self.facts),
            "results.schema.json": exports.schema(),
            "results.csv": exports.as_csv(self.facts),
            "feed.xml": self._page("feed.xml.j2", "", entries=feed.entries(self.facts), id=feed.ID),
        }  # fmt: skip
        pictures = {f"figures/{stem}.svg": self._picture(stem)[0] for stem in self.facts.notebooks}
        files |= {name: content for name, content in pictures.items() if content}
        if self.timeline.rows:
            svg = picture(drawn(self.timeline, 10, 6).decode())
            assert svg is not None
            files |= {"figures/timeline.svg": svg[0], "card.png": drawn(self.timeline, 12, 6.3, card=True)}
        return files | {"index.html": self._index()}

    def _page(self, template: str, up: str, **content: Any) -> bytes:
        page = self.templates.get_template(template).render(up=up, **self.context, **content)
        return text.visible(page).encode(errors="replace")

    def _data(self) -> bytes:
        dataset = citing.dataset(self.facts, self.commit)
        return self._page("data.html.j2", "", dataset=dataset, csv=exports.CSV_COLUMNS, json=exports.JSON_FIELDS)

    def _search_index(self) -> bytes:
        pairs = [one.pair for one in self.pairs["shown"]] if self.pairs else []
        told = self.situations, self.complaints, self.upgrades, pairs
        notebooks = {stem: self._first_run(stem) or source for stem, source in self.sources.items()}
        return search.index(search.entries(self.facts, self.today, notebooks, *told), self.facts)

    def _index(self) -> bytes:
        facts = self.facts
        counts = {a: sum(a in claim.articles for claim in facts.claims.values()) for a in facts.articles}
        return self._page(
            "index.html.j2", "", today=self.today, cards=[self._card(stem) for stem in facts.notebooks],
            timeline=self.timeline, upgrades=self.upgrades, asked=releases.for_script(facts, self.situations),
            titles=self.titles, counts=counts, family_words=FAMILIES, verdict_words=VERDICTS,
            costs=costs.figure(facts), pairs=self.pairs,
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
                with_code = name == pages[0][1]  # it is the same in every environment
                body, headings = cells.render(notebook, self.facts, column, with_code=with_code)
                files[f"experiments/{name}"] = self._page(
                    "experiment.html.j2", "../", stem=stem, title=text.without_marks(self.titles[stem]),
                    question=text.without_marks(cells.question_of(self.sources[stem])),
                    headings=headings, cells=body, shown=column, with_code=with_code,
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
                correction=correction(self.facts, claim), instead=instead(claim, self.facts, self.sources),
            )
            for place, claim in enumerate(claims)
        }  # fmt: skip

    def _releases(self) -> dict[str, bytes]:
        """A page for each column that has results."""
        facts = self.facts
        around = [None, *facts.columns, None]
        return {
            f"releases/{column.name}.html": self._page(
                "release.html.j2", "../", column=column, before=around[place], after=around[place + 2],
                answer=releases.answer(column), score=releases.score(facts, column),
                samples=[sample for sample in self.today.samples if column.family in sample.families],
                ways=answers.by_way(self.situations, column), articles=releases.articles(facts, column),
                others=releases.others(facts, column),
                upgrade=releases.next_step(facts, column),
            )
            for place, column in enumerate(facts.columns)
        }  # fmt: skip

    def _articles(self) -> dict[str, bytes]:
        """A page and a badge for each article."""
        files = {}
        for letter, content in citing.articles(self.facts).items():
            badge = ": ".join(content["said"])
            pairs = from_pytorch.of_article(self.pairs, letter)
            around = {"badge": badge, "pairs": pairs}
            files[f"articles/{letter}.html"] = self._page("article.html.j2", "../", **around, **content)
            files[f"badges/{letter}.svg"] = self._page("badge.svg.j2", "", **content)
        return files

    def _from_pytorch(self) -> dict[str, bytes]:
        """The page for those who come from PyTorch, with its notebook, where the project has pairs."""
        if self.pairs is None:
            return {}
        page = self._page("from-pytorch.html.j2", "", **self.pairs)
        return {"from-pytorch.html": page} | from_pytorch.notebooks(self.facts.folders)

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


@lru_cache(maxsize=1)
def _templates() -> Environment:
    """The templates of pages, compiled when they are first used; the same for every report."""
    templates = Environment(
        loader=FileSystemLoader(cells.TEMPLATES), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=False,
    )  # fmt: skip
    templates.filters.update(cells.FILTERS)
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
