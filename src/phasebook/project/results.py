"""One column's verdicts, as kept in data/results/<environment>.json; run writes them, everything else reads."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from phasebook.project.environments import Environment, same_version
from phasebook.project.errors import Problem
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders

SCHEMA = 2
UNSAID = 1  # the schema whose verdicts did not say what they were observed on
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
    """A claim's verdict in one environment; `reason` is set for `unavailable` and `error` alone.

    `observed_on` is the digest of what ran; a verdict cannot be written, nor read, beside another environment.
    """

    verdict: Verdict
    notebook: str
    cases: list[Case]
    reason: str | None
    observed_on: str = ""


class Versions(Struct, frozen=True, forbid_unknown_fields=True):
    """What ran, as told from inside the kernel."""

    tensorflow: Word
    keras: Word
    flavour: Word
    backend: Word
    python: Word
    numpy: Word
    platform: Word


class EnvironmentInfo(Versions, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What ran in a column; `lock` is the digest of the lock file."""

    name: Word
    lock: Word


class Result(Struct, frozen=True, forbid_unknown_fields=True):
    """All verdicts of one environment."""

    schema: int
    environment: EnvironmentInfo
    claims: dict[str, ClaimResult]


def observed(info: EnvironmentInfo, claims: Mapping[str, ClaimResult]) -> Result:
    """The result of a column in which all these verdicts were observed on `info`."""
    on = _digest(info)
    stamped = {name: msgspec.structs.replace(claim, observed_on=on) for name, claim in claims.items()}
    return Result(SCHEMA, info, stamped)


def foreign(ran: Versions, environment: Environment) -> str | None:
    """What ran that is not the column's, in words; None where all is."""
    for what, seen, wanted in (
        ("TensorFlow", ran.tensorflow, environment.tensorflow),
        ("Keras", ran.keras, environment.keras),
        ("the flavour", ran.flavour, environment.flavour),
        ("the backend", ran.backend, environment.backend),
        ("Python", ran.python, environment.python),
    ):
        if not same_version(seen, wanted):
            return f"{what} {seen} ran, not the column's {wanted}"
    return None


def load_result(folders: Folders, name: str) -> Result | None:
    """One column's result; raises Problem for a file that is invalid.

    None where it was never run, or by a Phasebook whose verdicts did not say what they were observed on.
    """
    path = folders.results / f"{name}.json"
    return folders.once(path, Result, lambda: _load(path, name))


def _load(path: Path, name: str) -> Result | None:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Problem(f"{path}: cannot be read ({error.strerror})", 1) from None
    try:
        if msgspec.json.decode(content, type=_Schema).schema == UNSAID:
            return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass  # parse_result says what is wrong with it
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
        raise Problem(f"{place}: is invalid ({error}); {way_out}", 1) from None
    if result.environment.name != name:
        raise Problem(f"{place}: holds the results of {result.environment.name!r}; {way_out}", 1)
    if elsewhere := _observed_elsewhere(result):
        raise Problem(f"{place}: {elsewhere[0]!r} was not observed on the versions that it names; {way_out}", 1)
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


def load_own(folders: Folders, environment: Environment) -> Result | None:
    """The result of a column, None where it was run on other versions than the column's only."""
    result = load_result(folders, environment.name)
    return result if result is not None and foreign(result.environment, environment) is None else None


def load_results(folders: Folders, environments: Mapping[str, Environment]) -> dict[str, Result]:
    """The results of those of the columns that were run on their versions, in their order."""
    loaded = {name: load_own(folders, environment) for name, environment in environments.items()}
    return {name: result for name, result in loaded.items() if result is not None}


def write_result(folders: Folders, result: Result) -> bool:
    """Write one column sorted and without time stamps; False where that changed nothing."""
    if elsewhere := _observed_elsewhere(result):
        raise ValueError(f"not observed on what the result names: {', '.join(elsewhere)}")
    encoded = msgspec.json.encode(result, order="sorted")
    path = folders.results / f"{result.environment.name}.json"
    return write_atomically(path, msgspec.json.format(encoded, indent=2) + b"\n")


def _observed_elsewhere(result: Result) -> list[str]:
    """The claims that were observed on something else than the result names."""
    on = _digest(result.environment)
    return [name for name, claim in result.claims.items() if claim.observed_on != on]


def _digest(info: EnvironmentInfo) -> str:
    return hashlib.sha256(msgspec.json.encode(info, order="sorted")).hexdigest()[:16]


class _Schema(Struct):
    schema: int
