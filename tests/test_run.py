"""Real runs of a small project: what a run leaves behind, and what it does not when something breaks."""

from pathlib import Path

import msgspec
import nbformat
import pytest
import real_project

from phasebook.collect import load_failures, with_failures
from phasebook.plan import missing_pages, stale
from phasebook.results import Result, load_result

pytestmark = pytest.mark.slow
DEFAULT = real_project.DEFAULT


def result(folders: real_project.Folders) -> Result:
    loaded = load_result(folders, DEFAULT)
    assert loaded is not None
    return loaded


def test_a_run_leaves_verdicts_inputs_and_executed_notebooks(tmp_path: Path) -> None:
    folders = real_project.make(tmp_path)
    outcome = real_project.run(folders)
    assert outcome.failures == {}
    assert {claim.verdict for claim in result(folders).claims.values()} == {"holds"}
    info = result(folders).environment
    assert (info.tensorflow, info.keras, info.flavour) == ("2.21.0", "3.15.1", "keras-3")
    environment = real_project.default(folders)
    assert stale(folders, environment, {}) == {}
    assert missing_pages(folders, environment, {}, ["1-calls", "2-freezing"]) == []
    executed = nbformat.read(folders.executed / DEFAULT / "1-calls.ipynb", as_version=4)
    assert "It trains." in str(executed.cells[2].outputs)  # the answer stands where its place was kept


def test_running_again_changes_no_byte(tmp_path: Path) -> None:
    folders = real_project.make(tmp_path)
    files = []
    for _ in range(2):
        real_project.run(folders)
        paths = sorted((*folders.results.glob("*"), *folders.inputs.glob("*"), *folders.executed.rglob("*.ipynb")))
        files.append({path: path.read_bytes() for path in paths})
    assert len(files[0]) == 4
    assert files[0] == files[1]


def test_parameters_reach_the_notebook(tmp_path: Path) -> None:
    folders = real_project.make(tmp_path, middle="print('the seed is', seed, experiment.seed)")
    real_project.run_with(folders, {"1-calls": {"seed": 7}})
    executed = (folders.executed / DEFAULT / "1-calls.ipynb").read_text()
    assert "the seed is 7 7" in executed


BREAKS = {
    "raises": ("raise ValueError('no such thing')", "ValueError: no such thing"),
    "killed": ("os.kill(os.getpid(), signal.SIGKILL)", "killed by SIGKILL"),
    "segmentation fault": ("os.kill(os.getpid(), signal.SIGSEGV)", "killed by SIGSEGV"),
    "ends by itself": ("os._exit(0)", "ended"),
    "foreign record": (
        "experiment.case('frozen-bn-infers', 'Sequential', 'x').__exit__(ValueError, ValueError('x'), None)",
        "does not settle",
    ),
    "finished too early": ("experiment.finish()", "twice"),
    "leaves": ("sys.exit(0)", "end mark"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_notebook_that_breaks_settles_nothing_and_loses_nothing(tmp_path: Path, name: str) -> None:
    folders = real_project.make(tmp_path)
    real_project.run(folders)
    before = (folders.results / f"{DEFAULT}.json").read_bytes()
    code, reason = BREAKS[name]
    real_project.write(folders, "1-calls", real_project.TWO_CLAIMS, middle=code)
    outcome = real_project.run(folders)
    assert set(outcome.failures) == {"1-calls"}
    assert reason in outcome.failures["1-calls"][0]
    assert (folders.results / f"{DEFAULT}.json").read_bytes() == before
    shown = with_failures(folders, result(folders)).claims
    assert {shown[claim].verdict for claim in real_project.TWO_CLAIMS} == {"error"}
    assert shown["frozen-bn-infers"].verdict == "holds"
    assert set(stale(folders, real_project.default(folders), {})) == {"1-calls"}
    real_project.write(folders, "1-calls", real_project.TWO_CLAIMS)
    assert real_project.run(folders).failures == {}
    assert load_failures(folders, DEFAULT) == {}


def test_without_an_earlier_verdict_a_break_is_recorded_as_error(tmp_path: Path) -> None:
    folders = real_project.make(tmp_path, middle="os.kill(os.getpid(), signal.SIGKILL)")
    real_project.run(folders)
    claims = result(folders).claims
    assert [claims[name].verdict for name in sorted(claims)] == ["error", "error", "holds"]
    assert "SIGKILL" in (claims["call-true-trains"].reason or "")
    assert set(stale(folders, real_project.default(folders), {})) == {"1-calls"}


def test_a_notebook_that_hangs_is_killed_at_its_time_limit(tmp_path: Path) -> None:
    folders = real_project.make(tmp_path, middle="import time; time.sleep(600)")
    outcome = real_project.run(folders, time_limit=5)
    assert "time limit of 5 s" in outcome.failures["1-calls"][0]
    assert outcome.seconds["1-calls"] < 15
    assert result(folders).claims["frozen-bn-infers"].verdict == "holds"


def test_a_hundred_megabytes_of_print_are_cut(tmp_path: Path) -> None:
    folders = real_project.make(tmp_path, middle="for _ in range(100): print('x' * 1_000_000)")
    real_project.run(folders, "1-calls")
    assert (folders.executed / DEFAULT / "1-calls.ipynb").stat().st_size < 2_000_000
    assert result(folders).claims["call-true-trains"].verdict in ("holds", "error")


def test_ordinary_kernels_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = []
    for number, kernels in enumerate(("forked", "ordinary")):
        monkeypatch.setenv("PHASEBOOK_KERNELS", kernels)
        folders = real_project.make(tmp_path / str(number))
        real_project.run(folders)
        kept.append({path.name: path.read_bytes() for path in sorted(folders.executed.rglob("*.ipynb"))})
        kept[-1]["result"] = msgspec.json.encode(result(folders))
    assert kept[0] == kept[1]
