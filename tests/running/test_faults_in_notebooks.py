"""Real notebooks that break in every way: each is named, nothing settled is lost, and no neighbour is the worse.

All break side by side in one run. docs/faults.md lists every fault with its guard.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import papermill
import pytest
import real_project
import small_project
from fault_tools import kept, kernels_of, lean, note, settled
from real_project import DEFAULT

from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders
from phasebook.project.results import ClaimResult, load_result
from phasebook.running.run import Outcome
from phasebook.running.staleness import stale
from phasebook.running.store import load_failures, with_failures

pytestmark = pytest.mark.slow

MEMORY = Path("/sys/fs/cgroup/memory") / f"phasebook-tests-{os.getpid()}"
SEND = "from phaselab.experiment import RECORD, _send\n"
SAYS = "from phaselab import versions\ntold = versions.environment()\nversions.environment = lambda: dict(told, "
FAULTS = {
    "an exception": ("raise ValueError('no such thing')", "ValueError: no such thing"),
    "an exception with 10 MB of text": ("raise ValueError('x' * 10_000_000)", "ValueError: xxx"),
    "SIGKILL": ("os.kill(os.getpid(), signal.SIGKILL)", "killed by SIGKILL"),
    "SIGSEGV": ("os.kill(os.getpid(), signal.SIGSEGV)", "killed by SIGSEGV"),
    "SIGABRT": ("os.abort()", "killed by SIGABRT"),
    "more memory than the system gives": (
        "import resource\nresource.setrlimit(resource.RLIMIT_AS, (1 << 33, 1 << 33))\nb'x' * (1 << 34)",
        "MemoryError",
    ),
    "killed because memory ran out": (
        f"open('{MEMORY}/cgroup.procs', 'w').write(str(os.getpid()))\nb'x' * (1 << 30)",
        "killed by SIGKILL (the memory may have run out)",
    ),
    "an end with status 0": ("os._exit(0)", "ended itself with exit status 0"),
    "sys.exit(0)": ("sys.exit(0)", "end mark"),
    "a malformed record": (SEND + "_send({RECORD: {'record': 1, 'claim': 3}})", "malformed"),
    "a record that is no object": (SEND + "_send({RECORD: 'holds'})", "malformed"),
    "a record whose verdict its observation denies": (
        SEND + "record = dict(experiment.records[0], observed='otherwise')\n"
        "experiment.records.append(record)\n_send({RECORD: record})",
        "a wrong verdict",
    ),
    "a repeated record": (
        SEND + "experiment.records.append(experiment.records[0])\n_send({RECORD: experiment.records[0]})",
        "repeated cases",
    ),
    "a foreign record": (
        "with experiment.case('healthy-one', 'Sequential', 'x') as case:\n    case.observed = 'y'",
        "does not settle",
    ),
    "a lost record": ("experiment.records.append(experiment.records[0])", "arrived"),
    "a record of 10 MB": (
        SEND + "record = dict(experiment.records[0], case='x' * 10_000_000)\n"
        "experiment.records.append(record)\n_send({RECORD: record})",
        "arrived",
    ),
    "the end mark twice": ("experiment.finish()", "twice"),
    "the end mark too early": (
        "experiment.finish()\nexperiment.finish = lambda *_: None\n"
        "with experiment.case('healthy-one', 'late', 'x') as case:\n    case.observed = 'x'",
        "after its end mark",
    ),
    "another TensorFlow than the column's": (f"{SAYS}tensorflow='2.20.0')", "TensorFlow 2.20.0 ran"),
    "another Keras than the column's": (f"{SAYS}keras='3.0.0')", "Keras 3.0.0 ran"),
    "versions that are no versions": (f"{SAYS}tensorflow='<script>')", "malformed"),
}
HARMLESS = {
    "100 MB printed": "for _ in range(100):\n    print('x' * 1_000_000)",
    "100 MB printed, with errors in between": (
        "for _ in range(1000):\n    print('x' * 100_000)\n    sys.stderr.write('y')"
    ),
    "20 MB displayed": (SEND + "for _ in range(20):\n    _send({'text/plain': 'x' * 1_000_000})"),
}
NAMES = {fault: f"{number}-fault" for number, fault in enumerate((*FAULTS, *HARMLESS), start=1)} | {"": "healthy"}
CLAIMS = {f"{notebook}-{which}": notebook for notebook in NAMES.values() for which in ("one", "two")}


@dataclass
class Stage:
    """What one run of all notebooks came to: what is kept, what the report shows, what is to be run again."""

    outcome: Outcome
    kept: dict[str, bytes]
    results: dict[str, ClaimResult]
    shown: dict[str, ClaimResult]
    stale: set[str]
    failures: dict[str, str]
    sizes: dict[str, int]


def write(folders: Folders, *, broken: bool) -> None:
    """Write every notebook, with its fault or without."""
    codes = {fault: code for fault, (code, _) in FAULTS.items()} | HARMLESS
    for fault, notebook in NAMES.items():
        middle = codes.get(fault, "") if broken else ""
        real_project.write(folders, notebook, (f"{notebook}-one", f"{notebook}-two"), middle)


def stage(folders: Folders, *, broken: bool) -> Stage:
    """Run all notebooks, with their faults or without."""
    write(folders, broken=broken)
    outcome = real_project.run(folders, *NAMES.values(), time_limit=240)
    result = load_result(folders, DEFAULT)
    assert result is not None
    left = set(stale(folders, real_project.default(folders), {}))
    shown = with_failures(folders, result).claims
    sizes = {path.stem: path.stat().st_size for path in (folders.executed / DEFAULT).glob("*.ipynb")}
    return Stage(outcome, kept(folders), result.claims, shown, left, load_failures(folders, DEFAULT), sizes)


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Stage]]:
    """All notebooks broken in their first run, then mended, then broken again with verdicts to lose."""
    folders = lean(tmp_path_factory.mktemp("broken"))
    write_atomically(folders.claims, small_project.claims_text(CLAIMS))
    for path in folders.notebooks.glob("*.ipynb"):
        path.unlink()
    if os.access(MEMORY.parent, os.W_OK):
        MEMORY.mkdir()
        (MEMORY / "memory.limit_in_bytes").write_text("200M")
    found = {}
    for name in ("first", "mended", "again"):
        found[name] = stage(folders, broken=name != "mended")
        assert kernels_of(folders) == []
    yield found
    if MEMORY.is_dir():
        MEMORY.rmdir()


def spoilt(fault: str) -> set[str]:
    """The claims that a fault makes `error`: all of its notebook, or the one whose record is wrong."""
    one = {f"{NAMES[fault]}-one"}
    return one if fault == "a repeated record" else one | {f"{NAMES[fault]}-two"}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_notebook_that_breaks_is_an_error_with_its_reason(stages: dict[str, Stage], fault: str) -> None:
    if fault == "killed because memory ran out" and not MEMORY.is_dir():
        pytest.skip("this user may not limit a process's memory by cgroup")
    reason = FAULTS[fault][1]
    for name in ("first", "again"):
        told = stages[name].outcome.failures[NAMES[fault]][0]
        assert reason in told and len(told) < 2100
        for claim in spoilt(fault):
            assert stages[name].shown[claim].verdict == "error"
            assert reason in (stages[name].shown[claim].reason or "")
        assert NAMES[fault] in stages[name].stale
    assert stages["mended"].outcome.failures == {}
    note(fault, f"error: {stages['again'].outcome.failures[NAMES[fault]][0][:100]}")


@pytest.mark.parametrize("fault", HARMLESS)
def test_a_notebook_that_says_too_much_is_cut(stages: dict[str, Stage], fault: str) -> None:
    for stage in stages.values():
        assert NAMES[fault] not in stage.outcome.failures
        assert stage.sizes[NAMES[fault]] < 6_000_000
    note(fault, "holds; cut in the executed notebook")


def test_a_first_run_that_breaks_records_errors_and_nothing_false(stages: dict[str, Stage]) -> None:
    broken = set().union(*(spoilt(fault) for fault in FAULTS))
    assert {claim for claim, found in stages["first"].results.items() if found.verdict == "error"} == broken
    assert {found.verdict for found in stages["first"].results.values()} == {"error", "holds"}


def test_what_is_mended_holds_and_its_failures_are_forgotten(stages: dict[str, Stage]) -> None:
    assert {found.verdict for found in stages["mended"].shown.values()} == {"holds"}
    assert set(stages["mended"].results) == set(CLAIMS)
    assert stages["mended"].stale == set() and stages["mended"].failures == {}


def test_no_settled_verdict_is_lost_and_no_neighbour_is_the_worse(stages: dict[str, Stage]) -> None:
    assert stages["again"].results == stages["mended"].results
    broken = set().union(*(spoilt(fault) for fault in FAULTS))
    for claim, found in stages["again"].shown.items():
        assert found.verdict == ("error" if claim in broken else "holds"), claim
    assert stages["again"].stale == {NAMES[fault] for fault in FAULTS}


def test_a_notebook_that_hangs_is_stopped_at_its_limit(tmp_path: Path) -> None:
    folders, before = settled(tmp_path / "project")
    real_project.write(folders, "1-calls", real_project.TWO_CLAIMS, middle="import time\ntime.sleep(600)")
    outcome = real_project.run(folders, "1-calls", time_limit=6)
    assert outcome.failures == {"1-calls": ["the notebook was stopped at its time limit of 6 s"]}
    assert outcome.seconds["1-calls"] < 30
    assert kept(folders) == before
    assert kernels_of(folders) == []
    note("a cell that hangs", outcome.failures["1-calls"][0])


def test_an_output_file_of_papermill_that_is_truncated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders, before = settled(tmp_path / "project")
    real = papermill.execute_notebook

    def truncating(source: str, target: str, **options: object) -> None:
        real(source, target, **options)
        content = Path(target).read_bytes()
        Path(target).write_bytes(content[: len(content) // 2])

    monkeypatch.setattr(papermill, "execute_notebook", truncating)
    outcome = real_project.run(folders)
    assert set(outcome.failures) == {"1-calls", "2-freezing"}
    assert "cannot be read" in outcome.failures["1-calls"][0]
    assert kept(folders) == before
    note("papermill's file truncated", outcome.failures["1-calls"][0])
