"""Runs on a machine that fails: broken results, full and read-only disks, two runs at once, a clock that jumps.

docs/faults.md lists every fault with its guard.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import pytest
import real_project
from fault_tools import (
    kept,
    mounted,
    note,
    nothing_false,
    one_line,
    phasebook,
    run,
    settled,
    small_disk,
    start,
)
from real_project import DEFAULT

from phasebook.commands.alone import alone
from phasebook.project import files
from phasebook.project.claims import by_notebook, load_claims
from phasebook.project.folders import Folders
from phasebook.project.results import load_result
from phasebook.running import snapshot
from phasebook.running.execute import Executed
from phasebook.running.run import _keep
from phasebook.running.staleness import stale

pytestmark = pytest.mark.slow

BROKEN_RESULTS: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda content: content[: len(content) // 2],
    "of a newer schema": lambda content: content.replace(b'"schema": 2', b'"schema": 3'),
    "with a verdict observed on other versions": lambda content: content.replace(b"2.21.0", b"2.21.1"),
    "with an unknown verdict": lambda content: content.replace(b'"verdict": "holds"', b'"verdict": "maybe"', 1),
    "with a verdict its cases deny": lambda content: content.replace(b'"holds": true', b'"holds": false', 1),
    "with the path of another machine as a version": lambda content: content.replace(b"2.21.0", b"../../2.21"),
    "not UTF-8": lambda content: content.replace(b"trains", b"tr\xffins", 1),
}


@pytest.mark.parametrize("fault", BROKEN_RESULTS)
def test_a_results_file_that_cannot_be_believed_is_refused_and_kept(tmp_path: Path, fault: str) -> None:
    folders, _ = settled(tmp_path / "project")
    path = folders.results / f"{DEFAULT}.json"
    path.write_bytes(BROKEN_RESULTS[fault](path.read_bytes()))
    before = kept(folders)
    for command in ("run", "render"):
        done = phasebook(folders, command, *([DEFAULT] if command == "run" else []))
        one_line(done, path.name, "restore it with git, or delete it and run the environment again")
    assert kept(folders) == before
    note(f"a results file {fault}", done.stderr.replace(str(folders.root), ".")[:150])


def test_a_disk_that_is_full_at_each_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    origin, _ = settled(tmp_path / "project")
    claims = by_notebook(load_claims(origin))["1-calls"]
    path = origin.executed / DEFAULT / "1-calls.ipynb"
    text = path.read_text().replace('"trains"', '"learns"')  # the notebook as it comes out the next time
    environment = real_project.default(origin)

    def keep(folders: Folders) -> None:
        executed = Executed(nbformat.reads(text, as_version=4), None, 1.0)
        with TemporaryDirectory() as scratch:
            taken = snapshot.take(folders, environment, {"1-calls": {"seed": 2}}, Path(scratch) / "sources")
            _keep(folders, environment, "1-calls", claims, taken, executed)

    writes = 0
    for number in range(9):
        folders = Folders(tmp_path / str(number))
        shutil.copytree(origin.root, folders.root)
        before = load_result(folders, DEFAULT)
        writes = 0

        def full(descriptor: int, number: int = number) -> None:
            nonlocal writes
            writes += 1
            if writes == number + 1:
                raise OSError(28, "No space left on device")

        monkeypatch.setattr(files.os, "fsync", full)
        try:
            keep(folders)
        except files.Problem as problem:
            assert "cannot be written (No space left on device); the existing file is kept" in str(problem)
        else:
            break
        assert not list(folders.root.rglob("*.part"))
        after = load_result(folders, DEFAULT)
        assert before and after and after.claims["frozen-bn-infers"] == before.claims["frozen-bn-infers"]
        if after.claims == before.claims:  # what is not new must not pass for it
            assert "1-calls" in stale(folders, real_project.default(folders), {"1-calls": {"seed": 2}})
        monkeypatch.undo()
        keep(folders)
        done = load_result(folders, DEFAULT)
        assert done and done.claims["call-true-trains"].cases[0].observed == "learns"
    assert number == 3, "result, fingerprint, executed notebook"
    note("a full disk at each write", "the file that was there is kept, one line, the next run completes")


@pytest.mark.parametrize("free", [0, 12, 32])
def test_a_disk_that_is_full(tmp_path: Path, free: int) -> None:
    origin, _ = settled(tmp_path / "project")
    with small_disk(tmp_path / "disk", 4096) as disk:
        folders = Folders(disk / "project")
        shutil.copytree(origin.root, folders.root)
        for path in (*folders.fingerprints.glob("*"), *folders.executed.rglob("*.ipynb")):
            path.unlink()  # so that there is something to write
        before = kept(folders)
        (disk / "ballast").write_bytes(b"x" * (shutil.disk_usage(disk).free - free * 1024))
        done = run(folders)
        nothing_false(folders)
        assert before.items() <= kept(folders).items()
        if free == 0:
            one_line(done, "cannot be written (No space left on device)")
        elif done.returncode:
            assert "No space left on device" in done.stderr and "Traceback" not in done.stderr
        (disk / "ballast").unlink()
        assert run(folders).returncode == 0
        assert stale(folders, real_project.default(folders), {}) == {}
    note(f"a disk with {free} KB left", f"status {done.returncode}, the next run completes")


@pytest.mark.parametrize(
    ("free", "words"),
    [
        (4, "the folder for temporary files cannot be written (No space left on device)"),
        (8, "could not be run: OSError: [Errno 28] No space left on device"),
    ],
    ids=["before", "while it runs"],
)
def test_a_temporary_folder_that_fills_up(tmp_path: Path, free: int, words: str) -> None:
    folders, before = settled(tmp_path / "project")
    with small_disk(tmp_path / "tmp", 256) as disk:
        (disk / "ballast").write_bytes(b"x" * (shutil.disk_usage(disk).free - free * 1024))
        done = run(folders, TMPDIR=str(disk))
    assert done.returncode == 1, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert kept(folders) == before
    note(f"a temporary folder with {free} KB left", f"status 1: {done.stderr[-150:]}")


@pytest.mark.parametrize("folder", ["outputs", "data/results"])
def test_a_folder_that_is_read_only(tmp_path: Path, folder: str) -> None:
    folders, before = settled(tmp_path / "project")
    place = str(folders.root / folder)
    for path in folders.results.glob("*.json"):  # equal files would not be written
        path.write_bytes(path.read_bytes().replace(b"trains", b"learns"))
    before = kept(folders)
    with mounted(folders.root / folder, "--bind", "-o", "ro", place):
        done = run(folders)
    one_line(done, folder, "cannot be written (Read-only file system)")
    assert kept(folders) == before
    note(f"a read-only {folder}", done.stderr.replace(str(folders.root), "."))


def test_what_a_killed_process_left_half_written_goes(tmp_path: Path) -> None:
    folders, before = settled(tmp_path / "project")
    (folders.results / f".half{files.PART}").write_text("half")
    with alone(folders, print):
        assert kept(folders) == before
    note("a file half-written by a killed process", "deleted by the next run")


def both(one: Folders, other: Folders) -> list[str]:
    """What two runs at once say; both must end well."""
    processes = [start(folders, "run", DEFAULT) for folders in (one, other)]
    said = [process.communicate(timeout=200)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    return said


def test_two_runs_at_once_in_the_same_folder(tmp_path: Path) -> None:
    folders, before = settled(tmp_path / "project")
    said = both(folders, folders)
    assert sum("waiting for it" in text for text in said) == 1
    assert kept(folders) == before
    note("two runs at once in one folder", "the second waits for the first; both end well")


def test_two_runs_at_once_in_different_clones(tmp_path: Path) -> None:
    one, before = settled(tmp_path / "one")
    other, _ = settled(tmp_path / "other")
    said = both(one, other)
    assert not any("waiting" in text for text in said)
    assert kept(one) == kept(other) == before
    executed = [{p.name: p.read_bytes() for p in clone.executed.rglob("*.ipynb")} for clone in (one, other)]
    assert executed[0] == executed[1]
    note("two runs at once in different clones, one cache", "neither waits; every byte is the same")


def test_a_clock_that_goes_backwards_between_runs(tmp_path: Path) -> None:
    folders, before = settled(tmp_path / "project")
    if not shutil.which("faketime"):
        pytest.skip("faketime is not installed")
    done = phasebook(folders, "run", DEFAULT, before=("faketime", "-f", "-400d"))
    assert done.returncode == 0, done.stderr
    assert kept(folders) == before
    assert stale(folders, real_project.default(folders), {}) == {}
    note("a clock that was set back before the run", "no byte differs")


def test_a_clock_that_runs_backwards(tmp_path: Path) -> None:
    folders, before = settled(tmp_path / "project")
    code = "import time\nreal, start = time.time, time.time()\ntime.time = lambda: 2 * start - real()\n"
    (tmp_path / "sitecustomize.py").write_text(code)
    done = run(folders, PYTHONPATH=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert kept(folders) == before
    note("a clock that runs backwards", "no byte differs")
