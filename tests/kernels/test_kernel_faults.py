"""Kernels that die, hang or do not start: each is named, and nothing is left running whatever ends."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import papermill
import pytest
from kernel_bench import Bench, alive, notebook_of, run, runs, soon
from nbclient.exceptions import DeadKernelError

from phasebook.kernels.pool import Kernels
from phasebook.project.errors import Problem

pytestmark = pytest.mark.slow


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.delenv("PHASEBOOK_KERNELS", raising=False)
    return Bench(tmp_path)


@pytest.fixture(params=["forked", "ordinary"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, bench: Bench) -> str:
    if request.param == "ordinary":
        monkeypatch.setenv("PHASEBOOK_KERNELS", "ordinary")
    return str(request.param)


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
        assert soon(lambda: not runs(mark.read_text()))
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


PARENT = """
import sys, nbformat, papermill
from pathlib import Path
from phasebook.kernels.pool import Kernels
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


def test_a_process_that_an_import_left_behind_may_end(bench: Bench) -> None:
    mark = bench.log.with_name("pid")
    bench.importing(
        "import subprocess\n"
        f"left = subprocess.Popen(['sleep', '600'])\nopen({str(mark)!r}, 'w').write(str(left.pid))\n"
    )
    with bench.kernels() as kernels:
        assert run(kernels, "a", "print(1)") == "1\n"
        os.kill(int(mark.read_text()), signal.SIGKILL)
        assert soon(lambda: not runs(mark.read_text()))
        assert run(kernels, "b", "print(2)") == "2\n"
    assert not any("ended" in line for line in bench.said), bench.said


def test_what_a_forked_kernel_started_ends_with_it(bench: Bench) -> None:
    mark = bench.log.with_name("pid")
    start = f"open({str(mark)!r}, 'w').write(str(subprocess.Popen(['sleep', '600']).pid))"
    with bench.kernels() as kernels:
        with pytest.raises(DeadKernelError):
            run(kernels, "a", f"import os, subprocess\n{start}\nos._exit(0)")
        assert soon(lambda: not runs(mark.read_text()))
