"""The advice on the first page, from today.toml, each line beside the verdicts that it rests on; pages uses it."""

from pathlib import Path

from msgspec import Struct, field

from phasebook.history.lines import is_released
from phasebook.project.files import read_toml
from phasebook.report.columns import NOT_RUN, Column
from phasebook.report.facts import Facts


class _Note(Struct, forbid_unknown_fields=True):
    text: str
    rests_on: dict[str, str]


class _Sample(Struct, forbid_unknown_fields=True):
    title: str
    families: list[str]
    code: str
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
    """A line of advice."""

    text: str
    rests: list[Rest]


class Sample(Struct, frozen=True):
    """What to write in one group of releases."""

    title: str
    families: list[str]
    code: str
    notes: list[Note]


class Today(Struct, frozen=True):
    """The answer, the samples and what a verdict does not mean."""

    answer: str
    limits: list[str]
    samples: list[Sample]


def load(facts: Facts) -> Today:
    """The advice, checked against the newest results of the families it is for."""
    content = read_toml(Path(__file__).with_name("today.toml"), _File)
    return Today(content.answer, content.limits, [_sample(sample, facts) for sample in content.sample])


def _sample(sample: _Sample, facts: Facts) -> Sample:
    notes = []
    for note in sample.note:
        rests = [
            rest
            for claim, expected in note.rests_on.items()
            if claim in facts.claims
            for rest in _rests(claim, expected, sample.families, facts)
        ]
        notes.append(Note(note.text, rests))
    return Sample(sample.title, sample.families, sample.code, notes)


def _rests(claim: str, expected: str, families: list[str], facts: Facts) -> list[Rest]:
    """The newest verdict, and beside it those of other families where they differ from what is expected."""
    newest = [column for family in families for column in _newest(family, facts.columns)]
    settled = [column for column in newest if column.settled(claim)]
    rests = [Rest(claim, expected, column.verdict(claim), column.name) for column in settled]
    against = [rest for rest in rests if not rest.agrees]
    return against or rests[:1] or [Rest(claim, expected, NOT_RUN, "")]


def _newest(family: str, columns: list[Column]) -> list[Column]:
    return [column for column in columns if column.family == family and is_released(column.environment)][-1:]
