"""Matrix runs on real TensorFlow: what is settled, failures, interruption and what is kept."""

import io
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import nbformat
import pytest
import real_project
import small_project
from rich.console import Console
from small_project import columns

from phasebook.environments import install
from phasebook.project.environments import Environment, load_environments
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders
from phasebook.project.results import load_result
from phasebook.running import matrix, timings
from phasebook.running.progress import Progress
from phasebook.running.staleness import stale

KERAS_3, LEGACY = "tf-2.21+keras-3.15.1", "tf-2.21+tf-keras"
BOTH = {"1-calls": "holds", "2-freezing": "holds"}

pytestmark = pytest.mark.usefixtures("own_cache")


def borrow(folders: Folders, place: Path, monkeypatch: pytest.MonkeyPatch, name: str = KERAS_3) -> Path:
    """Give the test's cache the real virtual environment of a column: its own folder, its files by link."""
    monkeypatch.delenv("PHASEBOOK_CACHE")
    environment = load_environments(folders)[name]
    install.make(folders, environment, print)
    real = install.folder_of(folders, environment)
    monkeypatch.setenv("PHASEBOOK_CACHE", str(place))
    own = install.folder_of(folders, environment)
    (own / "bin").mkdir(parents=True)
    for file in ("pyvenv.cfg", "phasebook-ready"):
        shutil.copy(real / file, own / file)
    (own / "bin/python").symlink_to((real / "bin/python").resolve())
    (own / "lib").symlink_to(real / "lib")
    return own


def run(folders: Folders, environments: list[Environment], **options: bool | int) -> tuple[int, list[str]]:
    """A matrix run without a terminal: its exit status and its lines."""
    file = io.StringIO()
    status = matrix.run(folders, environments, {}, Progress(Console(file=file)), **options)
    return status, file.getvalue().splitlines()


def verdicts(folders: Folders, name: str) -> dict[str, str]:
    result = load_result(folders, name)
    return {claim: found.verdict for claim, found in result.claims.items()} if result else {}


def alive(folders: Folders) -> list[str]:
    """Command lines of processes that were given a path of this project: kernels, their server, columns."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(folders.root).encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def wait_for(what, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def test_nothing_due_is_said_and_starts_nothing(tmp_path):
    folders = small_project.make(tmp_path)
    small_project.settle(folders, "tf-2.15")
    assert run(folders, columns(folders, "tf-2.15")) == (0, ["Nothing to do: 1 of 1 columns are up to date."])


def test_a_disk_that_is_too_small_is_said_before_anything_starts(tmp_path):
    folders = small_project.make(tmp_path, ["tf-2.14", "tf-2.15"])
    timings.note("tf-2.14", {}, 10**16)
    with pytest.raises(Problem, match=r"KEEP=no keeps none") as raised:
        run(folders, columns(folders, "tf-2.14", "tf-2.15"))
    assert raised.value.status == 1
    assert not folders.results.exists()


@pytest.mark.slow
def test_a_run_settles_every_column_and_the_next_finds_nothing(tmp_path, own_cache, monkeypatch):
    folders = real_project.make(tmp_path / "project")
    borrow(folders, own_cache, monkeypatch)
    both = columns(folders, KERAS_3, LEGACY)
    status, lines = run(folders, both, at_once=2)
    assert status == 0, lines
    assert lines[-1] == "2 of 2 columns settled"
    assert {name: set(verdicts(folders, name).values()) for name in (KERAS_3, LEGACY)} == {
        KERAS_3: {"holds"},
        LEGACY: {"holds"},
    }
    assert load_result(folders, LEGACY).environment.flavour == "tf-keras"
    assert set(timings.load()[LEGACY].seconds) == {"import", "1-calls", "2-freezing"}
    assert run(folders, both)[1] == ["Nothing to do: 2 of 2 columns are up to date."]
    assert alive(folders) == []


@pytest.mark.slow
def test_an_environment_that_cannot_be_made_or_imported_is_recorded_and_stops_no_other(
    tmp_path, own_cache, monkeypatch
):
    folders = real_project.make(tmp_path / "project")
    borrow(folders, own_cache, monkeypatch)
    known = load_environments(folders) | {
        LEGACY: msgspec.structs.replace(columns(folders, LEGACY)[0], python="3.99")
    }
    small_project.write_columns(folders, list(known.values()))
    status, lines = run(folders, columns(folders, LEGACY, KERAS_3), at_once=1)
    assert status == 1
    assert set(verdicts(folders, KERAS_3).values()) == {"holds"}
    result = load_result(folders, LEGACY)
    assert {claim.verdict for claim in result.claims.values()} == {"error"}
    assert all("Python 3.99" in claim.reason for claim in result.claims.values())
    assert any(LEGACY in line and "FAILED" in line and "Python 3.99" in line for line in lines)
    assert list(stale(folders, columns(folders, LEGACY)[0], {})) == list(BOTH)  # so the next run tries again

    # what was settled before stays when it cannot be imported any more
    before = (folders.results / f"{KERAS_3}.json").read_bytes()
    (folders.source / "tensorflow.py").write_text("raise ImportError('no such library')\n", encoding="utf-8")
    with (folders.phaselab / "draw.py").open("a", encoding="utf-8") as file:
        file.write("\nCHANGED = True\n")
    status, lines = run(folders, columns(folders, KERAS_3))
    assert status == 1
    assert any("no such library" in line for line in lines)
    assert (folders.results / f"{KERAS_3}.json").read_bytes() == before


@pytest.mark.slow
def test_without_keeping_an_environment_goes_after_its_last_column(tmp_path, own_cache, monkeypatch):
    folders = real_project.make(tmp_path / "project")
    own = borrow(folders, own_cache, monkeypatch)
    library = (own / "lib").resolve()
    status, lines = run(folders, columns(folders, KERAS_3, LEGACY), keep=False, at_once=1)
    assert status == 0, lines
    assert set(verdicts(folders, LEGACY).values()) == {"holds"}
    assert not own.exists()
    assert any(library.iterdir())


MAIN = """
import sys
from pathlib import Path
from rich.console import Console
from phasebook.running import matrix
from phasebook.project.environments import load_environments
from phasebook.project.folders import Folders
from phasebook.running.progress import Progress
folders = Folders(Path(sys.argv[1]))
environments = load_environments(folders)
matrix.run(folders, [environments[name] for name in sys.argv[2:]], {}, Progress(Console()), at_once=2)
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_stopped_in_the_middle_the_next_run_completes_it(tmp_path, own_cache, monkeypatch, number):
    folders = real_project.make(tmp_path / "project")
    borrow(folders, own_cache, monkeypatch)
    flag = tmp_path / "wait"
    flag.touch()
    waiting = f"import os, time\nwhile os.path.exists({str(flag)!r}):\n    time.sleep(0.05)"
    real_project.write(folders, "2-freezing", ("frozen-bn-infers",), middle=waiting)
    command = [sys.executable, "-c", MAIN, str(folders.root), KERAS_3, LEGACY]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def first_notebook_is_settled() -> bool:
        return all("call-true-trains" in verdicts(folders, name) for name in (KERAS_3, LEGACY))

    try:
        wait_for(first_notebook_is_settled, 120)
        assert alive(folders)
    finally:
        process.send_signal(number)
        process.wait(60)
    wait_for(lambda: not alive(folders), 30)
    assert [path.name for path in folders.data.rglob("*.part")] == []
    for environment in columns(folders, KERAS_3, LEGACY):
        assert list(stale(folders, environment, {})) == ["2-freezing"]
    flag.unlink()
    status, lines = run(folders, columns(folders, KERAS_3, LEGACY), at_once=2)
    assert status == 0, lines
    assert "2 of 2 columns, 2 notebooks" in "\n".join(lines)
    assert {verdict for name in (KERAS_3, LEGACY) for verdict in verdicts(folders, name).values()} == {"holds"}


@pytest.mark.slow
def test_a_kernel_that_dies_fails_its_notebook_alone(tmp_path, own_cache, monkeypatch):
    folders = real_project.make(tmp_path / "project")
    borrow(folders, own_cache, monkeypatch)
    kill = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
    real_project.write(folders, "1-calls", real_project.TWO_CLAIMS, middle=kill)
    status, lines = run(folders, columns(folders, KERAS_3))
    assert status == 1
    assert any("FAILED: 1-calls: the kernel was killed by SIGKILL" in line for line in lines)
    assert verdicts(folders, KERAS_3)["frozen-bn-infers"] == "holds"
    notebook = nbformat.read(folders.executed / KERAS_3 / "2-freezing.ipynb", as_version=4)
    assert notebook.metadata["phasebook"]["environment"] == KERAS_3


@pytest.mark.parametrize("terminal", [True, False])
def test_progress_shows_the_same_events_with_and_without_a_terminal(terminal):
    file = io.StringIO()
    progress = Progress(Console(file=file, force_terminal=terminal, width=120))
    with progress.over({"tf-2.14": 1.0, "tf-2.15": 2.0}):
        for name, failure in (("tf-2.14", None), ("tf-2.15", "[no] kernel")):
            progress.start(name)
            progress.tell(name, "working [1/2]")
            progress.finish(name, failure)
    text = file.getvalue()
    assert "tf-2.14: settled (1 of 2)" in text
    assert "tf-2.15: failed: [no] kernel (2 of 2)" in text
    assert ("1 failed" in text) == terminal
