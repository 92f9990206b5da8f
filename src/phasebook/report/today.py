"""The advice on the first page: the texts of today.toml, the code of the notebooks' recipes; pages uses it.

Each line stands beside the verdicts that it rests on, and says so where the newest results deny it.
"""

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct, field
from nbformat import NotebookNode

from phasebook.history.lines import is_released
from phasebook.project.errors import Problem
from phasebook.project.files import read_toml
from phasebook.report import cells
from phasebook.report.columns import FAMILIES, NOT_RUN, Column
from phasebook.report.facts import Facts


class _Note(Struct, forbid_unknown_fields=True):
    text: str
    rests_on: dict[str, str]
    families: list[str] = []  # left out where it is for all families of its card


class _Sample(Struct, forbid_unknown_fields=True):
    title: str
    recipes: list[str]
    families: list[str]
    note: list[_Note] = field(default_factory=list)


class _File(Struct, forbid_unknown_fields=True):
    answer: str
    limits: list[str]
    sample: list[_Sample]


class Rest(Struct, frozen=True):
    """A claim that a line of advice rests on: the verdict it was written for and the newest one."""

    claim: str
    expected: str
    verdict: str
    column: str

    @property
    def agrees(self) -> bool:
        """Whether the newest verdict is the one that the line was written for, or there is none."""
        return self.verdict in (self.expected, NOT_RUN)


class Note(Struct, frozen=True):
    """A line of advice; `scope` names the families that it is for, empty for all of its card."""

    text: str
    families: list[str]
    scope: str
    rests: list[Rest]


class Sample(Struct, frozen=True):
    """What to write for one task: the code of its recipes, and the families of releases that they are for."""

    title: str
    anchor: str
    families: list[str]
    scope: str
    code: str
    rests: list[Rest]
    notes: list[Note]


class Today(Struct, frozen=True):
    """The answer, the samples and what a verdict does not mean."""

    answer: str
    limits: list[str]
    samples: list[Sample]


def load(facts: Facts) -> Today:
    """The advice, checked against the newest results of the families it is for.

    Samples whose recipes are no claims of this project are left out. Raises Problem for a recipe without its cell.
    """
    content = read_toml(Path(__file__).with_name("today.toml"), _File)
    samples = [sample for sample in content.sample if set(sample.recipes) <= set(facts.claims)]
    stems = {facts.claims[recipe].notebook for sample in samples for recipe in sample.recipes}
    notebooks = {stem: cells.read(facts.folders.notebooks / f"{stem}.ipynb") for stem in stems}
    return Today(content.answer, content.limits, [_sample(sample, facts, notebooks) for sample in samples])


def recipe(notebook: NotebookNode, claim: str) -> str | None:
    """The code that a notebook recommends under a claim: its cell tagged `recipe:` with the claim's id."""
    tagged = (cell for cell in notebook.cells if f"recipe:{claim}" in cell.metadata.get("tags", []))
    return next((str(cell.source) for cell in tagged), None)


def code_of(claim: str, facts: Facts, notebooks: Mapping[str, NotebookNode]) -> str:
    """The code of a recipe by its claim; raises Problem where no cell has it."""
    stem = facts.claims[claim].notebook
    code = recipe(notebooks[stem], claim)
    if code is None:
        path = facts.folders.notebooks / f"{stem}.ipynb"
        raise Problem(f"{path}: no cell is tagged `recipe:{claim}`; tag the recipe", 1)
    return code


def _sample(sample: _Sample, facts: Facts, notebooks: dict[str, NotebookNode]) -> Sample:
    code = "\n\n\n".join(code_of(claim, facts, notebooks) for claim in sample.recipes)
    rests = [rest for claim in sample.recipes for rest in _rests(claim, "holds", sample.families, facts)]
    notes = [_note(note, sample.families, facts) for note in sample.note]
    return Sample(sample.title, sample.recipes[0], sample.families, _scope(sample.families), code, rests, notes)


def _note(note: _Note, families: list[str], facts: Facts) -> Note:
    rests = [
        rest
        for claim, expected in note.rests_on.items()
        if claim in facts.claims
        for rest in _rests(claim, expected, note.families or families, facts)
    ]
    return Note(note.text, note.families or families, _scope(note.families) if note.families else "", rests)


def _scope(families: list[str]) -> str:
    left = set(FAMILIES) - set(families)
    everywhere = {(): "every release", ("JAX", "Torch"): "every release on TensorFlow"}
    return everywhere.get(tuple(sorted(left))) or ", ".join(FAMILIES[name] for name in families)


def _rests(claim: str, expected: str, families: list[str], facts: Facts) -> list[Rest]:
    """The newest verdict, and beside it those of other families where they differ from what is expected."""
    newest = [column for family in families for column in _newest(family, facts.columns)]
    settled = [column for column in newest if column.settled(claim)]
    rests = [Rest(claim, expected, column.verdict(claim), column.name) for column in settled]
    against = [rest for rest in rests if not rest.agrees]
    return against or rests[:1] or [Rest(claim, expected, NOT_RUN, "")]


def _newest(family: str, columns: list[Column]) -> list[Column]:
    """The newest release of a family; of nightlies, which are no releases, the newest."""
    own = [column for column in columns if column.family == family]
    return [column for column in own if family == "nightly" or is_released(column.environment)][-1:]
