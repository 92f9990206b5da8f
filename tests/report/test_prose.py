"""Prose that changed reaches pages and posts without a run; what is stale is no post."""

from pathlib import Path

import blog_project
import nbformat
import pytest
import report_project
from blog_project import COLUMN, NOTEBOOK

from phasebook import report
from phasebook.project.errors import Problem
from phasebook.report.prose import with_prose

NEW = "A sentence that nobody had written before."


def test_a_sentence_changed_in_a_notebook_reaches_the_report(tmp_path: Path) -> None:
    folders = report_project.make(tmp_path)
    page = report.render(folders, {}, print).parent / "experiments/1-calls.html"
    figures = page.read_text().count("<figure>")
    assert NEW not in page.read_text() and figures
    path = folders.notebooks / "1-calls.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(1, nbformat.v4.new_markdown_cell(NEW))
    nbformat.write(notebook, path)
    report.render(folders, {}, print)
    assert NEW in page.read_text()
    assert page.read_text().count("<figure>") == figures


def test_where_the_code_changed_the_run_is_shown_as_it_was() -> None:
    new = nbformat.v4
    ran = [new.new_markdown_cell("Old."), new.new_code_cell("1 + 1")]
    source = [new.new_markdown_cell("New."), new.new_code_cell("1 + 2")]
    assert with_prose(ran, source) == ran


@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_cell_of_parameters_keeps_its_place_and_outputs_keep_their_cells(place: int) -> None:
    new = nbformat.v4
    source = [new.new_code_cell(f"x = {number}") for number in range(2)]
    ran = [new.new_code_cell(cell.source, outputs=[new.new_output("stream", text=cell.source)]) for cell in source]
    ran.insert(place, new.new_code_cell("seed = 3", metadata={"tags": ["injected-parameters"]}))
    source.insert(1, new.new_markdown_cell("Between."))
    mixed = with_prose(ran, source)
    assert [cell.source for cell in mixed if cell.cell_type == "code"] == [cell.source for cell in ran]
    assert [cell.outputs for cell in mixed if cell.cell_type == "code"] == [cell.outputs for cell in ran]
    assert "Between." in [cell.source for cell in mixed]


def test_a_sentence_changed_in_a_notebook_reaches_the_posts(tmp_path: Path) -> None:
    folders = blog_project.make(tmp_path)
    path = folders.notebooks / f"{NOTEBOOK}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-2].source += f"\n\n{NEW}"
    nbformat.write(notebook, path)
    assert NEW in blog_project.post_of(blog_project.write(folders, "hugo"))


@pytest.mark.parametrize(
    ("stale", "words"),
    [("the code", f"{COLUMN}: {NOTEBOOK} changed"), ("another column", "3.14.0 are stale")],
)
def test_no_post_is_made_of_what_is_stale(tmp_path: Path, stale: str, words: str) -> None:
    folders = blog_project.make(tmp_path)
    before = blog_project.write(folders, "hugo")
    if stale == "the code":
        path = folders.notebooks / f"{NOTEBOOK}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        notebook.cells[1].source += "\n1 + 1"
        nbformat.write(notebook, path)
    else:
        (folders.locks / "tf-2.20+keras-3.14.0.txt").write_text("tensorflow==2.20.1\n")
    with pytest.raises(Problem, match="make blog") as caught:
        blog_project.write(folders, "hugo")
    assert words in str(caught.value) and caught.value.status == 1
    assert blog_project.kept(folders) == before
