"""The advice on the first page: code from the notebooks' recipes, each line beside what it rests on."""

import re
from pathlib import Path

import nbformat
import pytest
import report_project
import small_project
from report_project import COLUMNS, MAIN, page, words

from phasebook.project.claims import load_claims
from phasebook.project.errors import Problem
from phasebook.project.files import read_toml, write_atomically
from phasebook.project.folders import Folders
from phasebook.project.results import VERDICTS
from phasebook.report import today
from phasebook.report.columns import FAMILIES

RECIPE = "write-own-loop"
CODE = "y_hat = model(x, training=True)"
REAL = Folders(small_project.REAL)
CONTENT = read_toml(Path(today.__file__).with_name("today.toml"), today._File)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """The project made for tests, with one recipe that the first page shows."""
    folders = report_project.make(tmp_path)
    text = small_project.claims_text(small_project.CLAIMS | {RECIPE: "1-calls"})
    write_atomically(folders.claims, text)
    tag_recipe(folders, RECIPE)
    for name in COLUMNS:
        report_project.settle(folders, name, **{RECIPE: "holds"})
    return folders


def tag_recipe(folders: Folders, claim: str) -> None:
    notebook = report_project.notebook_of("1-calls")
    notebook.cells.append(nbformat.v4.new_code_cell(CODE, id="recipe", metadata={"tags": [f"recipe:{claim}"]}))
    write_atomically(folders.notebooks / "1-calls.ipynb", nbformat.writes(notebook))


def test_a_card_shows_the_code_of_the_recipes_cell_and_how_it_came_out(folders: Folders) -> None:
    (sample,) = page(report_project.render(folders), "index.html").select("#write .sample")
    assert sample.pre and sample.pre.get_text().strip() == CODE
    assert words(sample.h3) == "A training loop of your own"
    assert words(sample.select_one("p.scope")) == "For every release on TensorFlow"
    assert words(sample.select_one(".rests")) == "Proof: write-own-loop holds"
    assert "TensorFlow 1: Call tf.compat.v1.enable_eager_execution() first." in words(sample)


def test_a_recipe_whose_cell_is_missing_is_refused(folders: Folders) -> None:
    tag_recipe(folders, "another")
    with pytest.raises(Problem, match=r"1-calls\.ipynb: no cell is tagged `recipe:write-own-loop`"):
        report_project.render(folders)


def test_a_project_without_the_recipes_says_so(report_folder: Path) -> None:
    section = page(report_folder, "index.html").select_one("#write")
    assert words(section) == "What to write today No notebook has a recipe."


def test_advice_that_the_newest_results_deny_says_so(folders: Folders) -> None:
    report_project.settle(folders, MAIN, **{RECIPE: "fails"})
    sample = page(report_project.render(folders), "index.html").select_one(".sample")
    assert "write-own-loop fails in Keras 3.15, but this line was written when it was “holds”" in words(sample)


@pytest.mark.parametrize("sample", CONTENT.sample, ids=lambda sample: re.sub(r"\W+", "-", sample.title))
def test_the_advice_names_recipes_claims_and_families_that_exist(sample: today._Sample) -> None:
    claims = load_claims(REAL)
    assert sample.recipes and set(sample.recipes) <= set(claims)
    assert set(sample.families) <= set(FAMILIES) and sample.note
    for note in sample.note:
        assert note.rests_on and set(note.rests_on) <= set(claims) and set(note.rests_on.values()) <= set(VERDICTS)
        assert set(note.families) <= set(FAMILIES) and note.families != sample.families


def test_every_recipe_of_the_notebooks_is_on_the_first_page_and_no_line_is_denied(real: Path) -> None:
    index = page(real, "index.html")
    shown = {recipe for sample in CONTENT.sample for recipe in sample.recipes}
    assert shown == {claim for claim in load_claims(REAL) if claim.startswith("write-")}
    assert len(index.select("#write .sample pre")) == len(CONTENT.sample)
    assert [words(line) for line in index.select("#write .warn")] == []
