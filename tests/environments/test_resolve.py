"""A release becomes columns and a lock: which Python, Keras and date; and what is said where there is none."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from local_index import Index
from small_project import REAL, column

from phasebook.environments.resolve import newer, newest, resolve
from phasebook.project.environments import as_of, load_environments
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders

MOMENT = datetime(2025, 1, 1, tzinfo=UTC)
LINUX, MAC, WINDOWS = "manylinux2014_x86_64", "macosx_12_0_arm64", "win_amd64"


@pytest.fixture
def index(own_index: Index) -> Index:
    for package in ("ipykernel", "matplotlib", "numpy", "h5py", "gast", "protobuf"):
        own_index.publish(package, "0.1")
    return own_index


def tensorflow(
    index: Index, version: str, pythons: list[str], needs: list[str], at: str, cpu: bool = True
) -> None:
    """Publish a TensorFlow for these Pythons on three systems, with tensorflow-cpu for Linux."""
    for python in pythons:
        for system in (LINUX, MAC, WINDOWS):
            index.publish("tensorflow", version, needs, at=at, tag=f"cp{python}-cp{python}-{system}")
        if cpu:
            index.publish("tensorflow-cpu", version, needs, at=at, tag=f"cp{python}-cp{python}-{LINUX}")


@pytest.fixture
def usual(index: Index) -> Index:
    """An old TensorFlow, one with Keras 3 and tf-keras, and a candidate."""
    tensorflow(index, "2.15.1", ["310", "311"], ["keras>=2.15,<2.16", "numpy"], "2024-03-08")
    tensorflow(index, "2.20.0", ["312", "313"], ["keras>=3.5", "numpy"], "2024-08-13")
    tensorflow(index, "2.21.0rc0", ["313"], ["keras-nightly>=3.9.0.dev0", "numpy"], "2024-09-01")
    for version, day in (
        ("2.15.0", "2023-11-07"),
        ("3.5.0", "2024-08-01"),
        ("3.6.0", "2024-10-01"),
        ("3.7.0", "2025-02-01"),
    ):
        index.publish("keras", version, ["numpy"], at=day)
    index.publish("keras-nightly", "3.9.0.dev2024083100", ["numpy"], at="2024-08-31")
    index.publish("tf-keras", "2.20.1", ["tensorflow>=2.20,<2.21"], at="2024-08-20")
    return index


@pytest.mark.usefixtures("usual")
def test_a_release_with_keras_3_makes_two_columns_with_one_lock() -> None:
    made = resolve(MOMENT, "2.20.0")
    three, legacy = made.environments
    assert (three.name, three.keras, three.flavour, three.python) == (
        "tf-2.20+keras-3.6.0",
        "3.6.0",
        "keras-3",
        "3.13",
    )
    assert (legacy.name, legacy.keras, legacy.flavour) == ("tf-2.20+tf-keras", "2.20.1", "tf-keras")
    assert three.lock == legacy.lock == made.lock == "tf-2.20"
    assert three.released == date(2024, 10, 1)  # Keras 3.6.0 is the younger of the two
    assert legacy.released == date(2024, 8, 20)


@pytest.mark.usefixtures("usual")
def test_a_lock_has_hashes_and_no_address_and_one_tensorflow_for_each_system() -> None:
    text = resolve(MOMENT, "2.20.0").text
    assert "://" not in text and "127.0.0.1" not in text
    entries = [line for line in text.splitlines() if line[0] not in " #"]
    assert all(line.endswith("\\") for line in entries)
    assert sorted(line.partition(" ;")[0].removesuffix(" \\") for line in entries if "tensorflow" in line) == [
        "tensorflow-cpu==2.20.0",
        "tensorflow==2.20.0",
    ]
    [light] = [line for line in entries if line.startswith("tensorflow-cpu")]
    assert "sys_platform == 'linux'" in light and "platform_machine == 'x86_64'" in light


@pytest.mark.usefixtures("usual")
def test_an_old_release_takes_its_own_keras_and_its_newest_python() -> None:
    [column] = resolve(MOMENT, "2.15.1").environments
    assert (column.name, column.keras, column.flavour, column.python) == ("tf-2.15", "2.15.0", "tf.keras", "3.11")
    assert column.released == date(2024, 3, 8)


@pytest.mark.usefixtures("usual")
def test_a_keras_that_was_asked_for_names_a_lock_of_its_own() -> None:
    made = resolve(MOMENT, "2.20.0", "3.5.0")
    [column] = made.environments
    assert column.name == column.lock == made.lock == "tf-2.20+keras-3.5.0"
    assert "keras==3.5.0" in made.text and "tf-keras" not in made.text


@pytest.mark.usefixtures("usual")
def test_a_nightly_keras_stands_in_for_the_released_one_and_the_other_way_round() -> None:
    made = resolve(MOMENT, "2.20.0", "3.9.0.dev2024083100")
    [column] = made.environments
    assert (column.tensorflow, column.keras) == ("2.20.0", "3.9.0.dev2024083100")
    assert "keras-nightly==3.9.0.dev2024083100 " in made.text
    other = resolve(MOMENT, "2.21.0rc0", "3.6.0")
    assert other.environments[0].keras == "3.6.0"
    for text, left_out in ((made.text, "keras"), (other.text, "keras-nightly")):
        entries = [line for line in text.splitlines() if line.startswith(f"{left_out}==")]
        assert all("sys_platform == 'none'" in line for line in entries)


@pytest.mark.usefixtures("usual")
def test_a_candidate_keeps_its_full_version_and_its_nightly_keras() -> None:
    [column] = resolve(MOMENT, "2.21.0rc0").environments
    assert column.name == "tf-2.21.0rc0+keras-3.9.0.dev2024083100"
    assert column.flavour == "keras-3"


@pytest.mark.usefixtures("usual")
def test_the_newest_is_a_release_not_a_candidate() -> None:
    assert newest() == "2.20.0"
    assert resolve(MOMENT).environments[0].tensorflow == "2.20.0"


def test_a_nightly_is_the_newest_with_its_keras(index: Index) -> None:
    for day in ("20241001", "20241002"):
        at = f"{day[:4]}-{day[4:6]}-{day[6:]}"
        index.publish(
            "tf-nightly", f"2.22.0.dev{day}", ["keras-nightly>=3.9.0.dev0"], at=at, tag=f"cp313-cp313-{LINUX}"
        )
        index.publish("keras-nightly", f"3.9.0.dev{day}04", [], at=at)
    [column] = resolve(MOMENT, "nightly").environments
    assert (column.name, column.lock, column.family) == ("tf-nightly", "tf-nightly", "nightly")
    assert (column.tensorflow, column.keras) == ("2.22.0.dev20241002", "3.9.0.dev2024100204")
    assert resolve(MOMENT, "2.22.0.dev20241001").environments[0].tensorflow == "2.22.0.dev20241001"


def test_what_came_out_after_the_moment_changes_no_lock(usual: Index) -> None:
    before = resolve(MOMENT, "2.20.0")
    usual.publish("numpy", "9.9", at="2025-03-01")
    usual.publish("tf-keras", "2.20.2", ["tensorflow>=2.20,<2.21"], at="2025-03-01")
    assert resolve(MOMENT, "2.20.0") == before
    assert "3.7.0" not in before.text


def test_a_release_newer_than_the_moment_takes_what_is_there_now(usual: Index) -> None:
    tensorflow(usual, "2.22.0", ["313"], ["keras>=3.5", "numpy"], "2025-06-01")
    made = resolve(MOMENT, "2.22.0")
    [column] = made.environments  # there is no tf-keras 2.22
    assert column.name == "tf-2.22+keras-3.7.0"
    assert "before 2025-01-01" not in made.text


def test_bounds_that_an_old_release_does_not_name_are_kept(index: Index) -> None:
    tensorflow(index, "2.3.4", ["38"], ["numpy", "protobuf"], "2021-08-10")
    index.publish("numpy", "1.24.4")
    index.publish("numpy", "1.18.5")
    index.publish("protobuf", "4.25.0")
    index.publish("protobuf", "3.20.3")
    made = resolve(MOMENT, "2.3.4")
    assert "numpy==1.18.5" in made.text and "protobuf==3.20.3" in made.text
    assert made.environments[0].keras == "2.4.0"  # the Keras inside it


@pytest.mark.usefixtures("usual")
@pytest.mark.parametrize(
    ("tensorflow", "keras", "said"),
    [
        ("2.99.0", None, "TensorFlow 2.99.0: there is no such release; nothing was written"),
        ("2.20.0", "3.99.0", "keras==3.99.0: there is no such release"),
        ("banana", None, "TF=banana is no version"),
        ("1.13.2", None, "TF=1.13.2 is older than 1.14"),
        ("2.20.0", "latest", "KERAS=latest is no version"),
        ("nightly", None, "TensorFlow nightly: there is no such release"),
    ],
)
def test_a_release_that_does_not_exist_is_one_line(tensorflow: str, keras: str | None, said: str) -> None:
    with pytest.raises(Problem) as problem:
        resolve(MOMENT, tensorflow, keras)
    assert said in str(problem.value)
    assert "\n" not in str(problem.value)


def test_a_release_without_a_wheel_for_this_machine_says_so(index: Index) -> None:
    index.publish("tensorflow", "2.30.0", tag="cp313-cp313-macosx_99_0_sparc")
    with pytest.raises(Problem, match=r"TensorFlow 2\.30\.0: cannot be installed on this machine"):
        resolve(MOMENT, "2.30.0")


def test_a_release_of_before_the_first_column_is_refused_though_it_is_there(index: Index) -> None:
    tensorflow(index, "1.13.2", ["37"], ["numpy"], "2019-06-24")
    with pytest.raises(Problem, match=r"older than 1\.14"):
        resolve(MOMENT, "1.13.2")


@pytest.mark.parametrize("package", ["tensorflow-cpu", "tf-keras"])
def test_an_index_that_fails_is_not_taken_for_one_that_has_none(
    usual: Index, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    usual.failing.add(package)
    with pytest.raises(Problem, match=package) as problem:
        resolve(MOMENT, "2.20.0")
    assert problem.value.status == 1 and "no such release" not in str(problem.value)


@pytest.mark.usefixtures("usual")
def test_a_keras_that_the_tensorflow_refuses_says_so() -> None:
    with pytest.raises(Problem, match=r"TensorFlow 2\.20\.0 with Keras 2\.15\.0: cannot be installed"):
        resolve(MOMENT, "2.20.0", "2.15.0")


def test_without_a_network_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    with pytest.raises(Problem, match="cannot be reached"):
        resolve(MOMENT, "2.20.0")


@pytest.mark.slow
@pytest.mark.parametrize("lock", ["tf-1.14", "tf-2.6", "tf-2.20", "tf-2.16+keras-3.5.0"])
def test_the_locks_in_the_repository_come_out_of_the_real_index_to_the_byte(
    lock: str, index_of_then: Callable[[str], None]
) -> None:
    index_of_then(lock)
    folders = Folders(REAL)
    known = {name: item for name, item in load_environments(folders).items() if item.lock == lock}
    first = next(iter(known.values()))
    made = resolve(as_of(folders), first.tensorflow, first.keras if "+" in lock else None)
    assert made.text == (folders.locks / f"{lock}.txt").read_text(encoding="utf-8")
    assert {item.name for item in made.environments} == set(known)


LATER = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.usefixtures("usual")
@pytest.mark.parametrize(
    ("known", "news"),
    [
        (["tf-2.15"], [("2.20.0", None), ("2.21.0rc0", None)]),  # with the newest Keras
        (["tf-2.20+keras-3.6.0"], [("2.21.0rc0", None), ("2.20.0", "3.7.0")]),
        (["tf-2.20+keras-3.7.0"], [("2.21.0rc0", None)]),
        (["tf-2.20+keras-3.7.0", "tf-nightly"], [("2.21.0rc0", None)]),  # a nightly is no release
        (["tf-2.20+keras-3.8.0", "tf-2.21+tf-keras"], []),
    ],
)
def test_what_is_newer_than_the_columns_is_found(known, news) -> None:
    assert newer([column(name) for name in known], LATER) == [*news, ("nightly", None)]


def test_what_is_newer_cannot_be_told_without_an_index(usual, index) -> None:
    index.failing.add("keras")
    with pytest.raises(Problem, match="keras"):
        newer([column("tf-2.20+keras-3.6.0")], LATER)
