"""A verdict belongs to what was run: real runs in which versions, notebooks or the code around them change."""

from pathlib import Path

import msgspec
import pytest
import real_project
from fault_tools import phasebook, settled
from real_project import DEFAULT

from phasebook.project.folders import Folders
from phasebook.project.results import Result, load_result, observed, write_result
from phasebook.running.staleness import stale

pytestmark = pytest.mark.slow
DUE = {"1-calls": ["its last run failed"]}


def result(folders: Folders) -> Result:
    """What is on disk."""
    loaded = load_result(folders, DEFAULT)
    assert loaded is not None
    return loaded


def reasons(folders: Folders) -> dict[str, list[str]]:
    """What is stale in the default environment."""
    return stale(folders, real_project.default(folders), {})


def as_run_elsewhere(folders: Folders, **versions: str) -> None:
    """Make the results on disk those of another environment."""
    before = result(folders)
    write_result(folders, observed(msgspec.structs.replace(before.environment, **versions), before.claims))


@pytest.mark.parametrize("elsewhere", [{"lock": "sha256:0"}, {"numpy": "1.0"}, {"platform": "plan9-mips"}])
def test_a_verdict_of_another_lock_is_not_carried_over(tmp_path: Path, elsewhere: dict[str, str]) -> None:
    folders, _ = settled(tmp_path / "project")
    ran = result(folders).environment
    as_run_elsewhere(folders, **elsewhere)
    real_project.write(folders, "2-freezing", ("frozen-bn-infers",), "raise ValueError('broken')")
    assert real_project.run(folders).failures == {"2-freezing": ["ValueError: broken"]}
    after = result(folders)
    assert after.environment == ran
    verdicts = {name: claim.verdict for name, claim in after.claims.items()}
    assert verdicts.pop("frozen-bn-infers", "error") == "error"
    assert set(verdicts.values()) == {"holds"}
    assert "2-freezing" in reasons(folders)


def test_one_notebook_run_on_new_versions_leaves_the_others_without_a_result(tmp_path: Path) -> None:
    folders, _ = settled(tmp_path / "project")
    as_run_elsewhere(folders, numpy="1.0")
    real_project.run(folders, "1-calls")
    assert set(result(folders).claims) == set(real_project.TWO_CLAIMS)
    assert reasons(folders) == {"2-freezing": ["it has no result"]}


def test_a_notebook_edited_while_it_runs_is_stale(tmp_path: Path) -> None:
    folders, _ = settled(tmp_path / "project")
    path = folders.notebooks / "1-calls.ipynb"
    edit = f"import pathlib\npath = pathlib.Path({str(path)!r})\n"
    edit += "path.write_text(path.read_text().replace('seed of every case', 'edited'))"
    real_project.write(folders, "1-calls", real_project.TWO_CLAIMS, edit)
    assert real_project.run(folders, "1-calls").failures == {}
    assert "edited" in path.read_text()
    assert reasons(folders) == {"1-calls": ["the notebook's code changed"]}


def test_a_notebook_edited_while_kernels_import_is_run_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders, _ = settled(tmp_path / "project")
    made = real_project.run_environment.__globals__["install"].make

    def make(*arguments: object) -> object:
        real_project.write(folders, "1-calls", real_project.TWO_CLAIMS, "raise ValueError('edited')")
        return made(*arguments)

    monkeypatch.setattr("phasebook.environments.install.make", make)
    assert real_project.run(folders).failures == {}
    assert reasons(folders) == {"1-calls": ["the notebook's code changed"]}


@pytest.mark.parametrize("part", ["phaselab", "layermodes", "lock"])
def test_what_is_imported_edited_while_it_runs_is_an_error(tmp_path: Path, part: str) -> None:
    folders, _ = settled(tmp_path / "project")
    place = {
        "phaselab": folders.phaselab / "draw.py",
        "layermodes": folders.layermodes / "observe.py",
        "lock": folders.locks / "tf-2.21.txt",
    }[part]
    edit = f"with open({str(place)!r}, 'a') as file:\n    file.write('# edited\\n')"
    real_project.write(folders, "1-calls", real_project.TWO_CLAIMS, edit)
    [told] = real_project.run(folders, "1-calls").failures["1-calls"]
    assert told.endswith("changed while the notebook ran")
    assert result(folders).claims["call-true-trains"].verdict == "holds"  # as it was settled before
    assert "its last run failed" in reasons(folders)["1-calls"]


def failing(folders: Folders, flag: Path) -> None:
    """Settle the first notebook, then let it fail with nothing changed that its result follows from."""
    code = f"if os.path.exists({str(flag)!r}):\n    raise ValueError('for once')"
    real_project.write(folders, "1-calls", real_project.TWO_CLAIMS, code)
    assert real_project.run(folders, "1-calls").failures == {}
    flag.touch()
    assert real_project.run(folders, "1-calls").failures == {"1-calls": ["ValueError: for once"]}


def test_a_failure_is_due_though_nothing_changed(tmp_path: Path) -> None:
    folders, _ = settled(tmp_path / "project")
    flag = tmp_path / "flag"
    failing(folders, flag)
    assert reasons(folders) == DUE
    assert f"{DEFAULT}, 1-calls: its last run failed" in phasebook(folders, "why").stdout
    doctor = phasebook(folders, "doctor").stdout
    assert f"data/results/{DEFAULT}.json has errors: call-false-infers, call-true-trains" in doctor
    assert "1 columns have missing or stale results" in doctor
    matrix = phasebook(folders, "matrix")
    assert matrix.returncode == 1 and "1 notebook (its last run failed)" in matrix.stderr
    assert "1-calls: ValueError: for once" in matrix.stderr
    report = phasebook(folders, "report")
    assert report.returncode == 1 and f"{DEFAULT}, 1-calls: its last run failed" in report.stderr
    assert "its last run failed" in (folders.report / "index.html").read_text()
    flag.unlink()
    report = phasebook(folders, "report")
    assert report.returncode == 0, report.stderr
    assert reasons(folders) == {}
    assert "its last run failed" not in (folders.report / "index.html").read_text()


def test_a_failure_is_due_where_outputs_was_deleted(tmp_path: Path) -> None:
    folders, _ = settled(tmp_path / "project")
    twice = "from phaselab.experiment import RECORD, _send\n"  # one record, by a notebook that comes to its end
    twice += "experiment.records.append(experiment.records[0])\n_send({RECORD: experiment.records[0]})"
    real_project.write(folders, "1-calls", real_project.TWO_CLAIMS, twice)
    assert "repeated cases" in real_project.run(folders, "1-calls").failures["1-calls"][0]
    assert set(reasons(folders)["1-calls"]) == {"its last run failed", "the notebook's code changed"}
    for path in folders.failures.iterdir():
        path.unlink()
    assert reasons(folders) == {"1-calls": ["the notebook's code changed"]}
