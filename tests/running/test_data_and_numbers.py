"""What a notebook reads and hands out beside its records: data files in its fingerprint, numbers for figures."""

import re
from hashlib import sha256
from pathlib import Path

import pytest
import real_project
import small_project
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from phasebook.project.environments import Environment
from phasebook.project.errors import Problem
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders
from phasebook.running import numbers
from phasebook.running.fingerprints import fingerprint_now, load_fingerprints
from phasebook.running.staleness import stale

READING = "import phaselab  # 1-calls\nopen('data/digits.txt')"


@pytest.fixture
def project(tmp_path: Path) -> tuple[Folders, Environment]:
    """A settled project whose first notebook reads a file."""
    folders = small_project.make(tmp_path)
    small_project.write_notebook(folders, "1-calls", [READING])
    write_atomically(folders.notebooks / "data/digits.txt", "1 2 3")
    return folders, small_project.settle(folders, "tf-2.15")


def test_a_changed_data_file_makes_the_notebook_that_names_it_stale(project: tuple[Folders, Environment]) -> None:
    folders, environment = project
    assert stale(folders, environment, {}) == {}
    write_atomically(folders.notebooks / "data/another.txt", "4 5 6")
    assert stale(folders, environment, {}) == {}
    write_atomically(folders.notebooks / "data/digits.txt", "1 2 4")
    assert list(stale(folders, environment, {})) == ["1-calls"]


def test_a_missing_data_file_is_named_with_the_way_out(project: tuple[Folders, Environment]) -> None:
    folders, environment = project
    (folders.notebooks / "data/digits.txt").unlink()
    with pytest.raises(Problem, match=r"data/digits\.txt.*restore it with git"):
        fingerprint_now(folders, environment, "1-calls", {})


def displayed(table: object) -> NotebookNode:
    """An executed notebook that displays `table` as its numbers."""
    output = new_output("display_data", data={numbers.NUMBERS: table, "text/plain": "numbers"})
    return new_notebook(cells=[new_code_cell("show()", outputs=[output])])


def test_numbers_belong_to_the_run_that_the_verdicts_are_from(project: tuple[Folders, Environment]) -> None:
    folders, environment = project
    fingerprint = load_fingerprints(folders, environment)["1-calls"]
    numbers.keep(folders, environment, "1-calls", displayed({"accuracy": [93, 95]}), fingerprint)
    assert numbers.load(folders, environment, "1-calls") == {"accuracy": [93, 95]}
    assert numbers.load(folders, environment, "2-freezing") == {}
    before = (folders.numbers / "tf-2.15.json").read_bytes()
    numbers.keep(folders, environment, "1-calls", displayed({"accuracy": [93, 95]}), fingerprint)
    assert (folders.numbers / "tf-2.15.json").read_bytes() == before
    other = load_fingerprints(folders, environment)["2-freezing"]
    numbers.keep(folders, environment, "1-calls", displayed({"accuracy": [12, 13]}), other)
    assert numbers.load(folders, environment, "1-calls") == {}, "they are another run's"


@pytest.mark.parametrize("table", [{"accuracy": [93.5]}, {"accuracy": 93}, [93], "93", {"accuracy": ["<b>"]}])
def test_a_table_that_is_none_is_left_out(project: tuple[Folders, Environment], table: object) -> None:
    folders, environment = project
    fingerprint = load_fingerprints(folders, environment)["1-calls"]
    numbers.keep(folders, environment, "1-calls", displayed(table), fingerprint)
    assert not folders.numbers.exists()


def test_the_numbers_of_own_parameters_lie_with_their_results(tmp_path: Path) -> None:
    assert Folders(tmp_path).for_parameters({"seed": "2"}).numbers.is_relative_to(tmp_path / "outputs/parameters")


def test_the_digits_are_those_that_their_page_describes() -> None:
    place = small_project.REAL / "notebooks/data"
    stated = re.search(r"SHA-256: `(\w{64})`", (place / "README.md").read_text(encoding="utf-8"))
    assert stated and sha256((place / "digits.csv.gz").read_bytes()).hexdigest() == stated[1]


@pytest.mark.slow
def test_a_notebook_finds_its_data_in_a_real_kernel(tmp_path: Path) -> None:
    folders = real_project.make(tmp_path / "project", "assert open('data/word.txt').read() == 'seven'")
    write_atomically(folders.notebooks / "data/word.txt", "seven")
    assert real_project.run(folders, "1-calls").failures == {}
    assert "1-calls" not in stale(folders, real_project.default(folders), {})
