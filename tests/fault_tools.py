"""Tools for breaking real runs on purpose, and for saying afterwards what is still whole."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import real_project

from phasebook.errors import Problem
from phasebook.paths import Folders
from phasebook.results import load_result

OUTCOMES: list[tuple[str, str]] = []  # fault and what came of it, for the table at the end of the module
TRUE_VERDICTS = {"call-true-trains": "holds", "call-false-infers": "holds", "frozen-bn-infers": "holds"}


def command(*arguments: str) -> list[str]:
    """Phasebook's own command line."""
    return [sys.executable, "-m", "phasebook", *arguments]


def variables(folders: Folders, **more: str) -> dict[str, str]:
    """The environment of a command that works on a test's project."""
    return os.environ | {"PHASEBOOK_ROOT": str(folders.root), "COLUMNS": "200"} | more


def phasebook(
    folders: Folders, *arguments: str, before: tuple[str, ...] = (), **more: str
) -> subprocess.CompletedProcess[str]:
    """Run a command of Phasebook on a project; `before` are words in front of it, such as `unshare -n`."""
    return subprocess.run(
        [*before, *command(*arguments)],
        env=variables(folders, **more),
        capture_output=True,
        text=True,
        errors="replace",
        timeout=300,
        check=False,
    )


def run(folders: Folders, **more: str) -> subprocess.CompletedProcess[str]:
    """Run both notebooks of a project in the default environment."""
    return phasebook(folders, "run", real_project.DEFAULT, **more)


def settled(root: Path) -> tuple[Folders, dict[str, bytes]]:
    """A project that has run through, and the bytes of everything it keeps in data."""
    folders = real_project.make(root)
    real_project.run(folders)
    return folders, kept(folders)


def kept(folders: Folders) -> dict[str, bytes]:
    """The bytes of all results and their inputs."""
    paths = sorted((*folders.results.glob("*.json"), *folders.inputs.glob("*.json")))
    return {str(path.relative_to(folders.root)): path.read_bytes() for path in paths}


def nothing_false(folders: Folders) -> None:
    """Every verdict on disk is the true one or says that it is none; every file is whole."""
    for path in folders.results.glob("*.json"):
        result = load_result(folders, path.stem)
        assert result is not None
        for name, claim in result.claims.items():
            assert claim.verdict in (TRUE_VERDICTS[name], "error"), name


def one_line(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """The command said what happened in words, without a traceback."""
    assert "Traceback" not in done.stderr, done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


def refused(call: object, *words: str) -> None:
    """A call ends in a Problem of one line that has these words."""
    assert callable(call)
    with pytest.raises(Problem) as caught:
        call()
    assert "\n" not in str(caught.value)
    for word in words:
        assert word in str(caught.value)


def kernels_of(folders: Folders) -> list[str]:
    """Commands of living processes that were started from a project's own phaselab."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
        except OSError:
            continue
        if str(folders.phaselab) in words:
            found.append(words)
    return found


@contextmanager
def small_disk(place: Path, kilobytes: int) -> Iterator[Path]:
    """A file system of that size, mounted at `place`; skips where this user may not mount one."""
    place.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(place)], check=False)
    if done.returncode:
        pytest.skip("this user may not mount a small disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def note(fault: str, outcome: str) -> None:
    """One row of the table of faults."""
    OUTCOMES.append((fault, outcome))
