"""A run with parameters of one's own: results and a report apart, the published ones untouched."""

import json
import subprocess
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from fault_tools import phasebook, settled
from real_project import DEFAULT

from phasebook.project.folders import Folders


def git(folders: Folders, *arguments: str) -> str:
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments]
    return subprocess.run(command, cwd=folders.root, check=True, capture_output=True, text=True).stdout


@pytest.mark.slow
@pytest.mark.parametrize("command", ["report", "run"])
def test_other_parameters_touch_nothing_that_is_published(tmp_path: Path, command: str) -> None:
    folders, _ = settled(tmp_path / "project")
    (folders.root / ".gitignore").write_text("outputs/\n__pycache__/\n")
    git(folders, "init")
    git(folders, "add", ".")
    git(folders, "commit", "-m", "settled")
    executed = {path: path.read_bytes() for path in sorted(folders.executed.rglob("*.ipynb"))}
    done = phasebook(folders, command, DEFAULT, "--params", "seed=3 name=<b>")
    assert done.returncode == 0, done.stderr
    assert git(folders, "status", "--porcelain") == ""
    assert {path: path.read_bytes() for path in sorted(folders.executed.rglob("*.ipynb"))} == executed
    assert "up to date" in phasebook(folders, "why", DEFAULT).stdout
    own = folders.for_parameters({"name": "<b>", "seed": "3"})
    ran = (own.executed / DEFAULT / "1-calls.ipynb").read_text()
    assert "seed = 3" in ran
    assert json.loads((own.results / f"{DEFAULT}.json").read_text())["claims"].keys()
    if command == "report":
        first = Path(done.stdout.strip())
        assert first == own.report / "index.html" and not folders.report.exists()
        for page in own.report.rglob("*.html"):
            shown = BeautifulSoup(page.read_text(), "html.parser").select_one("main > *")
            assert shown is not None and "name=<b> seed=3" in shown.text, page
        again = phasebook(folders, command, DEFAULT, "--params", "name=<b> seed=3")
        assert "running" not in again.stderr and Path(again.stdout.strip()) == first


def test_parameters_name_a_folder_that_is_theirs_alone(tmp_path: Path) -> None:
    folders = Folders(tmp_path)
    assert folders.for_parameters({}).results == folders.results
    given = [{"seed": "3"}, {"seed": "3", "units": "2000"}, {"name": "a/b"}, {"name": "a_b"}, {"name": ".."},
             {"name": "x" * 300}, {"name": "x" * 301}]  # fmt: skip
    places = [folders.for_parameters(one).report.parent for one in given]
    assert len(set(places)) == len(given)
    assert {place.parent for place in places} == {folders.outputs / "parameters"}
    assert all(place.name.isascii() and len(place.name) < 100 for place in places)
    assert (
        folders.for_parameters({"a": "1", "b": "2"}).report == folders.for_parameters({"b": "2", "a": "1"}).report
    )
