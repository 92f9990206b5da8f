"""How the report tells Keras 3 on JAX: against TensorFlow with the same Keras, and not as a release after it."""

from datetime import date
from pathlib import Path

import pytest
import report_project
import small_project
from report_project import MAIN, page, words

from phasebook.project.environments import add, load_environments
from phasebook.project.results import write_result

JAX = "keras-3.15.1+jax"


@pytest.fixture(scope="module")
def report_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with a column on JAX, where one of three claims comes out otherwise."""
    folders = report_project.make(tmp_path_factory.mktemp("project"))
    column = small_project.column(JAX, date(2026, 7, 29))
    add(folders, [column], {column.lock: "keras==3.15.1\n"})
    main = small_project.columns(folders, MAIN)[0]
    on_tensorflow = dict.fromkeys(small_project.CLAIMS, "holds")
    for one, verdicts in ((main, on_tensorflow), (column, on_tensorflow | {"call-true-trains": "unavailable"})):
        write_result(folders, small_project.result(folders, one, verdicts))
    assert load_environments(folders)[JAX].backend == "jax"
    return report_project.render(folders)


def test_the_matrix_marks_what_is_as_on_tensorflow(report_folder: Path) -> None:
    matrix = page(report_folder, "index.html").select_one(".matrix")
    assert matrix is not None and "Keras 3 on JAX" in words(matrix.select_one(".families"))
    assert "only verdicts that differ from TensorFlow's" in words(matrix.caption)
    same = {str(row["id"]): row.get("data-same") for row in matrix.select("tr[data-verdicts]")}
    heads = [head["data-name"] for head in matrix.select(".names th")]
    place = f" {heads.index(JAX)}"
    assert same == {"call-true-trains": None, "call-false-infers": place, "frozen-bn-infers": place}
    assert "on JAX it is unavailable" in words(matrix.find(id="call-true-trains"))
    assert "JAX" not in words(matrix.find(id="call-false-infers"))


def test_its_page_says_what_differs_and_speaks_of_no_upgrade(report_folder: Path) -> None:
    release = page(report_folder, f"releases/{JAX}.html")
    assert words(release.h1) == "Keras 3.15.1 on JAX"
    assert words(release.find(id="upgrade")) == "What differs from Keras 3.15 on TensorFlow"
    assert "1 claim comes out differently on Keras 3.15.1 on JAX than on TensorFlow 2.21.0" in words(release.main)
    assert "upgrade" not in words(release.main)


def test_it_is_among_what_changed_but_no_news(report_folder: Path) -> None:
    changed = words(page(report_folder, "index.html").select_one("#changed"))
    assert "Keras 3.15 on JAX against Keras 3.15 on TensorFlow" in changed
    assert "JAX" not in (report_folder / "feed.xml").read_text(encoding="utf-8")
