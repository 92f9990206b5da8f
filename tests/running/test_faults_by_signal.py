"""Ctrl-C and its harder kin at any moment: one line, nothing half-written, no kernel left, the next call goes on.

A signal goes to the whole process group, as a terminal's does. docs/faults.md lists every fault with its guard.
"""

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
import real_project
import report_project
from fault_tools import command, kept, no_kernels, note, phasebook, run, settled, start, variables
from real_project import DEFAULT, TWO_CLAIMS

from phasebook.project.folders import Folders
from phasebook.project.results import ClaimResult, load_result
from phasebook.running.staleness import stale

pytestmark = pytest.mark.slow
STOPPED = "phasebook: stopped"
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGKILL]


def stopped(process: subprocess.Popen[str], number: signal.Signals, after: float, begun: bool = False) -> bool:
    """Send the signal to the command's group after some seconds; whether it came before the command's end.

    A command that has begun (it is said here, or it has said something) says that completed notebooks are saved.
    """
    time.sleep(after)
    if process.poll() is None:
        os.killpg(process.pid, number)
    _, said = process.communicate(timeout=60)
    assert "Traceback" not in said and "Exception" not in said, said
    if process.returncode == 128 + number:
        last = said.strip().splitlines()[-1]
        assert last.startswith(STOPPED) and said.count(STOPPED) == 1, said
        assert "completed notebooks are saved" in last or not (begun or "running" in said), said
    else:  # done already, or not yet so far that Python listens
        assert process.returncode in (0, -number), said
    return process.returncode != 0


def length(folders: Folders, *arguments: str) -> float:
    """Seconds that a command takes when nothing disturbs it."""
    started = time.monotonic()
    assert phasebook(folders, *arguments).returncode == 0
    return time.monotonic() - started


def claims_of(folders: Folders) -> dict[str, ClaimResult]:
    """The results on disk; a file that is not whole raises."""
    result = load_result(folders, DEFAULT)
    assert result is not None
    return result.claims


def restore(folders: Folders, before: dict[str, bytes]) -> None:
    """Put back what was there before the run that was stopped."""
    for folder in (folders.results, folders.fingerprints):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    for name, content in before.items():
        (folders.root / name).write_bytes(content)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda item: item.name)
def test_a_run_that_is_stopped_at_ten_moments(tmp_path: Path, number: signal.Signals) -> None:
    folders, before = settled(tmp_path / "project")
    old = claims_of(folders)
    for name, claims in (("1-calls", TWO_CLAIMS), ("2-freezing", ("frozen-bn-infers",))):
        real_project.write(folders, name, claims)
        path = folders.notebooks / f"{name}.ipynb"
        path.write_text(path.read_text().replace('\\"trains\\"', '\\"learns\\"'))  # so that there is much to write
    seconds = length(folders, "run", DEFAULT)
    new = claims_of(folders)
    assert all(old[claim].cases != new[claim].cases for claim in old)
    moments = random.Random(number)
    came = 0
    for moment in range(10):
        restore(folders, before)
        after = seconds * (moment + moments.random()) / 10
        if stopped(start(folders, "run", DEFAULT), number, after):
            came += 1
        else:  # the run was shorter than the one that was measured, perhaps on a busier machine
            seconds = after
        found = claims_of(folders)
        assert {path for path in kept(folders) if path.endswith(".json")} == set(before)
        left = stale(folders, real_project.default(folders), {})
        for claim, result in found.items():
            assert result in (old[claim], new[claim])
            assert result == new[claim] or result.notebook in left
        no_kernels(folders)
    assert came >= 5, "most signals must come before the end"
    assert run(folders).returncode == 0
    assert claims_of(folders) == new and stale(folders, real_project.default(folders), {}) == {}
    assert len(kept(folders)) == len(before), "nothing half-written is left"
    note(
        f"{number.name} at ten moments of a run", "every claim old or new, no kernel left, the next run completes"
    )


@pytest.mark.parametrize("number", SIGNALS, ids=lambda item: item.name)
def test_rendering_that_is_stopped(tmp_path: Path, number: signal.Signals) -> None:
    whole = report_project.make(tmp_path / "whole")
    seconds = length(whole, "render")
    pages = rendered(whole)
    for moment in range(4):
        folders = Folders(tmp_path / str(moment))
        shutil.copytree(whole.root, folders.root, ignore=shutil.ignore_patterns("report"))
        process = start(folders, "render", PYTHONPROFILEIMPORTTIME="1")  # tells of each module when it is imported
        imported(process, "phasebook.report")
        stopped(process, number, seconds * moment / 6, begun=True)
        for name, content in rendered(folders).items():
            assert content == pages[name], f"{name} is half-written"
        assert phasebook(folders, "render").returncode == 0
        assert rendered(folders).keys() == pages.keys()
    note(f"{number.name} at four moments of rendering", "every page whole or absent, the next call completes")


def imported(process: subprocess.Popen[str], module: str) -> None:
    """Wait until a process says that it has imported a module."""
    assert process.stderr is not None
    while not (line := process.stderr.readline()).rstrip().endswith(f" {module}"):
        assert line, f"{module} is not imported"


def rendered(folders: Folders) -> dict[str, bytes]:
    """Every page by its name."""
    return {str(p.relative_to(folders.report)): p.read_bytes() for p in folders.report.rglob("*.html")}


@pytest.mark.parametrize("number", SIGNALS[:2], ids=lambda item: item.name)
def test_an_installation_that_is_stopped(tmp_path: Path, number: signal.Signals) -> None:
    folders, before = settled(tmp_path / "project")
    lock = real_project.default(folders).lock
    (folders.locks / f"{lock}.txt").write_text(f"tensorflow==2.21.0 --hash=sha256:{'0' * 64}\n")
    with socket.create_server(("127.0.0.1", 0)) as silent:  # an index that never answers
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/simple"
        more = {"PHASEBOOK_CACHE": str(tmp_path / "cache"), "UV_CACHE_DIR": str(tmp_path / "uv")}
        process = start(folders, "run", DEFAULT, UV_DEFAULT_INDEX=address, **more)
        assert process.stderr is not None
        while "downloading" not in (line := process.stderr.readline()):
            assert line, "it ended before it came to download"
        time.sleep(0.5)
        assert stopped(process, number, 0)
    assert process.returncode == 128 + number
    assert [path.name for path in (tmp_path / "cache/environments").iterdir() if path.is_dir()] == []
    assert processes_with(str(tmp_path / "uv")) == processes_with(str(tmp_path / "cache")) == []
    assert kept(folders) == before
    note(f"{number.name} while uv installs", "one line, nothing installed by half, no uv left")


def processes_with(word: str) -> list[str]:
    """Living processes that have a word in their command or environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            texts = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        if word.encode() in texts:
            found.append(process.name)
    return found


@pytest.mark.parametrize("module", ["typing", "typer", "phasebook.project.errors", "phasebook.running.staleness"])
def test_a_command_that_is_stopped_while_it_starts(tmp_path: Path, module: str) -> None:
    folders, _ = settled(tmp_path / "project")
    process = start(folders, "why", PYTHONPROFILEIMPORTTIME="1")  # tells of each module when it is imported
    imported(process, module)
    assert stopped(process, signal.SIGINT, 0) or process.returncode == 0
    note(f"Ctrl-C while {module} is imported", "one line")


def test_waiting_for_another_run_can_be_stopped(tmp_path: Path) -> None:
    folders, _ = settled(tmp_path / "project")
    first = start(folders, "run", DEFAULT)
    assert first.stderr is not None
    assert "running" in first.stderr.readline()
    second = subprocess.Popen(
        command("run", DEFAULT), env=variables(folders), stderr=subprocess.PIPE, text=True, process_group=0
    )
    assert second.stderr is not None
    assert "waiting" in second.stderr.readline()
    assert stopped(second, signal.SIGINT, 0.1)
    assert first.wait(120) == 0
    assert second.returncode == 130
    first.stderr.close()
    note("Ctrl-C while it waits for another run", "one line; the other run goes on")
