"""Real runs of a small project: what a run leaves behind, and what it does not when something breaks."""

from pathlib import Path

import msgspec
import nbformat
import pytest
import real_project

from phasebook.project.results import Result, load_result
from phasebook.running.staleness import missing_pages, stale

pytestmark = pytest.mark.slow
DEFAULT = real_project.DEFAULT


def result(folders: real_project.Folders) -> Result:
    loaded = load_result(folders, DEFAULT)
    assert loaded is not None
    return loaded


def test_a_run_leaves_verdicts_fingerprints_and_executed_notebooks(tmp_path: Path) -> None:
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
        paths = sorted(
            (*folders.results.glob("*"), *folders.fingerprints.glob("*"), *folders.executed.rglob("*.ipynb"))
        )
        files.append({path: path.read_bytes() for path in paths})
    assert len(files[0]) == 4
    assert files[0] == files[1]


def test_warnings_leave_no_trace_in_what_was_printed(tmp_path: Path) -> None:
    warned = "print('careful', file=sys.stderr, flush=True)"
    code = f"for number in range(3):\n    print(number, flush=True)\n    {warned}"
    folders = real_project.make(tmp_path, middle=code)
    real_project.run(folders, "1-calls")
    executed = nbformat.read(folders.executed / DEFAULT / "1-calls.ipynb", as_version=4)
    printed = [output.text for cell in executed.cells for output in cell.get("outputs", []) if "text" in output]
    assert printed == ["0\n1\n2\n"]


def test_parameters_reach_the_notebook(tmp_path: Path) -> None:
    folders = real_project.make(tmp_path, middle="print('the seed is', seed, experiment.seed)")
    real_project.run_with(folders, {"1-calls": {"seed": 7}})
    executed = (folders.executed / DEFAULT / "1-calls.ipynb").read_text()
    assert "the seed is 7 7" in executed


def test_ordinary_kernels_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = []
    for number, kernels in enumerate(("forked", "ordinary")):
        monkeypatch.setenv("PHASEBOOK_KERNELS", kernels)
        folders = real_project.make(tmp_path / str(number))
        real_project.run(folders)
        kept.append({path.name: path.read_bytes() for path in sorted(folders.executed.rglob("*.ipynb"))})
        kept[-1]["result"] = msgspec.json.encode(result(folders))
    assert kept[0] == kept[1]


def test_results_name_no_place_of_this_machine(tmp_path: Path) -> None:
    folders = real_project.make(tmp_path, middle="raise OSError('in ' + phaselab.__file__)")
    real_project.run(folders, "1-calls")
    reason = result(folders).claims["call-true-trains"].reason or ""
    assert reason == "OSError: in <project>/src/phaselab/__init__.py"
