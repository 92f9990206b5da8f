"""What a notebook's run leaves behind: its verdicts, its inputs, its executed copy, its failures. run calls it.

A failure never replaces a verdict that was settled before: it is kept beside it, in outputs, and the report
shows it until the notebook runs through.
"""

import platform
import re
import sys
from pathlib import Path

import msgspec

from phasebook.project.environments import Environment, lock_digest, lock_text
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders, cache
from phasebook.project.results import SCHEMA, ClaimResult, EnvironmentInfo, Result, load_result, write_result
from phasebook.running import fingerprints
from phasebook.running.judging import Judged, Versions


def keep(
    folders: Folders, environment: Environment, notebook: str, judged: Judged, inputs: fingerprints.Inputs | None
) -> list[str]:
    """Merge one notebook's verdicts into the environment's result; returns its failures, a line each."""
    previous = load_result(folders, environment.name)
    before = previous.claims if previous else {}
    claims = {name: _without_places(folders, claim) for name, claim in judged.claims.items()}
    failed = {name: claim.reason or "" for name, claim in claims.items() if claim.verdict == "error"}
    kept = {name for name in failed if name in before and before[name].verdict != "error"}
    new = {name: claim for name, claim in claims.items() if name not in kept}
    others = {name: claim for name, claim in before.items() if name not in new}
    info = _info(folders, environment, judged.versions, previous)
    write_result(folders, Result(SCHEMA, info, others | new))
    if inputs and judged.versions and not failed:
        fingerprints.write_inputs(folders, environment, {notebook: inputs})
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
    for notebook in sorted(set(claims.values())):
        own = {name: ClaimResult("error", notebook, [], reason) for name in claims if claims[name] == notebook}
        keep(folders, environment, notebook, Judged(own, None), None)


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


def _info(
    folders: Folders, environment: Environment, versions: Versions | None, previous: Result | None
) -> EnvironmentInfo:
    """What ran: as the kernel told it, else as before, else as the data files say."""
    lock = lock_digest(folders, environment)
    if versions:
        return EnvironmentInfo(name=environment.name, lock=lock, **msgspec.structs.asdict(versions))
    if previous:
        return previous.environment
    numpy = re.search(r"^numpy==([^\s;]+)", lock_text(folders, environment), flags=re.MULTILINE)
    return EnvironmentInfo(
        name=environment.name,
        tensorflow=environment.tensorflow,
        keras=environment.keras,
        flavour=environment.flavour,
        backend="tensorflow",
        python=environment.python,
        numpy=numpy[1] if numpy else "unknown",
        platform=f"{sys.platform}-{platform.machine()}",
        lock=lock,
    )
