"""Matrix runs: what is due and what it takes; on real TensorFlow: failures, interruption and what is kept."""

import io
import os
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

from phasebook import cleaning, due, matrix, provision, timings
from phasebook.environments import Environment, as_of, as_toml, load_environments
from phasebook.errors import Problem
from phasebook.paths import Folders
from phasebook.plan import stale
from phasebook.progress import Progress
from phasebook.results import load_result

KERAS_3, LEGACY = "tf-2.21+keras-3.15.1", "tf-2.21+tf-keras"
BOTH = {"1-calls": "holds", "2-freezing": "holds"}


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """A cache of the test's own, where nothing that a test removes is anybody else's."""
    place = tmp_path / "cache"
    place.mkdir()
    monkeypatch.setenv("PHASEBOOK_CACHE", str(place))
    return place


def borrow(folders: Folders, place: Path, monkeypatch: pytest.MonkeyPatch, name: str = KERAS_3) -> Path:
    """Give the test's cache the real virtual environment of a column: its own folder, its files by link."""
    monkeypatch.delenv("PHASEBOOK_CACHE")
    environment = load_environments(folders)[name]
    provision.make(folders, environment, print)
    real = provision.folder_of(folders, environment)
    monkeypatch.setenv("PHASEBOOK_CACHE", str(place))
    own = provision.folder_of(folders, environment)
    (own / "bin").mkdir(parents=True)
    for file in ("pyvenv.cfg", "phasebook-ready"):
        shutil.copy(real / file, own / file)
    (own / "bin/python").symlink_to((real / "bin/python").resolve())
    (own / "lib").symlink_to(real / "lib")
    return own


def columns(folders: Folders, *names: str) -> list[Environment]:
    environments = load_environments(folders)
    return [environments[name] for name in names]


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


# What is due, and what it takes


def test_exactly_what_is_missing_or_stale_is_due(tmp_path):
    folders = small_project.make(tmp_path, ["tf-2.14", "tf-2.15"])
    small_project.settle(folders, "tf-2.14")
    found = due.find_due(folders, columns(folders, "tf-2.14", "tf-2.15"), {})
    assert [(item.environment.name, sorted(item.reasons)) for item in found] == [
        ("tf-2.15", ["1-calls", "2-freezing"])
    ]
    small_project.settle(folders, "tf-2.15")
    small_project.write_notebook(folders, "2-freezing", ["edited = True"])
    found = due.find_due(folders, columns(folders, "tf-2.14", "tf-2.15"), {})
    assert [(item.environment.name, list(item.reasons)) for item in found] == [
        ("tf-2.14", ["2-freezing"]),
        ("tf-2.15", ["2-freezing"]),
    ]


def test_nothing_due_is_said_and_starts_nothing(tmp_path):
    folders = small_project.make(tmp_path)
    small_project.settle(folders, "tf-2.15")
    assert run(folders, columns(folders, "tf-2.15")) == (0, ["Nothing to do: 1 of 1 columns are up to date."])


def test_the_time_is_foretold_from_past_runs(tmp_path):
    folders = small_project.make(tmp_path, ["tf-2.14", "tf-2.15"])
    timings.note("tf-2.14", {"import": 3, "1-calls": 10, "2-freezing": 20, "set-up": 100}, 2_000_000_000)
    one, other = due.find_due(folders, columns(folders, "tf-2.14", "tf-2.15"), {})
    assert one.seconds == other.seconds == 133  # what was never run is taken for like the others
    assert (one.new_bytes, other.new_bytes) == (2_000_000_000, 2_000_000_000)
    timings.note("tf-2.14", {"1-calls": 40}, 0)
    assert due.find_due(folders, columns(folders, "tf-2.14"), {})[0].seconds == 163
    text = "\n".join(due.announce([one, other], 45, 2, True, folders))
    assert "2 of 45 columns, 4 notebooks: about 2 min, 2 environments to make, about 4.0 GB" in text
    assert "tf-2.15: 2 notebooks (it has no result), 2 min" in text


def test_what_columns_took_is_a_table():
    timings.note("tf-2.15", {"import": 6, "1-calls": 10, "2-freezing": 20, "set-up": 84}, 1_540_000_000)
    assert timings.as_markdown(["tf-2.14", "tf-2.15"]).splitlines()[2:] == [
        "| `tf-2.15` | 84 | 6 | 30 | 2.0 | 1.5 |"
    ]


def test_timings_that_cannot_be_read_are_no_timings(own_cache):
    for content in (b"", b"[]", b"\xff", b'{"tf-2.15": 3}'):
        (own_cache / "timings.json").write_bytes(content)
        assert timings.load() == {}
    timings.note("tf-2.15", {"import": 3}, 5)
    assert timings.load()["tf-2.15"].bytes == 5


def test_a_disk_that_is_too_small_is_said_before_anything_starts(tmp_path):
    folders = small_project.make(tmp_path, ["tf-2.14", "tf-2.15"])
    timings.note("tf-2.14", {}, 10**16)
    with pytest.raises(Problem, match=r"KEEP=no keeps none") as raised:
        run(folders, columns(folders, "tf-2.14", "tf-2.15"))
    assert raised.value.status == 1
    assert not folders.results.exists()


def test_keeping_none_needs_room_for_those_that_run_at_once(tmp_path):
    folders = small_project.make(tmp_path, ["tf-2.13", "tf-2.14", "tf-2.15"])
    found = due.find_due(folders, columns(folders, "tf-2.13", "tf-2.14", "tf-2.15"), {})
    found = [msgspec.structs.replace(item, new_bytes=1_000_000_000) for item in found]
    assert "about 3.0 GB" in due.announce(found, 3, 2, True, folders)[-1]
    assert "about 2.0 GB" in due.announce(found, 3, 2, False, folders)[-1]


def test_columns_at_once_fit_cores_and_memory(monkeypatch):
    assert due.columns_at_once(1) == 1
    assert 1 <= due.columns_at_once(1000) <= (os.cpu_count() or 1)
    monkeypatch.setattr(due, "MEMORY", 10**18)
    assert due.columns_at_once(1000) == 1


def test_removing_an_environment_says_what_it_frees_and_leaves_links_alone(tmp_path, own_cache):
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "file").write_bytes(b"x" * 8192)
    for name in ("tf-2.14-abc", "tf-2.15-def"):
        folder = own_cache / "environments" / name
        folder.mkdir(parents=True)
        (folder / "own").write_bytes(b"x" * 8192)
        (folder / "shared").hardlink_to(other / "file")
        (folder / "lib").symlink_to(other)
    said: list[str] = []
    assert cleaning.clean_environments(said.append) == 2 * 8192
    assert list((own_cache / "environments").iterdir()) == []
    assert (other / "file").stat().st_size == 8192
    assert said[0].startswith("tf-2.14-abc")
    assert "2 environments deleted" in said[2]
    assert cleaning.clean_environments(said.append) == 0


# On a real TensorFlow


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
    folders.environments.write_text(as_toml(as_of(folders), list(known.values())), encoding="utf-8")
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
    with (folders.phaselab / "observe.py").open("a", encoding="utf-8") as file:
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
from phasebook import matrix
from phasebook.environments import load_environments
from phasebook.paths import Folders
from phasebook.progress import Progress
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
