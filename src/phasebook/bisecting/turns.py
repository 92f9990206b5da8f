"""How one case came out in results, and between which columns it turned."""

from itertools import pairwise

from msgspec import Struct

from phasebook.history.differences import deciding, turned
from phasebook.history.lines import Environments, Results, lines_of
from phasebook.project.results import ClaimResult


class Turn(Struct, frozen=True):
    """Two columns between which a case (or with "" the claim as a whole) came out differently."""

    claim: str
    case: str
    before: str
    after: str


def outcome(settled: ClaimResult, case: str) -> str | None:
    """How a case came out: holds, fails or unavailable; "" is the claim's verdict; None where it is unsettled."""
    if settled.verdict == "error":
        return None
    if not case or settled.verdict == "unavailable":
        return settled.verdict
    found = next((item for item in settled.cases if item.case == case), None)
    return None if found is None else "holds" if found.holds else "fails"


def seen(settled: ClaimResult, case: str) -> str:
    """What was observed of a case, or why nothing was; of a whole claim its verdict."""
    if settled.reason is not None:
        return settled.reason
    return next((item.observed for item in settled.cases if item.case == case), settled.verdict)


def turns_of(claim: str, case: str | None, environments: Environments, results: Results) -> list[Turn]:
    """Where one of a claim's cases turned (None: the case that decided), tf-keras line first, then main.

    The last is the newest of the main line, where there is one.
    """
    lines = lines_of(environments)
    return [
        Turn(claim, found, before, after)
        for line in (lines.legacy, lines.main)
        for before, after in pairwise(_settled(claim, case or "", line, results))
        for found in _cases(results[before].claims[claim], results[after].claims[claim], case)
    ]


def stretch(environments: Environments, start: str | None, end: str | None) -> list[str]:
    """The columns of a line from `start` to `end`, in whichever order they are named; None is the line's own end.

    Empty where no line has both.
    """
    lines = lines_of(environments)
    for line in (lines.main, lines.legacy):
        if {start, end} - {None} <= set(line):
            places = sorted((line.index(start) if start else 0, line.index(end) if end else len(line) - 1))
            return line[places[0] : places[1] + 1]
    return []


def _settled(claim: str, case: str, line: list[str], results: Results) -> list[str]:
    """The columns of a line in which the case came out in some way."""
    return [
        name
        for name in line
        if name in results and claim in results[name].claims and outcome(results[name].claims[claim], case)
    ]


def _cases(old: ClaimResult, new: ClaimResult, case: str | None) -> list[str]:
    """The case that turned between two results; none where nothing did."""
    if case is not None:
        return [case] if outcome(old, case) != outcome(new, case) else []
    return [deciding(old, new)[0].case] if turned(old, new) else []
