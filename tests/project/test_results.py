"""A results file is believed whole or refused with one line that names it and the way out."""

from pathlib import Path

import msgspec
import pytest
import small_project

from phasebook.project.environments import load_environments
from phasebook.project.errors import Problem
from phasebook.project.results import load_result, load_results, write_result

NAME = "tf-2.15"


def written(root: Path) -> Path:
    folders = small_project.make(root)
    verdicts = {"call-true-trains": "holds", "call-false-infers": "fails", "frozen-bn-infers": "unavailable"}
    environment = load_environments(folders)[NAME]
    assert write_result(folders, small_project.result(folders, environment, verdicts))
    return folders.results / f"{NAME}.json"


def test_a_result_comes_back_as_it_was_written(tmp_path: Path) -> None:
    path = written(tmp_path)
    folders = small_project.Folders(tmp_path)
    result = load_result(folders, NAME)
    assert result is not None
    assert {name: claim.verdict for name, claim in result.claims.items()} == {
        "call-true-trains": "holds",
        "call-false-infers": "fails",
        "frozen-bn-infers": "unavailable",
    }
    before = path.read_bytes()
    assert not write_result(folders, result)
    assert path.read_bytes() == before
    assert list(load_results(folders, ["tf-9.9", NAME])) == [NAME]


def test_keys_are_sorted_and_nothing_tells_the_time(tmp_path: Path) -> None:
    path = written(tmp_path)
    data = msgspec.json.decode(path.read_bytes())
    assert list(data) == sorted(data)
    assert set(data) == {"schema", "environment", "claims"}
    assert list(data["claims"]) == sorted(data["claims"])


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda text: text[: len(text) // 2], "cannot be believed"),
        (lambda text: "", "cannot be believed"),
        (lambda text: text.replace('"schema": 1', '"schema": 2'), "has schema 2, this Phasebook reads schema 1"),
        (lambda text: text.replace('"schema": 1', '"schema": 0'), "has schema 0"),
        (lambda text: text.replace('"verdict": "fails"', '"verdict": "perhaps"'), "perhaps"),
        (lambda text: text.replace('"verdict": "fails"', '"verdict": "holds"'), "which its cases deny"),
        (lambda text: text.replace(f'"name": "{NAME}"', '"name": "tf-9"'), "holds the results of 'tf-9'"),
        (lambda text: text.replace('"reason"', '"raison"', 1), "cannot be believed"),
    ],
)
def test_a_result_that_cannot_be_believed_is_refused(tmp_path: Path, change, complaint: str) -> None:  # type: ignore[no-untyped-def]
    path = written(tmp_path)
    path.write_text(change(path.read_text()))
    with pytest.raises(Problem, match=complaint) as caught:
        load_result(small_project.Folders(tmp_path), NAME)
    assert caught.value.status == 1
    assert str(path) in str(caught.value) and "git" in str(caught.value)


def test_bytes_that_are_not_utf_8_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"trains", b"tr\xffins"))
    with pytest.raises(Problem, match="cannot be believed"):
        load_result(small_project.Folders(tmp_path), NAME)
