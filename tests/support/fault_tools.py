"""Projects and tools for breaking real runs on purpose, and for saying afterwards what is still whole."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
import real_project
from small_project import write_columns

from phasebook.project.errors import Problem
from phasebook.project.folders import Folders
from phasebook.project.results import load_result

OUTCOMES: list[tuple[str, str]] = []  # fault and what came of it, printed when all tests are done


def note(fault: str, outcome: str) -> None:
    """One row of the table of faults; of a command's output the last line."""
    OUTCOMES.append((fault, outcome.strip().splitlines()[-1]))


def command(*arguments: str) -> list[str]:
    """Phasebook's own command line."""
    return [sys.executable, "-m", "phasebook", *arguments]


def variables(folders: Folders, **more: str) -> dict[str, str]:
    """The environment of a command that works on a test's project."""
    return os.environ | {"PHASEBOOK_ROOT": str(folders.root), "COLUMNS": "200"} | more


def start(folders: Folders, *arguments: str, **more: str) -> subprocess.Popen[str]:
    """A command of Phasebook that has begun, in a process group of its own as a terminal's command is."""
    return subprocess.Popen(
        command(*arguments), env=variables(folders, **more), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True, errors="replace", process_group=0,
    )  # fmt: skip


def phasebook(
    folders: Folders, *arguments: str, before: tuple[str, ...] = (), **more: str
) -> subprocess.CompletedProcess[str]:
    """Run a command of Phasebook on a project; `before` are words in front of it, such as `unshare -n`."""
    return subprocess.run(
        [*before, *command(*arguments)], env=variables(folders, **more), capture_output=True,
        text=True, errors="replace", timeout=300, check=False,
    )  # fmt: skip


def run(folders: Folders, **more: str) -> subprocess.CompletedProcess[str]:
    """Run both notebooks of a project in the default environment."""
    return phasebook(folders, "run", real_project.DEFAULT, **more)


def lean(root: Path) -> Folders:
    """A project of two notebooks that run, with the default environment alone: small enough for a small disk."""
    folders = real_project.make(root)
    column = real_project.default(folders)
    write_columns(folders, [column])
    for lock in folders.locks.glob("*.txt"):
        if lock.stem != column.lock:
            lock.unlink()
    return folders


def settled(place: Path) -> tuple[Folders, dict[str, bytes]]:
    """A project at `place` that has run through, to be broken, and the bytes of what it keeps in data."""
    origin = _settled()
    shutil.copytree(origin.root, place)
    return Folders(place), kept(origin)


@cache
def _settled() -> Folders:
    """A project that has run through; made once, however many tests want a copy."""
    root = Path(tempfile.mkdtemp(prefix="phasebook-settled-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    folders = lean(root)
    assert real_project.run(folders).failures == {}
    return folders


def kept(folders: Folders) -> dict[str, bytes]:
    """The bytes of everything in data that a run writes, whatever its name."""
    paths = sorted((*folders.results.glob("*"), *folders.fingerprints.glob("*")))
    return {str(path.relative_to(folders.root)): path.read_bytes() for path in paths}


def nothing_false(folders: Folders) -> None:
    """Every result on disk is whole, and every verdict is the true one (`holds`) or says that it is none."""
    for path in folders.results.glob("*.json"):
        result = load_result(folders, path.stem)
        assert result is not None
        assert {claim.verdict for claim in result.claims.values()} <= {"holds", "error"}


def one_line(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """The command failed with status 1, and its last line, no traceback, says what happened in these words."""
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == 1, done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("phasebook: "), done.stderr
    for word in words:
        assert word in last, done.stderr


def refused(call: Callable[[], object], *words: str) -> None:
    """A call ends in a Problem of one line that has these words."""
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


def no_kernels(folders: Folders) -> None:
    """Kernels end with their parent; the system gets a moment to carry that out."""
    end = time.monotonic() + 10
    while kernels_of(folders) and time.monotonic() < end:
        time.sleep(0.05)
    assert kernels_of(folders) == []


@contextmanager
def mounted(place: Path, *options: str) -> Iterator[Path]:
    """Something mounted at `place` while the block runs; skips where this user may not mount."""
    place.mkdir(parents=True, exist_ok=True)
    if subprocess.run(["mount", *options, str(place)], check=False, capture_output=True).returncode:
        pytest.skip("this user may not mount a small or a read-only disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def small_disk(place: Path, kilobytes: int) -> object:
    """A file system of that size at `place`."""
    return mounted(place, "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs")


def without_network() -> tuple[str, ...]:
    """Words in front of a command that take its network away; skips where this user may not do that."""
    words = ("unshare", "--net")
    if subprocess.run([*words, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this user may not take a network away")
    return words
