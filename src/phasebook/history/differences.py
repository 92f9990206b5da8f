"""What differs between two columns: verdicts, the cases that decided, and cases that turned under one verdict."""

from msgspec import Struct

from phasebook.project.results import Case, ClaimResult, Result, Verdict

CHANGED = 3  # exit status where a verdict or a case differs
UNSETTLED = 4  # exit status where nothing differs, but something could not be settled


class Deciding(Struct, frozen=True):
    """A case whose outcome decided: what was expected of it and what each side saw, or why it saw nothing.

    `case` is "" where one side has no cases at all and the other none that went against the claim.
    """

    case: str
    expected: str
    before: str
    after: str


class Difference(Struct, frozen=True):
    """A claim whose verdict, or one of whose cases, did not come out the same in two columns."""

    claim: str
    before: Verdict
    after: Verdict
    deciding: list[Deciding]


class Comparison(Struct, frozen=True):
    """Two columns beside each other.

    `not_settled` are the claims that are `error` in one of them, `not_compared` those that one of them has no
    verdict for. Neither is a difference.
    """

    before: str
    after: str
    differences: list[Difference]
    not_settled: list[str]
    not_compared: list[str]

    @property
    def status(self) -> int:
        """The exit status: 3 where a verdict or a case differs, else 4 where some could not be settled, else 0."""
        if self.differences:
            return CHANGED
        return UNSETTLED if self.not_settled or self.not_compared else 0


def compare(before: Result, after: Result, claims: list[str]) -> Comparison:
    """What came out differently for `claims`, in their order."""
    both = [claim for claim in claims if claim in before.claims and claim in after.claims]
    differences = [
        Difference(claim, old.verdict, new.verdict, deciding(old, new))
        for claim in both
        for old, new in [(before.claims[claim], after.claims[claim])]
        if turned(old, new)
    ]
    unsettled = [claim for claim in both if "error" in (before.claims[claim].verdict, after.claims[claim].verdict)]
    left = [claim for claim in claims if claim not in both]
    return Comparison(before.environment.name, after.environment.name, differences, unsettled, left)


def turned(before: ClaimResult, after: ClaimResult) -> bool:
    """Whether a claim came out differently: by its verdict or by a case that both sides ran."""
    if "error" in (before.verdict, after.verdict):
        return False
    return before.verdict != after.verdict or bool(_turned_cases(before, after))


def deciding(before: ClaimResult, after: ClaimResult) -> list[Deciding]:
    """The cases that made a claim come out differently, in the order they were run."""
    found = [
        Deciding(case.case, case.expected, _seen(before, case.case), _seen(after, case.case))
        for case in _turned_cases(before, after)
    ]
    return found or [Deciding("", "", _seen(before, ""), _seen(after, ""))]


def _turned_cases(before: ClaimResult, after: ClaimResult) -> list[Case]:
    """The cases that both sides ran and that hold on one side only.

    Where one side ran none (an API that does not exist), those of the other side that went against the claim.
    """
    old = {case.case: case for case in before.cases}
    new = {case.case: case for case in after.cases}
    if old and new:
        return [new[name] for name in old if name in new and old[name].holds != new[name].holds]
    return [case for case in (old | new).values() if not case.holds]


def _seen(result: ClaimResult, name: str) -> str:
    """What one side saw of a case, or else why it saw nothing."""
    if result.reason is not None:
        return result.reason
    for case in result.cases:
        if case.case == name:
            return case.observed
    return "every case as expected" if result.verdict == "holds" else "not among its cases"
