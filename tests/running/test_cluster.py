"""Columns on workers of a real Dask scheduler, processes of this machine that share no folder."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import real_project
from test_matrix import KERAS_3, LEGACY, borrow, run, verdicts, wait_for
from test_parcel import files

from phasebook.bisecting import builds
from phasebook.bisecting.bench import Bench
from phasebook.project.claims import load_claims
from phasebook.project.environments import load_environments
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders
from phasebook.running import cluster

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("own_cache")]
DASK = str(Path(sys.executable).with_name("dask"))


class Cluster:
    """A scheduler and its workers; each worker has a folder, a cache and a port of its own."""

    def __init__(self, root: Path, folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.folders, self.monkeypatch = root, folders, monkeypatch
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        self.processes: list[subprocess.Popen[bytes]] = []
        self._start(["scheduler", "--host", self.address, "--no-dashboard", "--idle-timeout", "300"], root)

    def _start(self, words: list[str], place: Path, **variables: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [DASK, *words], cwd=place, env=os.environ | variables,
            stdout=subprocess.DEVNULL, stderr=(place / "log").open("w"), start_new_session=True,
        )  # fmt: skip
        self.processes.append(process)
        return process

    def worker(self, name: str, **variables: str) -> subprocess.Popen[bytes]:
        place = self.root / name
        place.mkdir()
        borrow(self.folders, place / "cache", self.monkeypatch)
        self.monkeypatch.setenv("PHASEBOOK_CACHE", str(self.root / "cache"))  # the collecting side has none
        words = ["worker", self.address, "--no-nanny", "--no-dashboard", "--nthreads", "1"]
        local = ["--local-directory", str(place), "--death-timeout", "60"]
        return self._start([*words, *local], place, PHASEBOOK_CACHE=str(place / "cache"), **variables)

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.kill()
            process.wait()


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    folders = real_project.make(tmp_path / "project")
    started = Cluster(tmp_path, folders, monkeypatch)
    yield started
    started.stop()


def given(place: Path) -> list[str]:
    """Processes that were given the worker's own cache: itself, its columns' and what uv they started."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"PHASEBOOK_CACHE={place}/".encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def both(folders: Folders) -> list:
    return [load_environments(folders)[name] for name in (KERAS_3, LEGACY)]


def test_a_worker_killed_in_the_middle_loses_nothing_and_every_byte_is_as_on_one_machine(
    made, tmp_path, own_cache, monkeypatch
):
    folders = made.folders
    flag = tmp_path / "began"
    wait = f"import pathlib, time\npathlib.Path({str(flag)!r}).touch()\ntime.sleep(3)"
    real_project.write(folders, "2-freezing", ("frozen-bn-infers",), middle=wait)
    doomed = made.worker("one")
    made.worker("two")

    def kill() -> None:
        wait_for(flag.exists, 100)
        doomed.send_signal(signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    status, lines = run(folders, both(folders), scheduler=made.address)
    killer.join()
    assert status == 0, lines
    assert doomed.wait(10) == -signal.SIGKILL
    assert any("the worker was lost" in line for line in lines), lines
    wait_for(lambda: not given(tmp_path / "one"), 30)  # nor is any of its processes left
    assert {word for name in (KERAS_3, LEGACY) for word in verdicts(folders, name).values()} == {"holds"}
    assert run(folders, both(folders), scheduler=made.address)[1][0].startswith("Nothing to do")

    here = real_project.make(tmp_path / "local")
    real_project.write(here, "2-freezing", ("frozen-bn-infers",), middle=wait)
    borrow(here, own_cache, monkeypatch)
    assert run(here, both(here))[0] == 0
    assert files(here) == files(folders)


def test_who_stops_the_matrix_stops_what_runs_on_the_workers(made, tmp_path):
    flag = tmp_path / "began"
    for_ever = f"import pathlib, time\npathlib.Path({str(flag)!r}).touch()\ntime.sleep(600)"
    real_project.write(made.folders, "2-freezing", ("frozen-bn-infers",), middle=for_ever)
    made.worker("one")
    command = [sys.executable, "-m", "phasebook", "matrix", "--scheduler", made.address]
    variables = os.environ | {"PHASEBOOK_ROOT": str(made.folders.root)}
    matrix = subprocess.Popen(command, env=variables, stderr=subprocess.PIPE, text=True)
    wait_for(flag.exists, 100)
    assert any("running.column" in line for line in given(tmp_path / "one"))
    matrix.send_signal(signal.SIGINT)
    assert "stopped; completed notebooks are saved" in matrix.communicate(timeout=60)[1]
    wait_for(lambda: not any("running.column" in line for line in given(tmp_path / "one")), 60)


def test_a_worker_with_other_code_is_refused_with_its_reason(made, tmp_path, monkeypatch):
    other = tmp_path / "src/phasebook"
    shutil.copytree(Path(cluster.__file__).parents[1], other)
    with (other / "running/judging.py").open("a") as file:
        file.write("\nANOTHER = True\n")
    monkeypatch.setattr(cluster, "PATIENCE", 3.0)
    made.worker("stranger", PYTHONPATH=str(other.parent))
    with pytest.raises(Problem, match="judges records by other code") as raised:
        wait_for(lambda: "Registered" in (tmp_path / "stranger/log").read_text(), 60)
        run(made.folders, both(made.folders), scheduler=made.address)
    assert "\n" not in str(raised.value)
    assert files(made.folders) == {}


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:9", "tcq://127.0.0.1:8786", "tcp://no.such.host.invalid:8786"]
)
def test_a_scheduler_that_does_not_answer_is_one_line(tmp_path, address):
    folders = real_project.make(tmp_path / "project")
    with pytest.raises(Problem, match="no Dask scheduler answers there") as raised:
        run(folders, both(folders), scheduler=address)
    assert "\n" not in str(raised.value) and raised.value.status == 1
    assert files(folders) == {}


def test_builds_of_a_bisection_run_on_the_workers_and_are_known_afterwards(made, tmp_path):
    folders, columns = made.folders, load_environments(made.folders)
    (folders.notebooks / "data").mkdir()
    (folders.notebooks / "data/number").write_text("7")
    real_project.write(
        folders, "2-freezing", ("frozen-bn-infers",), middle="assert open('data/number').read() == '7'"
    )
    made.worker("one")  # of one thread, so nothing runs beside
    claims = [load_claims(folders)[name] for name in ("call-true-trains", "frozen-bn-infers")]
    keras = builds.of_column(columns[KERAS_3], "keras")
    legacy = builds.of_column(columns[LEGACY], "tensorflow")
    with Bench(folders, claims, print, made.address) as bench:
        bench.look_ahead([keras, legacy])
        ahead = bench.known(keras)
        assert ahead and ahead.fresh and bench.known(legacy) is None
        seen = {build: bench.run(build) for build in (keras, legacy)}
    for step in seen.values():
        assert {claim: found.verdict for claim, found in step.settled.items()} == {
            "call-true-trains": "holds", "frozen-bn-infers": "holds"
        }  # fmt: skip
    assert "frozen-bn-infers" in bench.executed(keras, "2-freezing").read_text(encoding="utf-8")
    assert list((tmp_path / "one/cache/environments").glob("*/phasebook-ready"))  # it was there before
    with Bench(folders, claims, print) as again:
        assert again.known(keras).settled == seen[keras].settled
    with pytest.raises(Problem, match="no Dask scheduler answers there"):
        Bench(folders, claims, print, "tcp://127.0.0.1:1")
