"""What differs between two columns: claim, before, after and the cases that decided; history builds on it too."""

from msgspec import Struct

from phasebook.project.results import ClaimResult, Result, Verdict

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
