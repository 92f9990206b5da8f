"""What is missing or stale, and why: the fingerprint of a result now against the one it was made from."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from phasebook.project.claims import Claim, by_notebook, load_claims
from phasebook.project.environments import Environment
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders
from phasebook.project.results import Result, load_result
from phasebook.running.fingerprints import Inputs, Values, all_inputs_now, load_inputs


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
