"""The page for those who come from PyTorch: rows lead to pairs, pairs show their code and what came out."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import small_project
from bs4 import BeautifulSoup

from phasebook.project.claims import load_claims
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders
from phasebook.project.pairs import load_pairs
from phasebook.project.site import load_site
from phasebook.report import from_pytorch
from phasebook.report.pages import _templates

REAL = Folders(small_project.REAL)


@pytest.fixture
def project(tmp_path: Path) -> Folders:
    """The pairs of this project, with the notebook and the code that kernels import, in a folder of their own."""
    for name in ("data/pytorch", "notebooks/pytorch", "src/phaselab", "src/layermodes"):
        shutil.copytree(REAL.root / name, tmp_path / name)
    shutil.copy(REAL.articles, tmp_path / "data")
    return Folders(tmp_path)


def shown(folders: Folders) -> BeautifulSoup:
    """The page, with as little around it as its layout asks for."""
    content = from_pytorch.content(folders)
    assert content is not None
    facts = SimpleNamespace(folders=folders, columns=[])
    around = {"up": "", "facts": facts, "commit": "", "previews": {}, "site": load_site(folders)}
    page = _templates().get_template("from-pytorch.html.j2").render(**around, **content)
    return BeautifulSoup(page, "html.parser")


def test_every_row_leads_to_a_pair_with_code_and_observations_of_both_libraries(project: Folders) -> None:
    page = shown(project)
    assert not page.select(".notice")
    targets = {section["id"]: section for section in page.select("section")}
    rows = page.select("#write tbody tr")
    links = [row.select("a")[-1]["href"].removeprefix("#") for row in rows]
    assert len(links) >= 12 and set(links) <= set(targets)
    questions = [link["href"].removeprefix("#") for link in page.select("#pairs th a")]
    assert set(links) <= set(questions)
    for claim in questions:
        text = targets[claim].get_text()
        assert "PyTorch 2.13.0" in text and "PyTorch 1.0.0" in text
        assert "experiment.case(" in text and claim in text
        cases = [cell.get_text() for cell in targets[claim].select("table th[scope=row]")]
        assert {case.partition(":")[0].split(" to ")[0] for case in cases} == {"PyTorch", "Keras"}


def test_pairs_lead_to_claims_of_the_matrix_that_exist() -> None:
    pairs = load_pairs(REAL.for_pytorch())
    assert pairs is not None
    named = {pair.matrix for pair in pairs.pair if pair.matrix}
    assert len(named) > 5 and named <= set(load_claims(REAL))


def test_both_environments_stand_side_by_side_where_they_differ(project: Folders) -> None:
    rows = {row.select_one("a")["href"]: row for row in shown(project).select("#pairs tbody tr")}
    verdicts = {target: [v.get_text() for v in row.select(".verdict")] for target, row in rows.items()}
    assert verdicts["#torch-requires-grad-leaves-statistics"] == ["holds", "holds"]
    assert verdicts["#torch-parent-undoes-child-mode"] == ["holds", "fails"]


def test_what_is_stale_or_was_never_run_is_told(project: Folders) -> None:
    lock = project.data / "pytorch/locks/torch-1.0.txt"
    lock.write_text(lock.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    [notice] = shown(project).select(".notice")
    assert "PyTorch 1.0.0 are stale: the lock changed" in notice.get_text()
    shutil.rmtree(project.data / "pytorch/results")
    [notice] = shown(project).select(".notice")
    assert "not run yet" in notice.get_text()


def test_no_page_without_pairs_or_for_other_parameters(tmp_path: Path) -> None:
    assert from_pytorch.content(small_project.make(tmp_path)) is None
    assert from_pytorch.content(REAL.for_parameters({"seed": "2"})) is None


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (('claim = "torch-mode-is-a-state"', 'claim = "torch-none"'), "unknown claim 'torch-none'"),
        (('claim = "torch-mode-is-a-state"', 'claim = "torch-new-model-trains"'), "needs exactly one pair"),
        (("question =", "asked ="), "pairs.toml"),
    ],
)
def test_a_broken_file_of_pairs_is_refused(project: Folders, change: tuple[str, str], complaint: str) -> None:
    path = project.data / "pytorch/pairs.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(*change, 1), encoding="utf-8")
    with pytest.raises(Problem, match=complaint):
        load_pairs(project.for_pytorch())
