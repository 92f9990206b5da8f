"""PARAMS="..." is refused with one line before any kernel starts, or reaches the notebooks that have the name."""

from pathlib import Path

import pytest
import real_project

from phasebook.project.errors import Problem
from phasebook.project.parameters import for_notebooks, parse


def notebooks(root: Path) -> list[Path]:
    folders = real_project.make(root)
    return sorted(folders.notebooks.glob("*.ipynb"))


def test_words_are_names_with_values() -> None:
    assert parse("seed=3  rate=0.25") == {"seed": "3", "rate": "0.25"}
    assert parse("") == {}


@pytest.mark.parametrize("text", ["seed", "=3", "seed=", "my seed=3", "1x=3"])
def test_other_words_are_refused(text: str) -> None:
    with pytest.raises(Problem, match="is not NAME=VALUE"):
        parse(text)


def test_values_have_the_declared_types(tmp_path: Path) -> None:
    given = parse("seed=3 rate=1 name=base quick=true")
    values = for_notebooks(notebooks(tmp_path), given)
    assert values["1-calls"] == {"seed": 3, "rate": 1.0, "name": "base", "quick": True}
    assert type(values["1-calls"]["rate"]) is float


def test_without_parameters_each_notebook_gets_none(tmp_path: Path) -> None:
    assert for_notebooks(notebooks(tmp_path), {}) == {"1-calls": {}, "2-freezing": {}}


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"sead": "3"}, "no notebook has a parameter 'sead'; known are .*seed"),
        ({"seed": "three"}, "seed=three is not of the type that the notebooks declare, int"),
        ({"seed": "3.5"}, "seed=3.5 is not of the type"),
        ({"seed": "true"}, "seed=true is not of the type"),
        ({"quick": "1"}, "quick=1 is not of the type that the notebooks declare, bool"),
    ],
)
def test_unknown_names_and_wrong_types_are_refused(tmp_path: Path, given: dict[str, str], complaint: str) -> None:
    with pytest.raises(Problem, match=complaint) as caught:
        for_notebooks(notebooks(tmp_path), given)
    assert caught.value.status == 2
