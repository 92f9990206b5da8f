"""The files of the crate: each has the name in it that it has in the checkout."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from phasebook.project.errors import Problem
from phasebook.project.files import read_bytes
from phasebook.project.folders import Folders
from phasebook.report.facts import Facts
from phasebook.report.software import LOCK
from phasebook.running import staleness
from phasebook.running.fingerprints import load_fingerprints

_ALWAYS = {
    "CITATION.cff", "LICENSE", "LICENSE-prose.md", LOCK,
    "data/articles.toml", "data/claims.toml", "data/environments.toml",
}  # fmt: skip
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*\Z")  # of a name that means the same on every system


def gather(facts: Facts) -> dict[str, bytes]:
    """The content of every file by its name, in the order of names.

    Raises Problem for a file that is missing, lies outside the project, or has a name that some systems misread.
    """
    return {name: _read(facts.folders, name) for name in sorted({*_ALWAYS, *_found(facts), *_of_columns(facts)})}


def _found(facts: Facts) -> Iterator[str]:
    """The notebooks and what they read."""
    folder = facts.folders.notebooks
    for path in [*folder.glob("*.ipynb"), *folder.glob("data/*")]:
        yield path.relative_to(facts.folders.root).as_posix()


def _of_columns(facts: Facts) -> Iterator[str]:
    """The lock and the result of each column that was run, and its executed notebooks, where they are current."""
    folders = facts.folders
    there = {path.stem for path in folders.notebooks.glob("*.ipynb")}
    for column in facts.columns:
        yield f"data/locks/{column.environment.lock}.txt"
        yield f"data/results/{column.name}.json"
        recorded = there & set(load_fingerprints(folders, column.environment))
        for name in recorded.difference(staleness.missing_pages(folders, column.environment, {}, list(recorded))):
            yield f"outputs/notebooks/{column.name}/{name}.ipynb"


def _read(folders: Folders, name: str) -> bytes:
    path = folders.root / name
    if not all(_PART.match(part) for part in PurePosixPath(name).parts):
        raise Problem(f"{str(path)!r}: names in a crate are made of letters, digits and . _ + - only; rename it")
    if not path.resolve().is_relative_to(folders.root.resolve()):
        raise Problem(f"{path}: is a link that leads out of the project; put the file itself there")
    return read_bytes(path)
