"""Kernels: forks and ordinary processes give the same records, and nothing is left running whatever ends.

The tests of faults use the Python of an installed environment with a `tensorflow` of one line before it, so
that they take no time to import; the tests of results use every installed environment as it is.
"""

import copy
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import nbformat
import papermill
import pytest
from nbclient.exceptions import DeadKernelError

from phasebook import provision
from phasebook.environments import load_environments
from phasebook.errors import Problem
from phasebook.kernels import Kernels
from phasebook.paths import Folders

pytestmark = pytest.mark.slow

FOLDERS = Folders(Path(__file__).resolve().parents[1])
ENVIRONMENTS = load_environments(FOLDERS)
PYTHONS = {name: provision.ready(FOLDERS, one) for name, one in ENVIRONMENTS.items()}
READY = [name for name, python in PYTHONS.items() if python]
COMPARED = ["tf-1.15", "tf-2.3", "tf-2.15", "tf-2.21+keras-3.15.1", "tf-2.21+tf-keras", "tf-nightly"]
RECORD = "application/vnd.phasebook.record+json"
TENSORFLOW = "class keras:\n    class layers:\n        Dense = object\n"


class Bench:
    """A source folder whose tensorflow can be given faults, kernels that use it, and what they said."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "src"
        (self.source / "phaselab").mkdir(parents=True)
        shutil.copy(FOLDERS.phaselab / "fork_server.py", self.source / "phaselab")
        (self.source / "phaselab/__init__.py").touch()
        self.log = folder / "log"
        self.said: list[str] = []
        self.importing("")

    def importing(self, code: str) -> None:
        """Give the tensorflow that the kernels import this code."""
        (self.source / "tensorflow.py").write_text(TENSORFLOW + code)

    def kernels(self) -> Kernels:
        return Kernels(self.python, {}, self.source, self.log, self.said.append)

    @property
    def python(self) -> Path:
        python = PYTHONS[READY[0]]
        assert python is not None
        return python


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    if not READY:
        pytest.skip("no environment is installed: run `make report` first")
    monkeypatch.delenv("PHASEBOOK_KERNELS", raising=False)
    return Bench(tmp_path)


@pytest.fixture(params=["forked", "ordinary"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, bench: Bench) -> str:
    if request.param == "ordinary":
        monkeypatch.setenv("PHASEBOOK_KERNELS", "ordinary")
    return str(request.param)


def notebook_of(*cells: str) -> nbformat.NotebookNode:
    """A notebook of code cells."""
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])


def run(kernels: Kernels, name: str, *cells: str) -> str:
    """Run cells in a fresh kernel; returns what they printed."""
    executed = papermill.execute_notebook(notebook_of(*cells), None, progress_bar=False, **kernels.arguments(name))
    return "".join(o["text"] for cell in executed.cells for o in cell.outputs if o.output_type == "stream")


def alive(marker: str) -> list[str]:
    """Command lines of the processes that hold `marker` in theirs or in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            text = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            state = (process / "stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if marker.encode() in text and state != "Z" and int(process.name) != os.getpid():
            found.append(text.replace(b"\0", b" ").decode(errors="replace")[:200])
    return found


def soon(condition: Any, seconds: float = 10.0) -> bool:
    """Whether `condition` comes true within some seconds."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(condition())


def test_each_notebook_gets_a_clean_kernel_of_its_own(bench: Bench, way: str) -> None:
    cells = (
        "import os, random, numpy, tensorflow\nprint('left' in vars(tensorflow), os.listdir('.'))",
        "tensorflow.left = 1\nopen('left', 'w').close()\nprint(os.getpid(), random.random(), numpy.random.rand())",
    )
    with bench.kernels() as kernels:
        assert kernels.forked == (way == "forked")
        with ThreadPoolExecutor(4) as pool:
            texts = list(pool.map(lambda name: run(kernels, name, *cells), "abcdefgh"))
    assert [text.splitlines()[0] for text in texts] == ["False []"] * 8
    own = [text.splitlines()[1].split() for text in texts]
    assert all(len(set(column)) == 8 for column in zip(*own, strict=True))  # process, both random numbers


def test_the_users_settings_do_not_reach_a_kernel(
    bench: Bench, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    startup = tmp_path / "home/.ipython/profile_default/startup"
    startup.mkdir(parents=True)
    (startup / "mine.py").write_text("print('read')")
    (tmp_path / "home/.keras").mkdir()
    for name, value in {"HOME": str(tmp_path / "home"), "TF_MINE": "1", "SECRET": "1"}.items():
        monkeypatch.setenv(name, value)
    cell = "import os\nprint(sorted(os.environ), os.path.exists(os.path.expanduser('~/.keras')))"
    with bench.kernels() as kernels:
        text = run(kernels, "a", cell)
    assert "read" not in text
    assert "SECRET" not in text and "TF_MINE" not in text and "PYTHONHASHSEED" in text
    assert text.endswith("False\n")


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("os._exit(0)", "ended itself with exit status 0"),
        ("os._exit(3)", "ended itself with exit status 3"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "was killed by SIGKILL (the memory may have run out)"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "was killed by SIGSEGV"),
        ("import ctypes; ctypes.string_at(0)", "was killed by SIGSEGV"),
    ],
)  # fmt: skip
def test_a_kernel_that_dies_is_noticed_and_named(bench: Bench, way: str, cell: str, words: str) -> None:
    with bench.kernels() as kernels:
        assert "well" in run(kernels, "well", "print('well')")
        started = time.monotonic()
        with pytest.raises(DeadKernelError):
            run(kernels, "a", f"import os, signal\n{cell}")
        assert kernels.ending("a") == words
        assert time.monotonic() - started < 10
        assert kernels.ending("well") is None  # we ended that one
        assert "well" in run(kernels, "a", "print('well')")  # and the next is not the worse for it


def test_kill_ends_a_notebook_that_hangs(bench: Bench, way: str) -> None:
    with bench.kernels() as kernels, ThreadPoolExecutor(1) as pool:
        mark = bench.log.with_name("started")
        future = pool.submit(run, kernels, "a", f"open({str(mark)!r}, 'w')\nwhile True: pass")
        assert soon(mark.exists)
        kernels.kill("a")
        with pytest.raises(DeadKernelError):
            future.result(10)


def test_stop_ends_what_runs_and_starts_nothing_more(bench: Bench, way: str) -> None:
    mark = bench.log.with_name("started")
    hang = f"open({str(mark)!r}, 'w')\nwhile True: pass"
    with bench.kernels() as kernels, ThreadPoolExecutor(3) as pool:
        early = kernels.arguments("b")
        futures = [pool.submit(run, kernels, "a", hang)]
        assert soon(mark.exists)
        kernels.stop()
        futures.append(pool.submit(papermill.execute_notebook, notebook_of(hang), None, **early))
        futures.append(pool.submit(run, kernels, "c", hang))
        wait(futures, 20)
        ended = [future.done() and type(future.exception()) for future in futures]
        for name in "abc":
            kernels.kill(name)  # so that a failure of this test does not hang
    assert ended == [DeadKernelError, RuntimeError, RuntimeError]


def test_stop_does_not_wait_for_an_import(bench: Bench) -> None:
    bench.importing("import time\ntime.sleep(60)")
    started = time.monotonic()
    with bench.kernels() as kernels, ThreadPoolExecutor(1) as pool:
        future = pool.submit(run, kernels, "a", "print()")
        time.sleep(0.5)
        kernels.stop()
        assert isinstance(future.exception(10), RuntimeError)
    assert time.monotonic() - started < 30


def test_the_thread_that_entered_may_end(bench: Bench) -> None:
    kernels = bench.kernels()
    # Linux tells the server that its parent ended when the thread that started it does.
    thread = Thread(target=lambda: kernels.__enter__().forked)
    thread.start()
    thread.join()
    try:
        time.sleep(0.2)
        assert kernels.forked
        assert "well" in run(kernels, "a", "print('well')")
    finally:
        kernels.__exit__()


def test_a_fork_that_fails_ends_one_notebook_only(bench: Bench) -> None:
    once = "    os.fork = fork\n    raise BlockingIOError('no more')\n"
    bench.importing(f"import os\nfork = os.fork\ndef refuse():\n{once}os.fork = refuse\n")
    with bench.kernels() as kernels:
        with pytest.raises(RuntimeError, match="no more"):
            run(kernels, "a", "print('well')")
        assert "well" in run(kernels, "b", "print('well')")


def test_a_killed_server_is_told_and_replaced_by_ordinary_kernels(bench: Bench) -> None:
    mark = bench.log.with_name("pid")
    cell = f"import os, signal\nopen({str(mark)!r}, 'w').write(str(os.getpid()))\n"
    with bench.kernels() as kernels:
        assert kernels.forked
        with pytest.raises(DeadKernelError):
            run(kernels, "a", cell + "os.kill(os.getppid(), signal.SIGKILL)\nwhile True: pass")
        assert soon(lambda: not Path("/proc", mark.read_text()).exists())
        assert kernels.ending("a") == "was killed by SIGKILL (the memory may have run out)"
        assert "well" in run(kernels, "b", "print('well')")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("raise ImportError('no such libcublas')", "ImportError: no such libcublas"),
        ("import os\nos.kill(os.getpid(), 11)", "the process that imported TensorFlow was killed by SIGSEGV"),
        ("import os\nos._exit(0)", "the process that imported TensorFlow ended itself with exit status 0"),
        ("raise SystemExit(1)", "SystemExit: 1"),
    ],
)
def test_an_import_that_fails_is_named(bench: Bench, code: str, words: str) -> None:
    bench.importing(code)
    with bench.kernels() as kernels:
        assert not kernels.forked
        assert kernels.failure == words


def test_a_kernel_package_that_does_not_import_is_named(bench: Bench) -> None:
    (bench.source / "ipykernel.py").write_text("raise ImportError('no TypeAliasType')")
    with bench.kernels() as kernels:
        assert kernels.failure == "ImportError: no TypeAliasType"


def test_threads_after_the_import_mean_ordinary_kernels(bench: Bench) -> None:
    bench.importing("import threading, time\nthreading.Thread(target=time.sleep, args=(99,), daemon=True).start()")
    with bench.kernels() as kernels:
        assert "True" in run(kernels, "a", "import tensorflow\nprint(bool(tensorflow))")
        assert not kernels.forked and kernels.failure is None
    assert len(bench.said) == 1 and "started threads" in bench.said[0]


def test_a_missing_interpreter_is_a_problem_in_one_line(bench: Bench, tmp_path: Path) -> None:
    kernels = Kernels(tmp_path / "gone/bin/python", {}, bench.source, bench.log, print)
    with pytest.raises(Problem, match="gone/bin/python"):
        kernels.__enter__()


def test_a_long_temporary_folder_does_no_harm(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 120)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    with bench.kernels() as kernels:
        assert "well" in run(kernels, "a", "print('well')")


PARENT = """
import sys, nbformat, papermill
from pathlib import Path
from phasebook.kernels import Kernels
python, source, log, cell = sys.argv[1:]
notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
with Kernels(Path(python), {}, Path(source), Path(log), print) as kernels:
    papermill.execute_notebook(notebook, None, progress_bar=False, **kernels.arguments("a"))
"""


@pytest.mark.parametrize("moment", ["importing", "running"])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_outlives_the_parent(
    bench: Bench, way: str, tmp_path: Path, moment: str, number: signal.Signals
) -> None:
    mark = tmp_path / "started"
    hang = f"import time\nopen({str(mark)!r}, 'w').write(__import__('os').getcwd())\nwhile True: time.sleep(1)"
    if moment == "importing":
        bench.importing(hang)
    arguments = [str(bench.python), str(bench.source), str(bench.log), "import tensorflow\n" + hang]
    parent = subprocess.Popen([sys.executable, "-c", PARENT, *arguments], stderr=subprocess.DEVNULL)
    assert soon(lambda: mark.exists() and mark.read_text())
    assert alive(str(bench.source))
    parent.send_signal(number)
    parent.wait(20)
    assert soon(lambda: not alive(str(bench.source))), alive(str(bench.source))
    if way == "forked" and moment == "running":
        assert soon(lambda: not Path(mark.read_text()).exists())  # its scratch files went too


def test_what_a_forked_kernel_started_ends_with_it(bench: Bench) -> None:
    with bench.kernels() as kernels:
        with pytest.raises(DeadKernelError):
            run(kernels, "a", "import os, subprocess\nsubprocess.Popen(['sleep', '987654'])\nos._exit(0)")
        assert soon(lambda: not alive("987654"))


def records(notebook: nbformat.NotebookNode, kernels: Kernels) -> list[Any]:
    """The records and figures that a notebook sends."""
    arguments = kernels.arguments(notebook.metadata["name"])
    executed = papermill.execute_notebook(copy.deepcopy(notebook), None, progress_bar=False, **arguments)
    outputs = [output for cell in executed.cells for output in cell.get("outputs", [])]
    return [output["data"] for output in outputs if {RECORD, "image/svg+xml"} & set(output.get("data", {}))]


@pytest.mark.parametrize("name", COMPARED)
def test_forks_and_ordinary_kernels_send_the_same(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    python, environment = PYTHONS.get(name), ENVIRONMENTS.get(name)
    if python is None or environment is None:
        pytest.skip(f"{name} is not installed")
    notebooks = [nbformat.read(path, as_version=4) for path in sorted(FOLDERS.notebooks.glob("*.ipynb"))]
    for number, notebook in enumerate(notebooks):
        notebook.metadata["name"] = str(number)
    sent = {}
    for way in ("forked", "ordinary"):
        monkeypatch.setenv("PHASEBOOK_KERNELS", way)
        with Kernels(python, environment.variables, FOLDERS.source, bench.log, bench.said.append) as kernels:
            assert kernels.forked == (way == "forked"), bench.said
            with ThreadPoolExecutor(2) as pool:
                sent[way] = list(pool.map(partial(records, kernels=kernels), notebooks))
    assert all(sent["forked"]), "a notebook sent nothing"
    assert json.dumps(sent["forked"]) == json.dumps(sent["ordinary"])
