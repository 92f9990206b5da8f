"""The page "Your own model": real runs of today's layermodes, shown with their findings, and told when stale."""

import re
import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from small_project import REAL

from phasebook.commands import own_model as command
from phasebook.project import own_model
from phasebook.project.environments import load_environments
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders
from phasebook.report import pages
from phasebook.report.facts import Facts
from phasebook.report.own_model import content

WAY_OUT = "run `phasebook own-model`"


@pytest.fixture
def project(tmp_path: Path) -> Folders:
    """A copy of what the page is made from."""
    shutil.copytree(REAL / "data", tmp_path / "data")
    shutil.copytree(REAL / "notebooks", tmp_path / "notebooks")
    shutil.copytree(REAL / "src/layermodes", tmp_path / "src/layermodes")
    return Folders(tmp_path)


def shown(folders: Folders) -> BeautifulSoup:
    facts = Facts(folders, {})
    made = pages.Pages(facts)._page("own-model.html.j2", "", **content(facts))
    return BeautifulSoup(made, "html.parser")


def test_the_runs_are_of_todays_model_and_layermodes():
    folders = Folders(REAL)
    for name in own_model.COLUMNS:
        run = own_model.load_run(folders, name)
        assert run is not None and run.code == own_model.code_digest(folders), WAY_OUT
        known = load_environments(folders)[name]
        assert run.said.versions["python"].startswith(known.python)


def test_the_runs_say_what_the_releases_do():
    said = {name: own_model.load_run(Folders(REAL), name) for name in own_model.COLUMNS}
    fit = {name: [line[5] for line in run.said.table[1:]] for name, run in said.items() if run}
    old, keras_3, nightly = own_model.COLUMNS
    assert fit == {
        old: ["infers*", "trains"],
        keras_3: ["trains", "trains"],
        nightly: ["infers*", "infers*"],
    }
    found = {name: [one.rule for one in run.said.findings] for name, run in said.items() if run}
    assert found == {old: [], keras_3: ["fixed-mode-overridden"], nightly: ["mode-leaks"]}


def test_the_page_shows_each_run_with_links_to_proofs(project):
    page = shown(project)
    assert [head["id"] for head in page.find_all("h2")] == ["model", *own_model.COLUMNS]
    assert page.select_one("#content table td") is not None
    links = [link["href"] for link in page.select("#content a")]
    assert "claims/baked-false-survives-fit.html" in links
    assert not page.select(".notice")
    assert "your-own-model.html" in [link["href"] for link in page.select("header.site nav a")]


def test_a_stale_run_is_told(project):
    model = project.own_model / "model.py"
    model.write_text(model.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    lock = project.locks / "tf-2.15.txt"
    lock.write_text(lock.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    notices = [" ".join(notice.get_text().split()) for notice in shown(project).select(".notice")]
    assert len(notices) == 3 and all("the model or layermodes changed" in notice for notice in notices)
    assert ["the lock changed" in notice for notice in notices] == [True, False, False]


def test_missing_and_invalid_runs(project):
    (project.own_model / "tf-nightly.json").unlink()
    assert [head["id"] for head in shown(project).find_all("h2")] == ["model", *own_model.COLUMNS[:2]]
    (project.own_model / "tf-2.15.json").write_text("{", encoding="utf-8")
    with pytest.raises(Problem, match=re.escape("tf-2.15.json")):
        shown(project)


@pytest.mark.slow
def test_a_model_that_breaks_changes_no_record(project, monkeypatch):
    monkeypatch.setattr(own_model, "COLUMNS", ("tf-2.15",))
    before = (project.own_model / "tf-2.15.json").read_bytes()
    (project.own_model / "model.py").write_text("raise ValueError('broken')\n", encoding="utf-8")
    with pytest.raises(Problem, match=re.escape("(ValueError: broken); nothing was recorded")):
        command.own_model_runs(project, lambda line: None)
    assert (project.own_model / "tf-2.15.json").read_bytes() == before
