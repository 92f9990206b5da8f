"""The list of columns: strict reading, names that mean columns, its order, and the real list against its locks."""

import re
from datetime import date
from pathlib import Path

import pytest
from small_project import REAL, column, make

from phasebook.project.environments import (
    Environment,
    add,
    find,
    load_environments,
    lock_digest,
    lock_text,
)
from phasebook.project.errors import Problem
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders

NAMES = ["tf-1.15", "tf-2.15", "tf-2.16+keras-3.0.5", "tf-2.21+keras-3.15.1", "tf-2.21+tf-keras", "tf-nightly"]


def matrix(root: Path) -> Folders:
    """A small matrix, whose last TensorFlow has one lock for both generations of Keras."""
    folders = make(root, NAMES)
    (folders.locks / "tf-2.21.txt").write_text("tensorflow==2.21.0\n")
    edit(folders, 'lock = "tf-2.21+keras-3.15.1"', 'lock = "tf-2.21"')
    return folders


def complaint(folders: Folders) -> str:
    """The one line that loading a broken list gives."""
    with pytest.raises(Problem) as problem:
        load_environments(folders)
    assert "\n" not in str(problem.value)
    assert "environments.toml" in str(problem.value)
    return str(problem.value)


def edit(folders: Folders, old: str, new: str) -> None:
    text = folders.environments.read_text()
    assert old in text
    folders.environments.write_text(text.replace(old, new))


def test_each_column_knows_its_family_and_its_variables(tmp_path: Path) -> None:
    columns = load_environments(make(tmp_path, NAMES))
    families = [item.family for item in columns.values()]
    assert families == ["TF 1", "TF 2", "Keras 3", "Keras 3", "tf-keras", "nightly"]
    assert [name for name, item in columns.items() if item.variables] == ["tf-2.21+tf-keras"]
    assert columns["tf-2.21+tf-keras"].variables == {"TF_USE_LEGACY_KERAS": "1"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('flavour = "tf.keras"', 'flavour = "tf.keras"\ncolour = "red"', "colour"),
        ('flavour = "tf.keras"', 'flavour = "torch"', "torch"),
        ('python = "3.11"\n', "", "python"),
        ("released = 2020-01-01", 'released = "yesterday"', "released"),
        ('name = "tf-2.15"', 'name = "tf-2.15', "line 4"),
        ('lock = "tf-2.15"', 'lock = "tf-9.9"', "'tf-2.15' names the lock 'tf-9.9'"),
        ('lock = "tf-2.15"', 'lock = "../../secret"', "matching regex"),
        ('name = "tf-2.15"', 'name = "a/b"', "matching regex"),
        ("as_of = 2026-11-21T00:00:00Z", "as_of = 2026-11-21", "as_of"),
    ],
)
def test_a_broken_list_is_one_line_that_says_where(tmp_path: Path, old: str, new: str, said: str) -> None:
    folders = make(tmp_path)
    edit(folders, old, new)
    assert said in complaint(folders)


def test_a_name_used_twice_is_refused(tmp_path: Path) -> None:
    folders = make(tmp_path, ["tf-2.14", "tf-2.15"])
    edit(folders, 'name = "tf-2.14"', 'name = "tf-2.15"')
    assert "'tf-2.15' is listed twice" in complaint(folders)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("tf-2.15", ["tf-2.15"]),
        ("2.15", ["tf-2.15"]),
        ("2.15.0", ["tf-2.15"]),
        ("2.21", ["tf-2.21+keras-3.15.1", "tf-2.21+tf-keras"]),
        ("tf-2.21", ["tf-2.21+keras-3.15.1", "tf-2.21+tf-keras"]),
        ("tf-2.21+tf-keras", ["tf-2.21+tf-keras"]),
        ("2.21+tf-keras", ["tf-2.21+tf-keras"]),
        ("nightly", ["tf-nightly"]),
    ],
)
def test_a_short_name_means_all_columns_of_the_release(tmp_path: Path, wanted: str, found: list[str]) -> None:
    columns = load_environments(matrix(tmp_path))
    assert [item.name for item in find(columns, wanted)] == found


@pytest.mark.parametrize("wanted", ["2.1", "2", "tf-3.0", "", "keras"])
def test_an_unknown_name_lists_what_exists(tmp_path: Path, wanted: str) -> None:
    with pytest.raises(Problem) as problem:
        find(load_environments(make(tmp_path, NAMES)), wanted)
    assert repr(wanted) in str(problem.value)
    assert all(name in str(problem.value) for name in NAMES)


def test_added_columns_stand_in_the_order_of_the_matrix(tmp_path: Path) -> None:
    folders = make(tmp_path, ["tf-2.15"])
    own = {"tf-2.21+keras-3.15.1": {"lock": "tf-2.21"}}
    added = [column(name, **own.get(name, {})) for name in reversed(NAMES) if name != "tf-2.15"]
    added.append(column("tf-2.16+keras-3.15.1", lock="tf-2.16"))
    add(folders, added, {item.lock: "numpy==1.0\n" for item in added})
    assert list(load_environments(folders)) == [*NAMES[:3], "tf-2.16+keras-3.15.1", *NAMES[3:]]


def test_adding_a_column_replaces_that_column_alone(tmp_path: Path) -> None:
    folders = matrix(tmp_path)
    before = load_environments(folders)
    newer = column("tf-2.15", released=date(2026, 1, 1), tensorflow="2.15.9")
    add(folders, [newer, column("tf-2.14")], {"tf-2.14": "numpy==1.0\n", "tf-2.15": "numpy==2.0\n"})
    after = load_environments(folders)
    assert list(after) == ["tf-1.15", "tf-2.14", *NAMES[1:]]
    assert after["tf-2.15"] == newer
    assert {name: after[name] for name in NAMES if name != "tf-2.15"} == {
        name: before[name] for name in NAMES if name != "tf-2.15"
    }
    assert lock_text(folders, newer) == "numpy==2.0\n"


@pytest.mark.parametrize("name", ["", "tf-1.14", "tf-2.7", "tf-nightly"])
def test_adding_a_real_column_again_gives_the_same_bytes(tmp_path: Path, name: str) -> None:
    folders = Folders(tmp_path)
    whole = Folders(REAL).environments.read_text(encoding="utf-8")
    columns = load_environments(Folders(REAL))
    entries = whole.split("\n[[environment]]\n")
    kept = [entry for entry in entries if f'name = "{name}"\n' not in entry]
    write_atomically(folders.environments, "\n[[environment]]\n".join(kept).rstrip("\n") + "\n")
    add(folders, [columns[name]] if name else list(columns.values()), {})
    assert folders.environments.read_text(encoding="utf-8") == whole


def test_comments_outlive_an_added_column(tmp_path: Path) -> None:
    folders = matrix(tmp_path)
    edit(folders, 'name = "tf-2.15"', '# the last one before Keras 3\nname = "tf-2.15"  # see the docs')
    newer = column("tf-2.15", released=date(2026, 1, 1))
    add(folders, [column("tf-2.14"), newer], {"tf-2.14": "numpy==1.0\n"})
    text = folders.environments.read_text(encoding="utf-8")
    assert '# the last one before Keras 3\nname = "tf-2.15" # see the docs\n' in text.replace("  #", " #")
    assert load_environments(folders)["tf-2.15"].released == date(2026, 1, 1)


def test_the_digest_follows_the_lock(tmp_path: Path) -> None:
    folders = make(tmp_path)
    [item] = load_environments(folders).values()
    before = lock_digest(folders, item)
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", before)
    (folders.locks / "tf-2.15.txt").write_text("numpy==1.0\n")
    assert lock_digest(folders, item) != before


@pytest.mark.parametrize("item", load_environments(Folders(REAL)).values(), ids=lambda item: item.name)
def test_every_lock_of_the_repository_installs_what_its_column_says(item: Environment) -> None:
    text = lock_text(Folders(REAL), item)
    assert text.startswith(
        f"# TensorFlow {item.tensorflow} on Python {item.python}, from packages published before "
    )
    text = re.sub(r"^# wheel https://download\.pytorch\.org/\S+\n", "", text, flags=re.MULTILINE)
    assert "://" not in text and " @ " not in text and "--index" not in text
    every = re.split(r"^(?=[a-z0-9])", text.split("\n", 1)[1], flags=re.MULTILINE)[1:]
    entries = [entry for entry in every if "sys_platform == 'none'" not in entry]
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", entry) for entry in entries)
    pins = {entry.split("==")[0]: entry.split("==")[1].split()[0] for entry in entries}
    assert pins.get("tf-nightly" if item.family == "nightly" else "tensorflow") == item.tensorflow
    assert {"ipykernel", "matplotlib", "numpy"} <= set(pins)
    assert item.backend in {*pins, "tensorflow"}
    package = {"keras-3": "keras", "tf-keras": "tf-keras", "tf.keras": "keras"}[item.flavour]
    if item.flavour != "tf.keras" or "keras" in pins:
        assert pins.get(package, pins.get("keras-nightly")) == item.keras


def test_the_repository_holds_no_lock_that_no_column_uses() -> None:
    folders = Folders(REAL)
    used = {item.lock for item in load_environments(folders).values()}
    assert {path.stem for path in folders.locks.glob("*.txt")} == used
