"""A results file is believed whole or refused with one line that names it and the way out."""

from pathlib import Path

import msgspec
import pytest
import small_project

from phasebook.project.environments import load_environments
from phasebook.project.errors import Problem
from phasebook.project.results import load_own, load_result, load_results, write_result
from phasebook.running.staleness import stale

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
    others = {"tf-9.9": small_project.column("tf-9.9")}
    assert list(load_results(folders, others | load_environments(folders))) == [NAME]


def test_a_result_of_other_versions_is_none_of_the_columns(tmp_path: Path) -> None:
    written(tmp_path)
    folders = small_project.Folders(tmp_path)
    assert load_own(folders, small_project.column(NAME)) is not None
    for field, value in {
        "tensorflow": "2.15.9",
        "keras": "2.16.0",
        "flavour": "keras-3",
        "python": "3.12",
    }.items():
        assert load_own(folders, small_project.column(NAME, **{field: value})) is None  # type: ignore[arg-type]


def test_what_was_observed_elsewhere_is_not_written(tmp_path: Path) -> None:
    path = written(tmp_path)
    before = path.read_bytes()
    folders = small_project.Folders(tmp_path)
    result = load_result(folders, NAME)
    assert result is not None
    later = msgspec.structs.replace(result.environment, tensorflow="2.15.1")
    with pytest.raises(ValueError, match="not observed on what the result names: call-"):
        write_result(folders, msgspec.structs.replace(result, environment=later))
    assert path.read_bytes() == before


def test_results_that_do_not_say_what_they_were_observed_on_count_as_missing(tmp_path: Path) -> None:
    path = written(tmp_path)
    content = msgspec.json.decode(path.read_bytes())
    for claim in content["claims"].values():
        del claim["observed_on"]
    path.write_bytes(msgspec.json.encode(content | {"schema": 1}))
    folders = small_project.Folders(tmp_path)
    assert load_result(folders, NAME) is None
    left = stale(folders, load_environments(folders)[NAME], {})
    assert {reason for reasons in left.values() for reason in reasons} == {"its results file has an older schema"}
    path.write_bytes(msgspec.json.encode(content))  # of today's form, but without them
    with pytest.raises(Problem, match="was not observed on the versions that it names"):
        load_result(folders, NAME)


def test_keys_are_sorted_and_nothing_tells_the_time(tmp_path: Path) -> None:
    path = written(tmp_path)
    data = msgspec.json.decode(path.read_bytes())
    assert list(data) == sorted(data)
    assert set(data) == {"schema", "environment", "claims"}
    assert list(data["claims"]) == sorted(data["claims"])


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda text: text[: len(text) // 2], "is invalid"),
        (lambda text: "", "is invalid"),
        (lambda text: text.replace('"schema": 2', '"schema": 3'), "has schema 3, this Phasebook reads schema 2"),
        (lambda text: text.replace('"schema": 2', '"schema": 0'), "has schema 0"),
        (lambda text: text.replace('"2.15.0"', '"2.15.1"', 1), "not observed on the versions that it names"),
        (lambda text: text.replace("sha256:", "sha256:0"), "not observed on the versions that it names"),
        (lambda text: text.replace("linux-", "darwin-"), "not observed on the versions that it names"),
        (lambda text: text.replace('"verdict": "fails"', '"verdict": "perhaps"'), "perhaps"),
        (lambda text: text.replace('"verdict": "fails"', '"verdict": "holds"'), "which its cases deny"),
        (lambda text: text.replace(f'"name": "{NAME}"', '"name": "tf-9"'), "holds the results of 'tf-9'"),
        (lambda text: text.replace('"reason"', '"raison"', 1), "is invalid"),
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
    with pytest.raises(Problem, match="is invalid"):
        load_result(small_project.Folders(tmp_path), NAME)
