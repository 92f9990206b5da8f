"""One column's verdicts, as kept in data/results/<environment>.json; run writes them, everything else reads."""

from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from phasebook.project.errors import Problem
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders

SCHEMA = 1
Verdict = Literal["holds", "fails", "unavailable", "error"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
Word = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+:-]*\Z", max_length=100)]  # a version, a platform


class Case(Struct, frozen=True, forbid_unknown_fields=True):
    """One observation beside what the claim lets expect."""

    case: str
    expected: str
    observed: str
    holds: bool


class ClaimResult(Struct, frozen=True, forbid_unknown_fields=True):
    """A claim's verdict in one environment; `reason` is set for `unavailable` and `error` alone."""

    verdict: Verdict
    notebook: str
    cases: list[Case]
    reason: str | None


class EnvironmentInfo(Struct, frozen=True, forbid_unknown_fields=True):
    """What ran, as told from inside the kernel; `lock` is the digest of the lock file."""

    name: Word
    tensorflow: Word
    keras: Word
    flavour: Word
    backend: Word
    python: Word
    numpy: Word
    platform: Word
    lock: Word


class Result(Struct, frozen=True, forbid_unknown_fields=True):
    """All verdicts of one environment."""

    schema: int
    environment: EnvironmentInfo
    claims: dict[str, ClaimResult]


def load_result(folders: Folders, name: str) -> Result | None:
    """One column's result, None where it was never run; raises Problem for a file that cannot be believed."""
    path = folders.results / f"{name}.json"
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Problem(f"{path}: cannot be read ({error.strerror})", 1) from None
    return parse_result(content, str(path), name)


def parse_result(content: bytes, place: str, name: str) -> Result:
    """The result in `content`; raises Problem naming `place` for a truncated, foreign or newer one."""
    way_out = "restore it with git, or delete it and run the environment again"
    try:
        schema = msgspec.json.decode(content, type=_Schema).schema
        if schema != SCHEMA:
            raise Problem(f"{place}: has schema {schema}, this Phasebook reads schema {SCHEMA}; {way_out}", 1)
        result = msgspec.json.decode(content, type=Result)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(f"{place}: cannot be believed ({error}); {way_out}", 1) from None
    if result.environment.name != name:
        raise Problem(f"{place}: holds the results of {result.environment.name!r}; {way_out}", 1)
    for claim_id, claim in result.claims.items():
        if claim.verdict != verdict_of(claim.cases, claim.reason, claim.verdict):
            raise Problem(f"{place}: {claim_id!r} is {claim.verdict!r}, which its cases deny; {way_out}", 1)
    return result


def verdict_of(cases: list[Case], reason: str | None, without_cases: Verdict) -> Verdict:
    """The verdict that follows from the cases: all must hold; with a reason it is `unavailable` or `error`."""
    if reason is not None:
        return without_cases if without_cases in ("unavailable", "error") else "error"
    if not cases:
        return "error"
    return "holds" if all(case.holds for case in cases) else "fails"


def load_results(folders: Folders, names: list[str]) -> dict[str, Result]:
    """The results of those of the named environments that have any, in the order of `names`."""
    loaded = {name: load_result(folders, name) for name in names}
    return {name: result for name, result in loaded.items() if result is not None}


def write_result(folders: Folders, result: Result) -> bool:
    """Write one column sorted and without time stamps; False where that changed nothing."""
    encoded = msgspec.json.encode(result, order="sorted")
    path = folders.results / f"{result.environment.name}.json"
    return write_atomically(path, msgspec.json.format(encoded, indent=2) + b"\n")


class _Schema(Struct):
    schema: int
