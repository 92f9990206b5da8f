"""From the records that a notebook sent to verdicts; an accident never becomes `holds` or `fails`. run uses it."""

from typing import Any, Literal

import msgspec
from msgspec import Struct

from phasebook.project.claims import Claim
from phasebook.project.results import Case, ClaimResult, Versions, verdict_of

RECORD = "application/vnd.phasebook.record+json"
LONGEST = 2000  # characters of one text in a record; more is cut with a note


class _CaseRecord(Struct, forbid_unknown_fields=True):
    record: Literal[1]  # the schema
    claim: str
    case: str
    expected: str | None = None
    observed: str | None = None
    holds: bool | None = None
    unavailable: str | None = None
    error: str | None = None


class _EndMark(Struct, forbid_unknown_fields=True):
    record: Literal[1]
    finished: bool
    records: int
    environment: Versions


class Judged(Struct, frozen=True):
    """One notebook's verdicts, and its versions where it came to its end mark."""

    claims: dict[str, ClaimResult]
    versions: Versions | None


def judge(notebook: str, cells: list[Any], claims: list[Claim], accident: str | None) -> Judged:
    """Verdicts of `claims` from the outputs of the executed `cells`.

    `accident` says how the run went wrong, None where it did not. A notebook without exactly one end
    mark after all its records settles nothing: all its claims are `error`.
    """
    displays = [
        output["data"][RECORD]
        for cell in cells
        for output in cell.get("outputs", [])
        if RECORD in output.get("data", {})
    ]
    try:
        records, versions = _read(displays, claims)
    except ValueError as error:
        reason = accident or str(error)
        return Judged({claim.id: _error(notebook, reason) for claim in claims}, None)
    if accident:
        return Judged({claim.id: _error(notebook, accident) for claim in claims}, versions)
    settled = {
        claim.id: _settle(notebook, claim, [record for record in records if record.claim == claim.id])
        for claim in claims
    }
    return Judged(settled, versions)


def _read(displays: list[Any], claims: list[Claim]) -> tuple[list[_CaseRecord], Versions]:
    """The case records and the end mark's versions; raises ValueError saying what is wrong with them."""
    ends = [place for place, sent in enumerate(displays) if isinstance(sent, dict) and "finished" in sent]
    if not ends:
        raise ValueError("the notebook did not finish: it sent no end mark")
    if len(ends) > 1:
        raise ValueError("the notebook sent its end mark twice")
    if ends[0] != len(displays) - 1:
        raise ValueError("the notebook sent records after its end mark")
    try:
        end = msgspec.convert(displays[-1], _EndMark)
        records = [msgspec.convert(display, _CaseRecord) for display in displays[:-1]]
    except msgspec.ValidationError as error:
        raise ValueError(f"the notebook sent a malformed record: {error}") from None
    if not end.finished:
        raise ValueError("the notebook did not finish: its end mark says so")
    if end.records != len(records):
        raise ValueError(f"the notebook counts {end.records} records, {len(records)} arrived")
    own = {claim.id for claim in claims}
    for record in records:
        if record.holds is not None and record.holds != (record.observed == record.expected):
            raise ValueError(f"the notebook sent a malformed record: a wrong verdict, {_cut(record.case)!r}")
        if record.claim not in own:
            raise ValueError(f"the notebook sent a record for {_cut(record.claim)!r}, which it does not settle")
    return records, end.environment


def _settle(notebook: str, claim: Claim, records: list[_CaseRecord]) -> ClaimResult:
    """One claim's verdict from its records, which must be its cases, each once."""
    names = [record.case for record in records]
    if not records:
        return _error(notebook, "the notebook sent no record for this claim")
    if sorted(names) != sorted(claim.cases):
        wrong = sorted(set(names) ^ set(claim.cases)) or sorted({name for name in names if names.count(name) > 1})
        return _error(notebook, f"missing, unknown or repeated cases: {_cut('; '.join(wrong))}")
    broken = [f"{record.case}: {record.error}" for record in records if record.error is not None]
    if broken:
        return _error(notebook, _cut(broken[0]))
    absent = [record.unavailable for record in records if record.unavailable is not None]
    if len(absent) == len(records):
        return ClaimResult("unavailable", notebook, [], _cut(absent[0]))
    cases = [_case(record) for record in records]
    if absent or None in cases:
        return _error(notebook, "some cases of the claim have an observation, others have none")
    seen = [case for case in cases if case is not None]
    return ClaimResult(verdict_of(seen, None, "error"), notebook, seen, None)


def _case(record: _CaseRecord) -> Case | None:
    if record.expected is None or record.observed is None or record.holds is None:
        return None
    return Case(record.case, _cut(record.expected), _cut(record.observed), record.holds)


def _error(notebook: str, reason: str) -> ClaimResult:
    return ClaimResult("error", notebook, [], _cut(reason))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ... ({len(text)} characters in all)"
