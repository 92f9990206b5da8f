"""Parcels: folders with all that a run of one column left, which another checkout can collect.

`fill` runs a column into one; `opened` checks one against a checkout, and `take_in` merges it there. A verdict is
judged where it was observed, by code whose digest is in the fingerprint, and written by `store.keep` as ever.
"""

import hashlib
import platform
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec
import nbformat
from msgspec import Struct

from phasebook.project.claims import by_notebook, load_claims
from phasebook.project.environments import Environment, lock_digest
from phasebook.project.environments import Name as ColumnName
from phasebook.project.errors import Problem
from phasebook.project.files import PART, read_bytes, write_atomically
from phasebook.project.folders import Folders
from phasebook.project.messages import Say
from phasebook.project.parameters import Given
from phasebook.project.results import Result, Versions, foreign, load_result, parse_result
from phasebook.running import numbers, staleness, store, timings
from phasebook.running.fingerprints import Fingerprint, fingerprints_now, load_fingerprints
from phasebook.running.judging import Judged
from phasebook.running.run import How, Outcome, run_environment

SCHEMA = 1
MANIFEST = "manifest.json"
SAME = "check out the same commit on both machines and run it again"


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """What a parcel was made from (a fingerprint for each notebook) and holds (a SHA-256 for each file).

    `seconds` are by phase, without the set-up; `bytes` is what the virtual environment takes on the disk.
    """

    schema: int
    column: ColumnName
    made_from: dict[str, Fingerprint]
    files: dict[str, str]
    seconds: dict[str, float]
    bytes: int


class Parcel(Struct, frozen=True):
    """A parcel that fits a checkout: its column, its manifest, its result and its executed notebooks."""

    environment: Environment
    manifest: Manifest
    result: Result
    ran: dict[str, Fingerprint]  # of the notebooks that ran to their end
    executed: dict[str, bytes]


def fill(
    folders: Folders,
    environment: Environment,
    notebooks: Given,
    place: Path,
    say: Say,
    how: How,
) -> Outcome:
    """Run `notebooks` in a column and leave all of it in the new folder `place`, whole or not at all.

    An earlier parcel there is replaced. Raises Problem where `place` holds something else, and as
    `run_environment` does.
    """
    if place.exists() and not (place / MANIFEST).is_file() and (not place.is_dir() or any(place.iterdir())):
        raise Problem(f"{place}: holds something else than a run; name a new folder")
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{place.name}-", suffix=PART) as scratch:
        made = Path(scratch, "parcel")
        own = folders.leaving_in(made)
        made_from = fingerprints_now(folders, environment, notebooks, notebooks)
        outcome = run_environment(own, environment, notebooks, say, how)
        files = sorted(path for path in made.rglob("*") if path.is_file())
        digests = {str(path.relative_to(made)): _sha256(path.read_bytes()) for path in files}
        size = timings.size(timings.load(), environment.name)
        manifest = Manifest(SCHEMA, environment.name, made_from, digests, outcome.without_set_up, size)
        encoded = msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=2)
        write_atomically(made / MANIFEST, encoded + b"\n")
        if place.exists():
            shutil.rmtree(place)
        made.rename(place)
    return outcome


def wanted_platform(folders: Folders, environment: Environment) -> str:
    """The platform that a column's results are of: that of its recorded result, else this machine's."""
    recorded = load_result(folders, environment.name)
    return recorded.environment.platform if recorded else f"{sys.platform}-{platform.machine()}"


def opened(folders: Folders, environments: Mapping[str, Environment], place: Path) -> Parcel:
    """The parcel in the folder `place`; changes nothing.

    Raises Problem, one line, for a folder that is none, a file that is not as it was written, a column that is
    not in this checkout, and what was made from other code, another lock or on another platform.
    """
    manifest = _manifest(place)
    environment = environments.get(manifest.column)
    if environment is None:
        raise Problem(f"{place}: is of {manifest.column!r}, which is no environment of this checkout; {SAME}")
    own = folders.leaving_in(place)
    contents = _contents(own, place, manifest)
    own_result = f"results/{environment.name}.json"
    if own_result not in contents:
        raise Problem(f"{place}: holds no result; run it again")
    result = parse_result(contents[own_result], str(place / own_result), environment.name)
    ran = load_fingerprints(own, environment)
    _refuse_strangers(folders, environment, place, manifest, result, ran)
    executed = {
        name: contents[f"notebooks/{environment.name}/{name}.ipynb"] for name in sorted(manifest.made_from)
    }
    return Parcel(environment, manifest, result, ran, executed)


def take_in(folders: Folders, parcel: Parcel) -> dict[str, list[str]]:
    """Write what the parcel's notebooks settled, as a run here would have; returns the failures by notebook."""
    lock, failures = lock_digest(folders, parcel.environment), {}
    seen = msgspec.structs.asdict(parcel.result.environment)
    versions = Versions(**{name: seen[name] for name in Versions.__struct_fields__}) if parcel.ran else None
    for notebook, executed in parcel.executed.items():
        claims = {name: claim for name, claim in parcel.result.claims.items() if claim.notebook == notebook}
        judged = Judged(claims, versions)
        lines = store.keep(folders, parcel.environment, notebook, judged, lock, parcel.ran.get(notebook))
        if lines:
            failures[notebook] = lines
        else:
            cells = nbformat.reads(executed.decode(), as_version=4)
            numbers.keep(folders, parcel.environment, notebook, cells, parcel.ran[notebook])
        write_atomically(folders.executed / parcel.environment.name / f"{notebook}.ipynb", executed)
    known = timings.load().get(parcel.environment.name, timings.Timing({}))
    news = {phase: length for phase, length in parcel.manifest.seconds.items() if phase not in known.seconds}
    timings.note(parcel.environment.name, news, known.bytes or parcel.manifest.bytes)
    return failures


def _manifest(place: Path) -> Manifest:
    path = place / MANIFEST
    if not path.is_file():
        raise Problem(f"{place}: holds no {MANIFEST}, so no run; `phasebook run COLUMN --out {place}` makes one")
    try:
        manifest = msgspec.json.decode(read_bytes(path), type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(f"{path}: is invalid ({error}); copy it again") from None
    if manifest.schema != SCHEMA:
        raise Problem(f"{path}: has schema {manifest.schema}, this Phasebook reads schema {SCHEMA}; {SAME}")
    return manifest


def _contents(own: Folders, place: Path, manifest: Manifest) -> dict[str, bytes]:
    """The parcel's files, each as its digest says; only those that a run of this column leaves are read."""
    column = f"{manifest.column}.json"
    pages = {own.executed / manifest.column / f"{name}.ipynb" for name in manifest.made_from}
    may = pages | {own.results / column, own.fingerprints / column, own.numbers / column, own.failures / column}
    names = {str(path.relative_to(place)) for path in may}
    missing = {str(path.relative_to(place)) for path in pages} - set(manifest.files)
    if strange := sorted(set(manifest.files) - names | missing):
        raise Problem(
            f"{place / MANIFEST}: is invalid (a run leaves no {strange[0]!r}, or needs it); copy it again"
        )
    contents = {}
    for name, digest in manifest.files.items():
        contents[name] = read_bytes(place / name)
        if _sha256(contents[name]) != digest:
            raise Problem(f"{place / name}: is not as it was written (its SHA-256 differs); copy it again")
    return contents


def _refuse_strangers(
    folders: Folders,
    environment: Environment,
    place: Path,
    manifest: Manifest,
    result: Result,
    ran: Mapping[str, Fingerprint],
) -> None:
    """Raise Problem for what was made from something else than this checkout, or on another platform."""
    claims = by_notebook(load_claims(folders))
    names = sorted(manifest.made_from)
    if unknown := [name for name in names if name not in claims]:
        raise Problem(f"{place}: this checkout has no notebook {unknown[0]!r}; {SAME}")
    now = fingerprints_now(folders, environment, names, {})
    reasons = {}
    for name in names:
        made_from = manifest.made_from[name]
        edited = ["it changed while it ran"] if ran.get(name, made_from) != made_from else []
        reasons[name] = staleness.changed(made_from, now[name]) or edited
        reasons[name] = reasons[name] or staleness.missing(result, name, claims[name])
    if left := {name: words for name, words in reasons.items() if words}:
        told = " and ".join(staleness.in_words(environment, left, len(claims)))
        raise Problem(f"{place}: was made from something else than this checkout: {told}; {SAME}")
    wanted, lock = wanted_platform(folders, environment), lock_digest(folders, environment)
    if result.environment.platform != wanted:
        raise Problem(f"{place}: ran on {result.environment.platform}, the results here are of {wanted}")
    another = foreign(result.environment, environment)
    if another or result.environment.lock != lock:
        raise Problem(f"{place}: {another or 'another lock was installed'}; run it again")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
