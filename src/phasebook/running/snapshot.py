"""A snapshot of a run's inputs, taken before it starts: an edit during the run is never recorded as run."""

import shutil
from pathlib import Path

from msgspec import Struct

from phasebook.project.environments import Environment, lock_digest
from phasebook.project.errors import Problem
from phasebook.project.files import read_bytes
from phasebook.project.folders import Folders
from phasebook.project.parameters import Given
from phasebook.running.fingerprints import Fingerprint, fingerprint_now, fingerprints_now


class Snapshot(Struct, frozen=True):
    """Copies of the notebooks, which papermill gets, and of their data; the fingerprints and the lock's digest."""

    sources: Path
    lock: str
    fingerprints: dict[str, Fingerprint]


def take(folders: Folders, environment: Environment, notebooks: Given, place: Path) -> Snapshot:
    """Copy the notebooks and their data to the new folder `place` and take the fingerprints of these copies."""
    contents = {name: read_bytes(folders.notebooks / f"{name}.ipynb") for name in notebooks}
    try:
        place.mkdir()
        copy_data(folders, place)
        for name, content in contents.items():
            (place / f"{name}.ipynb").write_bytes(content)
    except OSError as error:
        what = f"the folder for temporary files cannot be written ({error.strerror})"
        raise Problem(f"{what}; make room or make it writable, then run again", 1) from None
    lock = lock_digest(folders, environment)
    return Snapshot(place, lock, fingerprints_now(folders, environment, notebooks, notebooks, place))


def copy_data(folders: Folders, place: Path) -> None:
    """Copy what notebooks read to where they run."""
    if (folders.notebooks / "data").is_dir():
        shutil.copytree(folders.notebooks / "data", place / "data")


def changed(taken: Snapshot, folders: Folders, environment: Environment, notebook: str) -> str | None:
    """What has changed since, apart from the notebook, in words; it is unknown which version was run."""
    before = taken.fingerprints[notebook]
    now = fingerprint_now(folders, environment, notebook, {}, taken.sources)
    for part, what in (("phaselab", "src/phaselab or src/layermodes"), ("lock", "the lock")):
        if getattr(now, part) != getattr(before, part):
            return f"{what} changed while the notebook ran"
    return None
