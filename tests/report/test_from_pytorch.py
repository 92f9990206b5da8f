"""The page for those who come from PyTorch: rows lead to pairs, pairs show their code and what came out."""

import ast
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
from phasebook.report import cells, from_pytorch
from phasebook.report.pages import _templates

REAL = Folders(small_project.REAL)
MONTE_CARLO = "Monte Carlo dropout: predict with Dropout on, all else in inference mode"


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
    tasks = page.select("#write tbody")
    assert [len(task.select("td[data-in] > pre:first-child")) for task in tasks] == [2] * len(tasks)
    assert len(tasks) >= 10 and all(task.select(".proof a") for task in tasks)
    links = {link["href"].removeprefix("#") for link in page.select("#write .proof a")}
    assert len(links) >= 15 and links <= set(targets)
    questions = [link["href"].removeprefix("#") for link in page.select("#pairs th a")]
    assert links <= set(questions)
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


def test_what_comes_out_as_answered_is_not_in_the_colour_of_a_failure(project: Folders) -> None:
    page = shown(project)
    assert [head.get_text() for head in page.select("#pairs thead th")][3:] == [
        "PyTorch 2.13.0 + Keras 3.15.1",
        "PyTorch 1.0.0 + TF 2.1.4",
    ]
    assert {(tuple(v["class"]), v.get_text()) for v in page.select("#pairs .verdict")} == {
        (("verdict", "holds"), "as answered")
    }
    said = page.select_one("#torch-eval-averages-weight-and-bias").get_text()
    assert said.count("does not hold here, as the answers say") == 2


def test_an_answer_that_another_run_contradicts_is_marked(project: Folders) -> None:
    path = project.data / "pytorch/pairs.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('refuted_in = ["torch-1.0"]', "refuted_in = []", 1), encoding="utf-8")
    [row] = [row for row in shown(project).select("#pairs tbody tr") if row.select(".verdict.fails")]
    assert row.a["href"] == "#torch-parent-undoes-child-mode"
    assert [v.get_text() for v in row.select(".verdict")] == ["as answered", "otherwise"]


def test_the_loops_on_the_page_are_those_that_were_run() -> None:
    pairs = load_pairs(REAL.for_pytorch())
    assert pairs is not None
    book = cells.read(REAL.root / "notebooks/pytorch/10-from-pytorch.ipynb")
    run = {line.strip() for cell in book.cells if cell.cell_type == "code" for line in cell.source.splitlines()}
    for row in pairs.row:
        ast.parse(row.keras, feature_version=(3, 7))
        ast.parse(row.pytorch, feature_version=(3, 7))
        if row.task in ("Write the training loop", MONTE_CARLO):
            lines = {line.strip() for line in (row.pytorch + row.keras).splitlines() if line.strip()}
            assert {line for line in lines if not line.startswith(("loss_function =", "optimizer ="))} <= run


def test_article_b_shows_its_pairs_and_others_show_none(project: Folders) -> None:
    content = from_pytorch.content(project)
    assert [item.pair.claim for item in from_pytorch.of_article(content, "B")] == [
        "torch-train-and-eval-set-the-mode",
        "torch-eval-averages-weight-and-bias",
    ]
    assert from_pytorch.of_article(content, "A") == from_pytorch.of_article(None, "B") == []


def test_what_is_stale_or_was_never_run_is_told(project: Folders) -> None:
    lock = project.data / "pytorch/locks/torch-1.0.txt"
    lock.write_text(lock.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    [notice] = shown(project).select(".notice")
    assert "PyTorch 1.0.0 + TF 2.1.4 are stale: the lock changed" in notice.get_text()
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
        (('refuted_in = ["torch-1.0"', 'refuted_in = ["torch-0.4"'), "unknown environment 'torch-0.4'"),
    ],
)
def test_a_broken_file_of_pairs_is_refused(project: Folders, change: tuple[str, str], complaint: str) -> None:
    path = project.data / "pytorch/pairs.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(*change, 1), encoding="utf-8")
    with pytest.raises(Problem, match=complaint):
        load_pairs(project.for_pytorch())
