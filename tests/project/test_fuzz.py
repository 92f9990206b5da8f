"""Whatever stands in a data file or a record: it is loaded, or refused with one line; never anything else."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import small_project
from hypothesis import given, settings
from hypothesis import strategies as some

from phasebook.project.causes import load_causes
from phasebook.project.claims import Claim, load_articles, load_claims
from phasebook.project.environments import load_environments
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders
from phasebook.project.results import load_result, parse_result
from phasebook.running.fingerprints import load_fingerprints
from phasebook.running.judging import RECORD, judge
from phasebook.running.staleness import stale
from phasebook.running.store import load_failures

REAL = Folders(small_project.REAL)
FEW = settings(max_examples=60, deadline=None)
PLAIN = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
TOML: dict[str, Callable[[Folders], object]] = {
    "articles": load_articles,
    "claims": load_claims,
    "environments": load_environments,
}


def loaded_or_refused(load: Callable[[], object]) -> None:
    """Run a loader; a Problem must be one line without control characters that could act on a terminal."""
    try:
        load()
    except Problem as problem:
        assert "\n" not in str(problem)
        assert problem.status in (1, 2)


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return small_project.make(tmp_path)


@pytest.mark.parametrize("name", TOML)
def test_any_bytes_for_a_toml_file(folders: Folders, name: str) -> None:
    @FEW
    @given(some.binary(max_size=200) | some.text(max_size=200).map(str.encode))
    def check(content: bytes) -> None:
        getattr(folders, name).write_bytes(content)
        loaded_or_refused(lambda: TOML[name](folders))

    check()


@pytest.mark.parametrize("name", TOML)
def test_a_toml_file_with_one_place_changed(folders: Folders, name: str) -> None:
    text = getattr(folders, name).read_text()

    @FEW
    @given(some.integers(0, len(text)), some.integers(0, 8), some.text(max_size=8))
    def check(place: int, cut: int, new: str) -> None:
        path: Path = getattr(folders, name)
        path.write_text(text[:place] + new + text[place + cut :], encoding="utf-8", errors="replace", newline="")
        loaded_or_refused(lambda: TOML[name](folders))

    check()


def test_a_result_with_one_place_changed(folders: Folders) -> None:
    small_project.settle(folders, "tf-2.15")
    path = folders.results / "tf-2.15.json"
    content = path.read_bytes()

    @FEW
    @given(some.integers(0, len(content)), some.integers(0, 30), some.binary(max_size=8))
    def check(place: int, cut: int, new: bytes) -> None:
        path.write_bytes(content[:place] + new + content[place + cut :])
        loaded_or_refused(lambda: load_result(folders, "tf-2.15"))
        loaded_or_refused(lambda: stale(folders, load_environments(folders)["tf-2.15"], {}))

    check()


@FEW
@given(PLAIN)
def test_any_json_for_a_result(value: Any) -> None:
    loaded_or_refused(lambda: parse_result(msgspec.json.encode(value), "somewhere", "tf-2.15"))


def test_any_bytes_for_files_that_only_we_write(folders: Folders) -> None:
    environment = load_environments(folders)["tf-2.15"]

    @FEW
    @given(some.binary(max_size=100) | PLAIN.map(msgspec.json.encode))
    def check(content: bytes) -> None:
        for folder in (folders.fingerprints, folders.failures):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "tf-2.15.json").write_bytes(content)
        assert isinstance(load_fingerprints(folders, environment), dict)
        assert isinstance(load_failures(folders, "tf-2.15"), dict)

    check()


@FEW
@given(some.lists(PLAIN, max_size=4), PLAIN)
def test_any_records_never_settle_a_claim_they_do_not_cover(records: list[Any], end: Any) -> None:
    claim = Claim("frozen-bn-infers", [], "7-freezing", "t", "s", "c", "r", ["Sequential"])
    cells = [{"outputs": [{"data": {RECORD: item}}]} for item in [*records, end]]
    verdict = judge("7-freezing", cells, [claim], None).claims[claim.id].verdict
    assert verdict == "error"


def test_the_real_files_load() -> None:
    tomllib.loads(REAL.claims.read_text())
    assert load_claims(REAL) and load_articles(REAL) and load_environments(REAL)
    if REAL.causes.exists():
        load_causes(REAL, load_claims(REAL), load_environments(REAL))
