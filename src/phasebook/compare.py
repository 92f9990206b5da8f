"""What differs between two columns: claim, before, after and the cases that decided; history builds on it too."""

import msgspec
from msgspec import Struct
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from phasebook.errors import for_terminal
from phasebook.results import ClaimResult, Result, Verdict

CHANGED = 3  # exit status where something differs


class Deciding(Struct, frozen=True):
    """A case whose outcome decided: what was expected of it and what each side saw, or why it saw nothing.

    `case` is "" where one side has no cases at all and the other none that went against the claim.
    """

    case: str
    expected: str
    before: str
    after: str


class Difference(Struct, frozen=True):
    """A claim whose verdict is not the same in two columns."""

    claim: str
    before: Verdict
    after: Verdict
    deciding: list[Deciding]


class Comparison(Struct, frozen=True):
    """Two columns beside each other; `not_compared` are the claims that one of them has no verdict for."""

    before: str
    after: str
    differences: list[Difference]
    not_compared: list[str]

    @property
    def status(self) -> int:
        """The exit status: 3 where a verdict differs, 1 where some could not be compared, else 0."""
        if self.differences:
            return CHANGED
        return 1 if self.not_compared else 0


def compare(before: Result, after: Result, claims: list[str]) -> Comparison:
    """The verdicts of `claims`, in their order, that differ between two results."""
    both = [claim for claim in claims if claim in before.claims and claim in after.claims]
    differences = [
        Difference(claim, old.verdict, new.verdict, deciding(old, new))
        for claim in both
        for old, new in [(before.claims[claim], after.claims[claim])]
        if old.verdict != new.verdict
    ]
    left = [claim for claim in claims if claim not in both]
    return Comparison(before.environment.name, after.environment.name, differences, left)


def deciding(before: ClaimResult, after: ClaimResult) -> list[Deciding]:
    """The cases that made two verdicts on one claim differ, in the order they were run."""
    old = {case.case: case for case in before.cases}
    new = {case.case: case for case in after.cases}
    found = []
    for name, case in (old | new).items():
        sides = [cases[name].holds if name in cases else True for cases in (old, new)]
        if sides[0] != sides[1]:
            found.append(Deciding(name, case.expected, _seen(before, name), _seen(after, name)))
    return found or [Deciding("", "", _seen(before, ""), _seen(after, ""))]


def _seen(result: ClaimResult, name: str) -> str:
    """What one side saw of a case, or else why it saw nothing."""
    if result.reason is not None:
        return result.reason
    for case in result.cases:
        if case.case == name:
            return case.observed
    return "every case as expected" if result.verdict == "holds" else "not among its cases"


def show(comparison: Comparison, console: Console) -> None:
    """Print a comparison: a table on a terminal, plain lines that never wrap elsewhere."""
    if console.is_terminal:
        _table(comparison, console)
    else:
        for line in lines(comparison):
            console.print(for_terminal(line), soft_wrap=True, markup=False, highlight=False, emoji=False)


def lines(comparison: Comparison) -> list[str]:
    """A comparison as plain text."""
    text = []
    for difference in comparison.differences:
        text.append(f"{difference.claim}: {difference.before} -> {difference.after}")
        text += [f"  {_told(case)}" for case in difference.deciding]
    return [*text, *_summary(comparison)]


def as_json(comparison: Comparison) -> str:
    """A comparison for machines: before, after, differences, not_compared."""
    return msgspec.json.format(msgspec.json.encode(comparison), indent=2).decode() + "\n"


def _told(case: Deciding) -> str:
    needless = case.expected in ("", case.before, case.after)  # the side that holds says it
    expected = "" if needless else f" (expected: {case.expected})"
    return f"{case.case or 'the claim'}: {case.before} -> {case.after}{expected}"


def _table(comparison: Comparison, console: Console) -> None:
    """The differences as a table, with the deciding cases in its last column."""
    if comparison.differences:
        table = Table("claim", comparison.before, comparison.after, "decided by", box=box.SIMPLE_HEAD)
        for difference in comparison.differences:
            cases = "\n".join(for_terminal(_told(case)) for case in difference.deciding)
            row = (difference.claim, difference.before, difference.after, cases)
            table.add_row(*(Text(words) for words in row))  # plain texts would be read as markup
        console.print(table)
    for line in _summary(comparison):
        console.print(line, markup=False, highlight=False)


def _summary(comparison: Comparison) -> list[str]:
    """The closing lines: how many verdicts differ, and what could not be compared."""
    count = len(comparison.differences)
    verdicts = f"{count or 'no'} verdict{'' if count == 1 else 's'} differ{'s' if count == 1 else ''}"
    text = [f"{comparison.before} -> {comparison.after}: {verdicts}"]
    if comparison.not_compared:
        text.append(f"not compared, one of the two has no verdict: {', '.join(comparison.not_compared)}")
    return text
