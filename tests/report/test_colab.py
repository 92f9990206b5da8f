"""The link that opens an experiment in Colab, and that a notebook runs where only TensorFlow is installed."""

import json
import shutil
from pathlib import Path

import nbformat
import pytest
import report_project
import small_project
from nbclient import NotebookClient
from report_project import LEGACY, MAIN, page

from phasebook.environments import install
from phasebook.project.environments import load_environments
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders
from phasebook.project.site import Site

REPOSITORY = "https://github.com/someone/modes"


def test_the_newest_columns_experiments_open_in_colab(tmp_path: Path) -> None:
    folders = report_project.make(tmp_path)
    write_atomically(folders.site, f'repository = "{REPOSITORY}"\n')
    folder = report_project.render(folders)
    run = page(folder, "experiments/2-freezing.html").select_one("#run")
    assert run is not None
    (badge,) = run.select("a.badge")
    start = "https://colab.research.google.com/github/someone/modes/blob/main/"
    assert badge["href"] == f"{start}notebooks/2-freezing.ipynb"
    assert run.pre and run.pre.get_text().strip() == Site(repository=REPOSITORY).first_cell
    assert not page(folder, f"experiments/2-freezing.{LEGACY}.html").select(".badge")


def test_without_a_repository_on_github_there_is_no_such_link(report_folder: Path) -> None:
    assert MAIN in (report_folder / "index.html").read_text()
    for path in (report_folder / "experiments").glob("*.html"):
        assert "colab" not in path.read_text(encoding="utf-8").lower()


@pytest.mark.slow
def test_after_the_first_cell_a_notebook_runs_in_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Folders(small_project.REAL)
    if not (real.root / ".git").exists() or shutil.which("git") is None:
        pytest.skip("a clone of this repository needs git and its history")
    notebook = nbformat.read(real.notebooks / "0-the-journey-of-a-call.ipynb", as_version=4)
    first = Site(repository=real.root.as_uri(), branch="HEAD").first_cell.replace(" --branch HEAD", "")
    last = "import pathlib; print(pathlib.Path('data/digits.csv.gz').is_file())"
    notebook.cells = [nbformat.v4.new_code_cell(first), *notebook.cells, nbformat.v4.new_code_cell(last)]
    with install.used(real, load_environments(real)[MAIN], print) as python:
        argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        kernel = {"argv": argv, "display_name": "bare", "language": "python", "env": {"PYTHONPATH": ""}}
        write_atomically(tmp_path / "jupyter/kernels/bare/kernel.json", json.dumps(kernel))
        monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
        client = NotebookClient(
            notebook, kernel_name="bare", timeout=300, resources={"metadata": {"path": tmp_path}}
        )
        client.execute()
    assert notebook.cells[-1].outputs[0].text == "True\n"
    assert any(
        "text/markdown" in output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])
    )
