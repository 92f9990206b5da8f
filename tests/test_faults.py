"""Real runs, broken on purpose: nothing that was there is lost, nothing false is said, the message helps.

docs/faults.md lists every fault with its guard.
"""

import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import fault_tools
import papermill
import pytest
import real_project
from fault_tools import kept, kernels_of, note, nothing_false, one_line, phasebook, run, settled

from phasebook import provision
from phasebook.collect import load_failures, with_failures
from phasebook.environments import load_environments
from phasebook.plan import stale
from phasebook.results import load_result

pytestmark = pytest.mark.slow
DEFAULT = real_project.DEFAULT

IN_THE_NOTEBOOK = {
    "an exception": ("raise ValueError('no such thing')", "ValueError: no such thing"),
    "SIGKILL": ("os.kill(os.getpid(), signal.SIGKILL)", "killed by SIGKILL"),
    "SIGSEGV": ("os.kill(os.getpid(), signal.SIGSEGV)", "killed by SIGSEGV"),
    "out of memory": (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 32, 1 << 32)); b'x' * (1 << 33)",
        "MemoryError",
    ),
    "an end with status 0": ("os._exit(0)", "ended"),
    "sys.exit(0)": ("sys.exit(0)", "end mark"),
    "a malformed record": (
        "from phaselab.experiment import RECORD, _send; _send({RECORD: {'record': 1, 'claim': 3}})",
        "malformed",
    ),
    "a record that is no object": (
        "from phaselab.experiment import RECORD, _send; _send({RECORD: 'holds'})",
        "malformed",
    ),
    "a repeated record": (
        "record = experiment.records[0]; experiment.records.append(record)\n"
        "from phaselab.experiment import RECORD, _send; _send({RECORD: record})",
        "repeated cases",
    ),
    "a foreign record": (
        "experiment.case('frozen-bn-infers', 'x', 'x').__exit__(ValueError, ValueError('x'), None)",
        "does not settle",
    ),
    "an end mark too early": ("experiment.finish()", "twice"),
    "a lost record": ("experiment.records.append(experiment.records[0])", "arrived"),
}


@pytest.fixture(scope="module", autouse=True)
def table() -> Iterator[None]:
    """Print fault x outcome when all is done."""
    yield
    print("\n\n| fault | outcome |\n| --- | --- |")
    for fault, outcome in fault_tools.OUTCOMES:
        print(f"| {fault} | {outcome} |")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[real_project.Folders, dict[str, bytes]]:
    """A project that has run through; tests take copies of it."""
    return settled(tmp_path_factory.mktemp("settled"))


@pytest.fixture
def whole(
    tmp_path: Path, project: tuple[real_project.Folders, dict[str, bytes]]
) -> tuple[real_project.Folders, dict[str, bytes]]:
    """A copy of the project that has run through, and what it keeps."""
    root = tmp_path / "project"
    shutil.copytree(project[0].root, root)
    return real_project.Folders(root), project[1]


@pytest.mark.parametrize("fault", IN_THE_NOTEBOOK)
def test_a_notebook_that_breaks(whole: tuple[real_project.Folders, dict[str, bytes]], fault: str) -> None:
    folders, before = whole
    code, reason = IN_THE_NOTEBOOK[fault]
    real_project.write(folders, "1-calls", real_project.TWO_CLAIMS, middle=code)
    outcome = real_project.run(folders, "1-calls")
    assert reason in outcome.failures["1-calls"][0]
    assert kept(folders) == before
    result = load_result(folders, DEFAULT)
    assert result is not None
    shown = with_failures(folders, result).claims
    spoilt = ["call-true-trains"] if fault == "a repeated record" else list(real_project.TWO_CLAIMS)
    assert [claim for claim in real_project.TWO_CLAIMS if shown[claim].verdict == "error"] == spoilt
    assert shown["frozen-bn-infers"].verdict == "holds"
    assert set(stale(folders, real_project.default(folders), {})) == {"1-calls"}
    note(fault, f"error: {outcome.failures['1-calls'][0]}")


def test_what_broke_is_forgotten_once_it_runs_through(
    whole: tuple[real_project.Folders, dict[str, bytes]],
) -> None:
    folders, before = whole
    real_project.write(folders, "1-calls", real_project.TWO_CLAIMS, middle="raise ValueError('x')")
    real_project.run(folders, "1-calls")
    assert set(load_failures(folders, DEFAULT)) == set(real_project.TWO_CLAIMS)
    real_project.write(folders, "1-calls", real_project.TWO_CLAIMS)
    assert real_project.run(folders, "1-calls").failures == {}
    assert load_failures(folders, DEFAULT) == {}
    assert kept(folders) == before


def test_without_an_earlier_verdict_a_break_is_recorded(tmp_path: Path) -> None:
    folders = real_project.make(tmp_path, middle="os.kill(os.getpid(), signal.SIGKILL)")
    done = run(folders)
    assert done.returncode == 1
    nothing_false(folders)
    result = load_result(folders, DEFAULT)
    assert result is not None
    assert [result.claims[name].verdict for name in sorted(result.claims)] == ["error", "error", "holds"]
    assert "SIGKILL" in (result.claims["call-true-trains"].reason or "")


def test_a_notebook_that_hangs(whole: tuple[real_project.Folders, dict[str, bytes]]) -> None:
    folders, before = whole
    real_project.write(folders, "1-calls", real_project.TWO_CLAIMS, middle="import time; time.sleep(600)")
    outcome = real_project.run(folders, time_limit=10)
    assert "time limit of 10 s" in outcome.failures["1-calls"][0]
    assert outcome.seconds["1-calls"] < 30
    assert kept(folders) == before
    assert kernels_of(folders) == []
    note("a cell that hangs", outcome.failures["1-calls"][0])


def test_a_cell_that_prints_a_hundred_megabytes(whole: tuple[real_project.Folders, dict[str, bytes]]) -> None:
    folders, _ = whole
    code = "for _ in range(100):\n    print('x' * 1_000_000)"
    real_project.write(folders, "1-calls", real_project.TWO_CLAIMS, middle=code)
    outcome = real_project.run(folders, "1-calls")
    assert (folders.executed / DEFAULT / "1-calls.ipynb").stat().st_size < 2_000_000
    nothing_false(folders)
    note("100 MB printed", f"cut in the executed notebook; failures: {len(outcome.failures)}")


def test_papermills_file_is_truncated(
    whole: tuple[real_project.Folders, dict[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folders, before = whole
    real = papermill.execute_notebook

    def truncating(source: str, target: str, **options: object) -> None:
        real(source, target, **options)
        content = Path(target).read_bytes()
        Path(target).write_bytes(content[: len(content) // 2])

    monkeypatch.setattr(papermill, "execute_notebook", truncating)
    outcome = real_project.run(folders)
    assert "cannot be read" in outcome.failures["1-calls"][0]
    assert kept(folders) == before
    note("papermill's file truncated", outcome.failures["1-calls"][0])


BROKEN_RESULTS: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda content: content[: len(content) // 2],
    "of an older schema": lambda content: content.replace(b'"schema": 1', b'"schema": 0'),
    "of a newer schema": lambda content: content.replace(b'"schema": 1', b'"schema": 2'),
    "with an unknown verdict": lambda content: content.replace(b'"verdict": "holds"', b'"verdict": "maybe"', 1),
    "not UTF-8": lambda content: content.replace(b"trains", b"tr\xffins", 1),
}


@pytest.mark.parametrize("fault", BROKEN_RESULTS)
def test_a_results_file_that_cannot_be_believed(
    whole: tuple[real_project.Folders, dict[str, bytes]], fault: str
) -> None:
    folders, _ = whole
    path = folders.results / f"{DEFAULT}.json"
    path.write_bytes(BROKEN_RESULTS[fault](path.read_bytes()))
    before = kept(folders)
    done = run(folders)
    assert done.returncode == 1
    one_line(done, path.name, "restore it with git")
    assert kept(folders) == before
    note(f"a results file {fault}", done.stderr.strip().splitlines()[-1].replace(str(folders.root), "."))


@pytest.mark.parametrize("free", [0, 8, 24, 64])
def test_a_full_disk(whole: tuple[real_project.Folders, dict[str, bytes]], tmp_path: Path, free: int) -> None:
    folders, _ = whole
    real_project.write(folders, "1-calls", real_project.TWO_CLAIMS, middle="'edited'")
    with fault_tools.small_disk(tmp_path / "disk", 4096) as disk:
        shutil.copytree(folders.root, disk / "project")
        small = real_project.Folders(disk / "project")
        before = kept(small)
        (disk / "ballast").write_bytes(b"x" * (shutil.disk_usage(disk).free - free * 1024))
        done = run(small)
        nothing_false(small)
        assert {name: kept(small)[name] for name in before if "results" in name} == {
            name: content for name, content in before.items() if "results" in name
        }
        if done.returncode:
            one_line(done, "No space left on device")
        (disk / "ballast").unlink()
        assert run(small).returncode == 0
    note(f"a disk with {free} KB left", f"status {done.returncode}, the next run completes")


def test_a_full_temporary_folder(whole: tuple[real_project.Folders, dict[str, bytes]], tmp_path: Path) -> None:
    folders, before = whole
    with fault_tools.small_disk(tmp_path / "tmp", 64) as disk:
        (disk / "ballast").write_bytes(b"x" * shutil.disk_usage(disk).free)
        done = run(folders, TMPDIR=str(disk))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert kept(folders) == before
    note("a full temporary folder", f"status 1: {done.stderr.strip().splitlines()[-1][:90]}")


def test_a_read_only_outputs_folder(whole: tuple[real_project.Folders, dict[str, bytes]]) -> None:
    folders, before = whole
    bound = ["mount", "--bind", "-o", "ro", str(folders.outputs), str(folders.outputs)]
    if subprocess.run(bound, check=False).returncode:
        pytest.skip("this user may not mount a read-only folder")
    try:
        done = phasebook(folders, "run", DEFAULT)
    finally:
        subprocess.run(["umount", "-l", str(folders.outputs)], check=True)
    assert done.returncode == 1
    one_line(done, "outputs", "cannot be written")
    assert kept(folders) == before
    note("a read-only outputs folder", done.stderr.strip().replace(str(folders.root), "."))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda item: item.name)
def test_a_signal_at_ten_random_moments(
    whole: tuple[real_project.Folders, dict[str, bytes]], number: signal.Signals
) -> None:
    folders, before = whole
    moments = random.Random(number)
    for _ in range(10):
        process = subprocess.Popen(
            fault_tools.command("run", DEFAULT),
            env=fault_tools.variables(folders),
            stderr=subprocess.PIPE,
            text=True,
        )
        time.sleep(moments.uniform(0.1, 5))
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
        assert "Traceback" not in said, said
        assert kept(folders) == before
        nothing_false(folders)
        _wait_for_no_kernels(folders)
    assert run(folders).returncode == 0
    assert kept(folders) == before
    note(f"{number.name} at ten moments", "every result as before, no kernel left, the next run completes")


def _wait_for_no_kernels(folders: real_project.Folders) -> None:
    """Kernels end with their parent; give the system a moment to carry that out."""
    end = time.monotonic() + 10
    while kernels_of(folders) and time.monotonic() < end:
        time.sleep(0.1)
    assert kernels_of(folders) == []


def test_two_runs_at_once_in_the_same_folder(whole: tuple[real_project.Folders, dict[str, bytes]]) -> None:
    folders, before = whole
    processes = [
        subprocess.Popen(
            fault_tools.command("run", DEFAULT),
            env=fault_tools.variables(folders),
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sum("waiting for it" in text for text in said) == 1
    assert kept(folders) == before
    note("two runs at once", "the second waits for the first; both end well")


def test_a_clock_that_goes_backwards(whole: tuple[real_project.Folders, dict[str, bytes]]) -> None:
    folders, before = whole
    if not shutil.which("faketime"):
        pytest.skip("faketime is not installed")
    done = phasebook(folders, "run", DEFAULT, before=("faketime", "-f", "-400d"))
    assert done.returncode == 0, done.stderr
    assert kept(folders) == before
    note("a clock that goes backwards", "no byte differs")


def _broken_environment(cache: Path, folders: real_project.Folders, python: Path | None) -> None:
    """A virtual environment that counts as ready, with another Python in it or none."""
    environment = load_environments(folders)[DEFAULT]
    real = provision.folder_of(folders, environment)
    broken = cache / "environments" / real.name
    (broken / "bin").mkdir(parents=True)
    shutil.copy(real / provision.MARKER, broken)
    (broken / "bin/python").symlink_to(python or cache / "vanished")


def test_a_tensorflow_that_does_not_import(
    whole: tuple[real_project.Folders, dict[str, bytes]], tmp_path: Path
) -> None:
    folders, before = whole
    _broken_environment(tmp_path / "cache", folders, Path(shutil.which("python3") or ""))
    done = run(folders, PHASEBOOK_CACHE=str(tmp_path / "cache"))
    assert done.returncode == 1
    one_line(done, DEFAULT, "TensorFlow cannot be imported", "No module named 'tensorflow'")
    assert kept(folders) == before
    note("TensorFlow does not import", done.stderr.strip().splitlines()[-1])


def test_an_interpreter_that_vanished_and_no_network(
    whole: tuple[real_project.Folders, dict[str, bytes]], tmp_path: Path
) -> None:
    folders, before = whole
    if subprocess.run(["unshare", "-n", "true"], check=False).returncode:
        pytest.skip("this user may not make a network of its own")
    _broken_environment(tmp_path / "cache", folders, None)
    more = {"PHASEBOOK_CACHE": str(tmp_path / "cache"), "UV_CACHE_DIR": str(tmp_path / "uv")}
    done = phasebook(folders, "run", DEFAULT, before=("unshare", "-n"), **more)
    assert done.returncode == 1
    one_line(done, DEFAULT)
    assert kept(folders) == before
    assert not list((tmp_path / "cache/environments").glob(f"*/{provision.MARKER}"))
    note("an interpreter that vanished, no network", done.stderr.strip().splitlines()[-1][:160])


def test_no_network_with_everything_there(whole: tuple[real_project.Folders, dict[str, bytes]]) -> None:
    folders, before = whole
    if subprocess.run(["unshare", "-n", "true"], check=False).returncode:
        pytest.skip("this user may not make a network of its own")
    done = phasebook(folders, "run", DEFAULT, before=("unshare", "-n"))
    assert done.returncode == 0, done.stderr
    assert kept(folders) == before
    note("no network, everything installed", "runs as always")
