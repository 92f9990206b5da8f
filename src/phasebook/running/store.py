"""What a notebook's run leaves behind: its verdicts, its fingerprint, its failures.

A failure never replaces a verdict that was settled before on the same versions, lock and platform: it is kept
beside it, in outputs, and the report shows it until the notebook runs through. What was settled on others goes
with the first notebook that is run on new ones.
"""

import platform
import re
import sys
from pathlib import Path

import msgspec

from phasebook.project.environments import Environment, lock_digest, lock_text
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders, cache
from phasebook.project.results import (
    ClaimResult,
    EnvironmentInfo,
    Result,
    Versions,
    foreign,
    load_result,
    observed,
    write_result,
)
from phasebook.running.fingerprints import Fingerprint, write_fingerprints
from phasebook.running.judging import Judged


def keep(
    folders: Folders,
    environment: Environment,
    notebook: str,
    judged: Judged,
    lock: str,
    fingerprint: Fingerprint | None,
) -> list[str]:
    """Merge one notebook's verdicts into the environment's result; returns its failures, a line each.

    `lock` is the digest of the lock that it ran with.
    """
    previous = load_result(folders, environment.name)
    info = _info(folders, environment, judged.versions, lock, previous)
    before = _carried(environment, previous, info)
    claims = {name: _without_places(folders, claim) for name, claim in judged.claims.items()}
    failed = {name: claim.reason or "" for name, claim in claims.items() if claim.verdict == "error"}
    kept = {name for name in failed if name in before and before[name].verdict != "error"}
    new = {name: claim for name, claim in claims.items() if name not in kept}
    others = {name: claim for name, claim in before.items() if name not in new}
    write_result(folders, observed(info, others | new))
    if fingerprint and judged.versions and not failed:
        write_fingerprints(folders, environment, {notebook: fingerprint})
    _keep_failures(folders, environment.name, set(judged.claims), failed)
    return sorted(set(failed.values()))


def load_failures(folders: Folders, environment: str) -> dict[str, str]:
    """Claims whose last run broke, with the reason; empty where all ran through."""
    path = folders.failures / f"{environment}.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return {}


def with_failures(folders: Folders, result: Result) -> Result:
    """The result as its last run left it: claims that broke are `error`, whatever they were before."""
    failures = load_failures(folders, result.environment.name)
    broken = {
        name: ClaimResult("error", claim.notebook, [], failures[name])
        for name, claim in result.claims.items()
        if name in failures
    }
    return msgspec.structs.replace(result, claims=result.claims | broken)


def record_broken(folders: Folders, environment: Environment, claims: dict[str, str], reason: str) -> None:
    """Record that an environment could not be made or started: `claims` names each claim's notebook."""
    lock = lock_digest(folders, environment)
    for notebook in sorted(set(claims.values())):
        own = {name: ClaimResult("error", notebook, [], reason) for name in claims if claims[name] == notebook}
        keep(folders, environment, notebook, Judged(own, None), lock, None)


def _without_places(folders: Folders, claim: ClaimResult) -> ClaimResult:
    """The same with the folders of this machine named by what they are: results are published."""
    reason = claim.reason
    for place, word in ((cache(), "<cache>"), (folders.root, "<project>"), (Path.home(), "~")):
        reason = reason and reason.replace(str(place), word)
    return msgspec.structs.replace(claim, reason=reason)


def _keep_failures(folders: Folders, environment: str, settled: set[str], failed: dict[str, str]) -> None:
    """Replace what is known of the claims in `settled`; a file without failures goes."""
    path = folders.failures / f"{environment}.json"
    others = {name: text for name, text in load_failures(folders, environment).items() if name not in settled}
    failures = others | failed
    if failures:
        write_atomically(path, msgspec.json.encode(failures, order="sorted"))
    else:
        path.unlink(missing_ok=True)


def _carried(environment: Environment, previous: Result | None, info: EnvironmentInfo) -> dict[str, ClaimResult]:
    """What is carried over from a previous result: everything if the same versions ran.

    Of the same column and lock the errors stay, which observed nothing: they were noted before any kernel told
    what it is.
    """
    if previous is None:
        return {}
    if previous.environment == info:
        return previous.claims
    if previous.environment.lock != info.lock or foreign(previous.environment, environment):
        return {}
    return {name: claim for name, claim in previous.claims.items() if claim.verdict == "error"}


def _info(
    folders: Folders, environment: Environment, versions: Versions | None, lock: str, previous: Result | None
) -> EnvironmentInfo:
    """What ran: as the kernel told it, else as before with the same lock, else as the data files say."""
    if versions:
        return EnvironmentInfo(name=environment.name, lock=lock, **msgspec.structs.asdict(versions))
    if previous and previous.environment.lock == lock and not foreign(previous.environment, environment):
        return previous.environment
    numpy = re.search(r"^numpy==([^\s;]+)", lock_text(folders, environment), flags=re.MULTILINE)
    return EnvironmentInfo(
        name=environment.name,
        tensorflow=environment.tensorflow,
        keras=environment.keras,
        flavour=environment.flavour,
        backend=environment.backend,
        python=environment.python,
        numpy=numpy[1] if numpy else "unknown",
        platform=f"{sys.platform}-{platform.machine()}",
        lock=lock,
    )
