"""The notebooks as they lie in the repository: stripped, typed parameters, short cells, calls in plain sight."""

import ast
import json
import re

import nbformat
import nbstripout
import notebook_runs as runs
import pytest
from nbformat import NotebookNode

from phasebook.project.claims import load_claims
from phasebook.project.parameters import for_notebooks
from phasebook.report.opening import DECIDES, first_case

KNOWN_TAGS = {"parameters", "setup", "case", "decides", "figure", "finish"}  # and `recipe:` with a claim's name
LONGEST_CELL = 40
HIDES = {"fit", "evaluate", "predict", "compile", "train_on_batch", "test_on_batch", "predict_on_batch"}


@pytest.fixture(params=runs.STEMS)
def stem(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def book(stem: str) -> NotebookNode:
    return runs.notebook(stem)


def code(book: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in book.cells if cell.cell_type == "code"]


def prose(book: NotebookNode) -> str:
    return "\n\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")


def test_every_notebook_settles_claims_and_every_claim_has_its_notebook() -> None:
    assert sorted(runs.CLAIMS) == runs.STEMS


def test_outputs_are_stripped(stem: str, book: NotebookNode) -> None:
    nbformat.validate(book)
    stripped = nbstripout.strip_output(runs.notebook(stem), keep_output=False, keep_count=False, keep_id=True)
    assert stripped == book
    allowed = {"tags"}
    assert {key for cell in book.cells for key in cell.metadata} <= allowed
    assert set(book.metadata) <= {"kernelspec", "language_info"}


def test_cell_ids_are_names_and_tags_are_known(book: NotebookNode) -> None:
    ids = [cell.id for cell in book.cells]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][a-z0-9-]*", identifier) for identifier in ids)
    found = {tag for cell in book.cells for tag in runs.tags(cell)}
    recipes = {tag for tag in found if tag.removeprefix("recipe:") in load_claims(runs.REAL)}
    assert found - recipes <= KNOWN_TAGS


def test_the_cells_come_in_the_order_that_readers_know(book: NotebookNode) -> None:
    title, parameters, setup = book.cells[:3]
    assert title.cell_type == "markdown" and title.source.startswith("# ") and "?" in title.source
    assert runs.tags(parameters) == ["parameters"]
    assert "phaselab.Experiment(seed)" in setup.source
    assert runs.tags(book.cells[-1]) == ["finish"] and "experiment.finish(" in book.cells[-1].source
    for tag, least in (("parameters", 1), ("finish", 1)):
        assert len(runs.tagged(book, tag)) == least
    assert runs.tagged(book, "case") and runs.tagged(book, "figure")
    headings = re.findall(r"^## (.+)$", prose(book), flags=re.MULTILINE)
    assert headings[-2:] == ["What to write", "In other releases"]


def test_one_cell_of_cases_decides_and_its_first_case_opens_the_page(stem: str, book: NotebookNode) -> None:
    (cell,) = runs.tagged(book, DECIDES)
    found = first_case(cell.source)
    assert "case" in runs.tags(cell) and found
    claim, source, marked = found
    assert claim in {one.id for one in runs.CLAIMS[stem]}
    assert any("case.observed = " in source.split("\n")[number - 1] for number in marked)


def test_the_prose_before_each_figure_says_what_to_see(book: NotebookNode) -> None:
    told = ""
    for cell in book.cells:
        told = cell.source if cell.cell_type == "markdown" else told
        if cell.cell_type == "code" and re.search(r"\b(phaselab\.show|show_modes)\(", cell.source):
            assert re.search(r"^\*\*What to see:\*\* .+", told, flags=re.MULTILINE), cell.id
            told = ""


def test_parameters_are_typed_and_explained(stem: str, book: NotebookNode) -> None:
    source = runs.tagged(book, "parameters")[0].source
    for line in source.splitlines():
        assert re.fullmatch(r"[a-z_]+: (int|float|bool|str) = \S.*  # .+", line), line
    used = "\n".join(cell.source for cell in code(book)[1:])
    for node in ast.parse(source).body:
        assert isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        assert re.search(rf"\b{node.target.id}\b", used), f"{node.target.id} is never used"
    path = runs.REAL.notebooks / f"{stem}.ipynb"
    assert for_notebooks([path], {"seed": "7"}) == {stem: {"seed": 7}}  # papermill reads the same


def test_no_cell_is_longer_than_a_screen_and_all_are_python_3_7(book: NotebookNode) -> None:
    for cell in code(book):
        assert len(cell.source.splitlines()) <= LONGEST_CELL, cell.id
        ast.parse(cell.source, feature_version=(3, 7))


def test_each_claim_is_named_in_prose_and_settled_in_cases_of_its_notebook_only(
    stem: str, book: NotebookNode
) -> None:
    own = {claim.id for claim in runs.CLAIMS[stem]}
    cases = "\n".join(cell.source for cell in runs.tagged(book, "case"))
    for claim in load_claims(runs.REAL):
        assert (f'"{claim}"' in cases) == (claim in own), claim
    for claim in own:
        assert f"`{claim}`" in prose(book), f"{claim}: no prose, so the page shows its verdict nowhere"


def test_the_answer_is_made_from_the_records(stem: str, book: NotebookNode) -> None:
    source = book.cells[-1].source
    named = {claim for claim in load_claims(runs.REAL) if f'"{claim}"' in source}
    assert "experiment.say" in source
    assert named and named <= {claim.id for claim in runs.CLAIMS[stem]}


def test_case_cells_lean_on_no_tagged_cell(book: NotebookNode) -> None:
    for cell in runs.tagged(book, "case"):
        others = [c for c in code(book) if {"case", "figure", "finish"} & set(runs.tags(c)) and c is not cell]
        defined = set().union(*(stored(other) for other in others)) - stored(cell)
        plain = set().union(*(stored(c) for c in code(book) if not runs.tags(c) or "setup" in runs.tags(c)))
        assert loaded(cell) & (defined - plain) == set(), cell.id


def test_tensorflow_stands_in_plain_sight(book: NotebookNode) -> None:
    assert sum("tf.keras." in cell.source for cell in code(book)) >= 2
    assert "import tensorflow as tf" in book.cells[2].source


@pytest.mark.parametrize("path", sorted(runs.REAL.phaselab.glob("*.py")), ids=lambda path: path.name)
def test_phaselab_hides_no_call_under_test(path) -> None:  # type: ignore[no-untyped-def]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            assert node.func.attr not in HIDES or "re." in ast.unparse(node.func), ast.unparse(node)
        if isinstance(node, ast.Attribute) and path.name != "fork_server.py":
            assert not ast.unparse(node).startswith(("tf.keras.layers", "tf.keras.Model", "tf.keras.Sequential"))


def test_nothing_of_any_machine_is_in_a_notebook(stem: str) -> None:
    text = (runs.REAL.notebooks / f"{stem}.ipynb").read_text(encoding="utf-8")
    assert not re.search(r"/(home|root|Users|tmp|work)/|[A-Z]:\\\\|site-packages", text)
    json.loads(text)
    assert text.endswith("}\n")


def stored(cell: NotebookNode) -> set[str]:
    """Names that a cell defines at its top level or below."""
    tree = ast.parse(cell.source)
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    return names | {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)}


def loaded(cell: NotebookNode) -> set[str]:
    """Names that a cell reads."""
    return {
        n.id for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
    }
