"""What is missing or stale, and why: the inputs of a result now against those it was made from.

run writes the inputs of what it has run; matrix, the report and `phasebook why` ask here what is left to do.
"""

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache

import msgspec
from msgspec import Struct

from phasebook.claims import Claim, by_notebook, load_claims
from phasebook.environments import Environment, lock_digest
from phasebook.errors import Problem
from phasebook.files import write_atomically
from phasebook.paths import Folders
from phasebook.results import Result, load_result

Values = Mapping[str, object]
"""The parameters given to one notebook; for several notebooks a mapping from their stems to these."""


class Inputs(Struct, frozen=True, forbid_unknown_fields=True):
    """Digests of all that a notebook's result in one environment follows from."""

    code: str
    phaselab: str
    parameters: str
    lock: str


class _Source(Struct):
    source: str | list[str]
    cell_type: str


class _Notebook(Struct):
    cells: list[_Source]


class _Stamp(Struct):
    inputs: Inputs


class _Stamped(Struct):
    phasebook: _Stamp


class _Page(Struct):
    metadata: _Stamped


_REASONS = {
    "code": "the notebook's code changed",
    "phaselab": "phaselab changed",
    "parameters": "the parameters changed",
    "lock": "the lock changed",
}


def inputs_now(folders: Folders, environment: Environment, notebook: str, parameters: Values) -> Inputs:
    """What a run of the notebook with these parameters would be made from; `lock` stands for the Python and
    the environment variables too. Raises Problem for a notebook or a lock that cannot be read.
    """
    return all_inputs_now(folders, environment, [notebook], {notebook: parameters})[notebook]


def all_inputs_now(
    folders: Folders, environment: Environment, notebooks: Iterable[str], parameters: Mapping[str, Values]
) -> dict[str, Inputs]:
    """As `inputs_now`, for several notebooks at once: what they share is read once."""
    phaselab = _phaselab(folders)
    lock = _digest([lock_digest(folders, environment), environment.python, environment.variables])
    return {
        notebook: Inputs(_code(folders, notebook), phaselab, _digest(parameters.get(notebook, {})), lock)
        for notebook in notebooks
    }


def load_inputs(folders: Folders, environment: Environment) -> dict[str, Inputs]:
    """What each notebook's result was made from; empty where nobody recorded it in a form we read."""
    try:
        content = (folders.inputs / f"{environment.name}.json").read_bytes()
        return msgspec.json.decode(content, type=dict[str, Inputs])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return {}


def write_inputs(folders: Folders, environment: Environment, inputs: Mapping[str, Inputs]) -> bool:
    """Add these notebooks' inputs to the environment's; call it after the result is written, never before."""
    encoded = msgspec.json.encode({**load_inputs(folders, environment), **inputs}, order="sorted")
    path = folders.inputs / f"{environment.name}.json"
    return write_atomically(path, msgspec.json.format(encoded, indent=2) + b"\n")


def stale(
    folders: Folders,
    environment: Environment,
    parameters: Mapping[str, Values],
    claims: Mapping[str, Claim] | None = None,
) -> dict[str, list[str]]:
    """The notebooks that must be run for this environment, each with the reasons in words.

    `parameters` are those given for each notebook's stem. `claims` are loaded where none are given.
    A results file that cannot be believed is a reason, no error.
    """
    notebooks = by_notebook(load_claims(folders) if claims is None else dict(claims))
    try:
        result = load_result(folders, environment.name)
        unbelieved = False
    except Problem:
        result, unbelieved = None, True
    recorded = load_inputs(folders, environment)
    now = all_inputs_now(folders, environment, notebooks, parameters)
    left = {}
    for notebook, own in notebooks.items():
        if unbelieved:
            reasons = ["its results file cannot be believed"]
        elif result is None or not any(claim.id in result.claims for claim in own):
            reasons = ["it has no result"]
        else:
            reasons = _missing(result, notebook, own) + _changed(recorded.get(notebook), now[notebook])
        if reasons:
            left[notebook] = reasons
    return left


def missing_pages(
    folders: Folders, environment: Environment, parameters: Mapping[str, Values], notebooks: list[str]
) -> list[str]:
    """Those of the notebooks whose executed copy is not there or was made from something else than today's."""
    now = all_inputs_now(folders, environment, notebooks, parameters)
    return [name for name in notebooks if _page_inputs(folders, environment, name) != now[name]]


def why(folders: Folders, environment: Environment, parameters: Mapping[str, Values]) -> list[str]:
    """Lines that say for `phasebook why` what would be run for an environment, and for which reasons."""
    claims = load_claims(folders)
    left = stale(folders, environment, parameters, claims)
    if not left:
        return [f"{environment.name} is up to date: nothing that its results follow from has changed"]
    first = next(iter(left.values()))
    if len(left) == len(by_notebook(claims)) > 1 and all(reasons == first for reasons in left.values()):
        return [f"{environment.name}, all {len(left)} notebooks: {'; '.join(first)}"]
    return [f"{environment.name}, {notebook}: {'; '.join(reasons)}" for notebook, reasons in left.items()]


def _missing(result: Result, notebook: str, claims: list[Claim]) -> list[str]:
    """What the claims ask for and the result does not have."""
    absent = [claim.id for claim in claims if claim.id not in result.claims]
    moved = [c.id for c in claims if c.id in result.claims and result.claims[c.id].notebook != notebook]
    other = []
    for claim in claims:
        found = result.claims.get(claim.id)
        if found is not None and found.cases and {case.case for case in found.cases} != set(claim.cases):
            other.append(claim.id)
    reasons = [f"no result for {', '.join(absent)}"] if absent else []
    reasons += [f"another notebook settled {', '.join(moved)}"] if moved else []
    return reasons + ([f"the cases of {', '.join(other)} changed"] if other else [])


def _changed(before: Inputs | None, now: Inputs) -> list[str]:
    """The inputs that are not what they were."""
    if before is None:
        return ["what it was made from is not recorded"]
    return [words for field, words in _REASONS.items() if getattr(before, field) != getattr(now, field)]


def _page_inputs(folders: Folders, environment: Environment, notebook: str) -> Inputs | None:
    """The inputs that an executed notebook names in its metadata, None where there are none."""
    try:
        content = (folders.executed / environment.name / f"{notebook}.ipynb").read_bytes()
        return msgspec.json.decode(content, type=_Page).metadata.phasebook.inputs
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def _code(folders: Folders, notebook: str) -> str:
    path = folders.notebooks / f"{notebook}.ipynb"
    try:
        return _code_digest(path.read_bytes())
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(f"{path}: cannot be read as a notebook ({error}); restore it with git") from None


# Keyed by the content: for 45 environments the reading is cheap, the decoding is not.
@lru_cache(maxsize=64)
def _code_digest(content: bytes) -> str:
    """The digest of the sources of the code cells alone: prose, ids, tags and outputs do not count."""
    cells = msgspec.json.decode(content, type=_Notebook).cells
    return _digest(["".join(cell.source) for cell in cells if cell.cell_type == "code"])


def _phaselab(folders: Folders) -> str:
    """Of all that notebooks import; how their kernel is started is no part of what they see."""
    files = sorted(path for path in folders.phaselab.glob("*.py") if path.name != "fork_server.py")
    return _digest([[file.name, file.read_text(encoding="utf-8")] for file in files])


def _digest(value: object) -> str:
    """A short digest of plain data, the same for the same data in any order of keys."""
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()[:16]
