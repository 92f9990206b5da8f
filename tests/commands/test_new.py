"""A new release: nothing is written where it could not be done; where it could, what it changes is told."""

import io
import sys
from pathlib import Path

import msgspec
import pytest
import real_project
import small_project
from local_index import Index
from rich.console import Console

from phasebook.commands.new import new
from phasebook.environments.resolve import Resolution
from phasebook.project.environments import load_environments, lock_text
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders, cache
from phasebook.project.results import load_result, observed, write_result
from phasebook.running.staleness import stale
from phasebook.running.store import load_failures

LINUX = "manylinux2014_x86_64"


def everything(folders: Folders) -> dict[Path, bytes]:
    """Every file of a project with its bytes."""
    return {path: path.read_bytes() for path in folders.root.rglob("*") if path.is_file()}


def add(folders: Folders, *release: str | None) -> tuple[int, str]:
    """Add a release; the exit status and what was printed."""
    file = io.StringIO()
    return new(folders, *release, Console(file=file), lambda line: None), file.getvalue()


@pytest.fixture
def index(own_index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    """An index with a TensorFlow 2.20.0 that installs and cannot be imported, and two Keras."""
    monkeypatch.setenv("PHASEBOOK_CACHE", str(tmp_path / "cache"))
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    tag = f"{python}-{python}-{LINUX}"
    own_index.publish("tensorflow", "2.20.0", ["keras>=3.5"], at="2025-08-13", tag=tag)
    own_index.publish("keras", "3.5.0", at="2025-08-01")
    for package in ("ipykernel", "matplotlib", "numpy"):
        own_index.publish(package, "0.1")
    return own_index


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tensorflow", "keras", "words"),
    [
        ("2.99.0", None, "2.99.0"),
        ("2.20.0", "3.99.0", "3.99.0"),
        ("nightly", None, "nightly"),
        ("two", None, "TF=two"),
        ("2.20.0", None, "tf-2.20+keras-3.5.0"),  # it is there and installs, and then its kernel does not start
    ],
)
@pytest.mark.usefixtures("index")
def test_what_could_not_be_done_is_one_line_and_writes_nothing(tmp_path, tensorflow, keras, words):
    folders = small_project.make(tmp_path / "project", ["tf-2.15"])
    small_project.settle(folders, "tf-2.15")
    before = everything(folders)
    with pytest.raises(Problem) as raised:
        add(folders, tensorflow, keras)
    assert words in str(raised.value)
    assert "\n" not in str(raised.value)
    assert everything(folders) == before


@pytest.mark.slow
def test_a_lock_never_changes_under_a_column_that_stays(tmp_path, index):
    folders = small_project.make(tmp_path / "project", ["tf-2.15"])
    old = small_project.column("tf-2.20+keras-3.4.0", lock="tf-2.20")
    small_project.write_columns(folders, [old], "2026-01-01")
    (folders.locks / "tf-2.20.txt").write_text("keras==3.4.0\n", encoding="utf-8")
    before = everything(folders)
    with pytest.raises(Problem, match=r"would change under tf-2.20\+keras-3.4.0: name the Keras too"):
        add(folders, "2.20.0", None)
    assert everything(folders) == before


@pytest.mark.slow
@pytest.mark.parametrize("same", [False, True], ids=["later build", "same build"])
def test_a_column_that_is_there_takes_over_no_verdict(tmp_path, monkeypatch, same):
    """A later build of a column, with one notebook that breaks on it; and the same build once more."""
    folders = real_project.make(tmp_path)
    column = real_project.default(folders)
    real_project.run(folders)
    before = load_result(folders, column.name)
    if not same:
        earlier = msgspec.structs.replace(before.environment, tensorflow="2.20.9", lock="sha256:0")
        write_result(folders, observed(earlier, before.claims))
        small_project.settle(folders, "tf-2.15")
    real_project.write(folders, "2-freezing", ("frozen-bn-infers",), "raise ValueError('broken')")
    resolution = Resolution([column], column.lock, lock_text(folders, column))
    monkeypatch.setattr("phasebook.commands.new.resolve", lambda *_: resolution)
    if same:
        real_project.write(folders, "1-calls", real_project.TWO_CLAIMS, "edited = True")

    status, printed = add(folders, column.tensorflow, None)
    after = load_result(folders, column.name)
    assert after.environment == before.environment
    if same:  # what was settled on this build is kept, the failure beside it
        assert after.claims["frozen-bn-infers"] == before.claims["frozen-bn-infers"]
    else:
        assert after.claims["frozen-bn-infers"].verdict == "error"
        assert status == 4
        earlier_build, release_before = printed.split(f"tf-2.15 -> {column.name}: ")
        assert f"{column.name} (2.20.9) -> {column.name} (2.21.0): no" in earlier_build
        assert "frozen-bn-infers" in earlier_build and "frozen-bn-infers" in release_before
    assert load_failures(folders, column.name) == {"frozen-bn-infers": "ValueError: broken"}
    assert stale(folders, column, {})["2-freezing"][0] == "its last run failed"


@pytest.mark.slow
def test_a_real_release_is_added_restored_and_compared(tmp_path, tmp_path_factory, monkeypatch, index_of_then):
    """On the real package index and the real TensorFlow 2.20, since installing is what is tested."""
    index_of_then("tf-2.20")
    own = tmp_path_factory.mktemp("cache")  # the user's virtual environments, but timings of its own
    (cache() / "environments").mkdir(parents=True, exist_ok=True)
    (own / "environments").symlink_to(cache() / "environments")
    monkeypatch.setenv("PHASEBOOK_CACHE", str(own))
    folders = real_project.make(tmp_path)
    whole, locks = folders.environments.read_bytes(), everything(folders)
    removed = [name for name in load_environments(folders) if name.startswith("tf-2.20+")]
    [lock] = {load_environments(folders)[name].lock for name in removed}
    head, *entries = folders.environments.read_text(encoding="utf-8").split("\n[[environment]]\n")
    others = [entry for entry in entries if '"2.20.0"' not in entry]
    assert len(entries) - len(others) == len(removed) == 2
    folders.environments.write_text("\n[[environment]]\n".join([head, *others]), encoding="utf-8")
    (folders.locks / f"{lock}.txt").unlink()
    small_project.settle(folders, "tf-2.15")

    status, printed = add(folders, "2.20.0", None)
    assert status == 0
    assert "tf-2.15 -> tf-2.20+tf-keras: no verdicts differ" in printed
    assert folders.environments.read_bytes() == whole
    assert (folders.locks / f"{lock}.txt").read_bytes() == locks[folders.locks / f"{lock}.txt"]
    environments = load_environments(folders)
    assert all(stale(folders, environments[name], {}) == {} for name in removed)
    results = [(folders.results / f"{name}.json").read_bytes() for name in removed]

    # again, without its results: the same bytes; and beside a column that failed, the difference is told
    for name in removed:
        (folders.results / f"{name}.json").unlink()
        (folders.fingerprints / f"{name}.json").unlink()
    small_project.settle(
        folders, "tf-2.15", {**dict.fromkeys(small_project.CLAIMS, "holds"), "call-true-trains": "fails"}
    )
    status, printed = add(folders, "2.20.0", None)
    assert status == 3
    assert "call-true-trains: fails -> holds" in printed
    assert "Sequential: infers -> trains" in printed
    assert [(folders.results / f"{name}.json").read_bytes() for name in removed] == results
