"""Which results are missing or stale, and why: fingerprints now against those the results were made from."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from phasebook.project.claims import Claim, by_notebook, load_claims
from phasebook.project.environments import Environment, load_environments, lock_digest
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders
from phasebook.project.parameters import Given
from phasebook.project.results import Result, foreign, load_result, load_results
from phasebook.running.fingerprints import Fingerprint, fingerprints_now, load_fingerprints
from phasebook.running.store import load_failures


class _Stamp(Struct):
    fingerprint: Fingerprint


class _Stamped(Struct):
    phasebook: _Stamp


class _Page(Struct):
    metadata: _Stamped


_REASONS = {
    "code": "the notebook's code changed",
    "phaselab": "phaselab changed",
    "parameters": "the parameters changed",
    "lock": "the lock changed",
    "kernels": "the kernels' environment variables changed",
    "judging": "the code that judges records changed",
}


def stale(
    folders: Folders,
    environment: Environment,
    parameters: Given,
    claims: Mapping[str, Claim] | None = None,
) -> dict[str, list[str]]:
    """The notebooks that must be run for this environment, each with the reasons in words.

    `parameters` are those given for each notebook's stem. `claims` are loaded where none are given.
    An invalid results file is a reason, not an error.
    """
    notebooks = by_notebook(load_claims(folders) if claims is None else dict(claims))
    try:
        result = load_result(folders, environment.name)
        invalid = False
    except Problem:
        result, invalid = None, True
    recorded, failures = load_fingerprints(folders, environment), load_failures(folders, environment.name)
    now = fingerprints_now(folders, environment, notebooks, parameters)
    old = result is None and (folders.results / f"{environment.name}.json").is_file()
    absent = "its results file has an older schema" if old else "it has no result"
    another = None if result is None else _another(folders, environment, result)
    left = {}
    for notebook, own in notebooks.items():
        if invalid:
            reasons = ["its results file is invalid"]
        elif result is None or not any(claim.id in result.claims for claim in own):
            reasons = _failed(own, failures, result) or [absent]
        else:
            reasons = _failed(own, failures, result) + missing(result, notebook, own)
            reasons += changed(recorded.get(notebook), now[notebook])
            reasons += [another] if another and another not in reasons else []
        if reasons:
            left[notebook] = reasons
    return left


def missing_pages(
    folders: Folders, environment: Environment, parameters: Given, notebooks: list[str]
) -> list[str]:
    """Those of the notebooks whose executed copy is not there or was made from something else than today's."""
    now = fingerprints_now(folders, environment, notebooks, parameters)
    return [name for name in notebooks if _page_fingerprint(folders, environment, name) != now[name]]


def refuse(folders: Folders, then: str) -> None:
    """Raise Problem where a result is stale; `then` is what to run once none is."""
    claims, environments = load_claims(folders), load_environments(folders)
    results = load_results(folders, environments)
    old = [name for name in results if stale(folders, environments[name], {}, claims)]
    if old:
        more = f" and {len(old) - 5} more" if len(old) > 5 else ""
        what = f"the results of {', '.join(old[:5])}{more} are stale"
        raise Problem(f"{what}: `phasebook why` says why; run `make matrix`, then `{then}`", 1)


def why(folders: Folders, environment: Environment, parameters: Given) -> list[str]:
    """Lines that say which notebooks are stale in an environment, and why."""
    claims = load_claims(folders)
    left = stale(folders, environment, parameters, claims)
    if not left:
        return [f"{environment.name} is up to date: nothing its results depend on has changed"]
    return in_words(environment, left, len(by_notebook(claims)))


def in_words(environment: Environment, left: Mapping[str, list[str]], notebooks: int) -> list[str]:
    """A line for each notebook that must be run with the reasons; one where all `notebooks` have the same."""
    first = next(iter(left.values()))
    if len(left) == notebooks > 1 and all(reasons == first for reasons in left.values()):
        return [f"{environment.name}, all {len(left)} notebooks: {'; '.join(first)}"]
    return [f"{environment.name}, {notebook}: {'; '.join(reasons)}" for notebook, reasons in left.items()]


def _another(folders: Folders, environment: Environment, result: Result) -> str | None:
    """Why a result does not belong to the column as it is now, whatever its fingerprints say; None if it does."""
    if words := foreign(result.environment, environment):
        return f"its versions changed: {words}"
    return _REASONS["lock"] if result.environment.lock != lock_digest(folders, environment) else None


def _failed(claims: list[Claim], failures: Mapping[str, str], result: Result | None) -> list[str]:
    """That the last run failed, by what it left in outputs or, from another machine, in the results."""
    settled = result.claims if result else {}
    broken = [c for c in claims if c.id in failures or (c.id in settled and settled[c.id].verdict == "error")]
    return ["its last run failed"] if broken else []


def missing(result: Result, notebook: str, claims: list[Claim]) -> list[str]:
    """What the claims require and the result lacks."""
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


def changed(before: Fingerprint | None, now: Fingerprint) -> list[str]:
    """The parts of a fingerprint that changed, in words."""
    if before is None:
        return ["it has no fingerprint"]
    return [words for field, words in _REASONS.items() if getattr(before, field) != getattr(now, field)]


def _page_fingerprint(folders: Folders, environment: Environment, notebook: str) -> Fingerprint | None:
    """The fingerprint that an executed notebook names in its metadata, None where there is none."""
    try:
        content = (folders.executed / environment.name / f"{notebook}.ipynb").read_bytes()
        return msgspec.json.decode(content, type=_Page).metadata.phasebook.fingerprint
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
