"""Keras 3 on JAX and on Torch as columns: their names, dates and locks, and what `watch` asks for."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import small_project
from local_index import Index

from phasebook.environments.backends import newer_on, resolve_on
from phasebook.environments.resolve import newer
from phasebook.project.environments import Environment, add, as_of, load_environments
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders

MOMENT = datetime(2025, 1, 1, tzinfo=UTC)
LINUX = "manylinux2014_x86_64"
TORCH = """\
# wheel https://example.org/torch-2.5.0%2Bcpu-cp311-cp311-manylinux_2_28_x86_64.whl
torch==2.5.0+cpu ; sys_platform == 'linux' \\
    --hash=sha256:0000000000000000000000000000000000000000000000000000000000000000
torch==2.5.0 ; sys_platform == 'darwin' \\
    --hash=sha256:1111111111111111111111111111111111111111111111111111111111111111
"""


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[Folders]:
    """A project whose pairs run on a PyTorch, on Python 3.11."""
    folders = small_project.make(tmp_path)
    pairs = folders.for_pytorch()
    beside = small_project.column("torch-2.5", tensorflow="2.20.0", keras="3.6.0", flavour="keras-3", default=True)
    small_project.write_columns(pairs, [beside])
    pairs.locks.mkdir(parents=True)
    (pairs.locks / "torch-2.5.txt").write_text(f"absl-py==1.0\n{TORCH}tornado==6.0\n", encoding="utf-8")
    yield folders


@pytest.fixture
def index(own_index: Index) -> Index:
    beside = ("filelock", "fsspec", "jinja2", "networkx", "setuptools", "sympy")
    for package in ("ipykernel", "matplotlib", "numpy", *beside):
        own_index.publish(package, "79.0")
    for python in ("311", "313"):
        for package in ("tensorflow", "tensorflow-cpu"):
            tag = f"cp{python}-cp{python}-{LINUX}"
            own_index.publish(package, "2.20.0", ["keras>=3.5", "numpy"], at="2024-08-13", tag=tag)
    for version, day in (("3.6.0", "2024-10-01"), ("3.6.1", "2024-11-01"), ("3.7.0", "2025-02-01")):
        own_index.publish("keras", version, ["numpy"], at=day)
    own_index.publish("keras-nightly", "3.8.0.dev2024120103", ["numpy"], at="2024-12-01")
    for version, day in (("0.4.31", "2024-07-30"), ("0.4.36", "2024-12-05")):
        own_index.publish("jax", version, ["numpy"], at=day)
    return own_index


@pytest.mark.usefixtures("index")
def test_jax_is_no_younger_than_the_tensorflow_that_reads_its_exports(folders: Folders) -> None:
    made = resolve_on(folders, MOMENT, "jax", "3.6.1")
    [column] = made.environments
    assert column.name == column.lock == made.lock == "keras-3.6.1+jax"
    assert (column.tensorflow, column.keras, column.python) == ("2.20.0", "3.6.1", "3.13")
    assert (column.backend, column.family, column.flavour) == ("jax", "JAX", "keras-3")
    assert (column.first_released, column.released) == (date(2024, 10, 1), date(2024, 11, 1))  # Keras's alone
    assert "jax==0.4.31 " in made.text and "torch" not in made.text


@pytest.mark.usefixtures("index")
def test_torch_is_that_of_the_pairs_with_its_python_and_the_address_of_its_wheel(folders: Folders) -> None:
    made = resolve_on(folders, MOMENT, "torch")
    [column] = made.environments
    assert (column.name, column.python, column.family) == ("keras-3.6.1+torch", "3.11", "Torch")
    assert made.text.endswith(TORCH) and "networkx==79.0" in made.text and "jax" not in made.text


@pytest.mark.usefixtures("index")
def test_a_nightly_is_one_column_and_its_own_first_release(folders: Folders) -> None:
    [column] = resolve_on(folders, MOMENT, "jax", "nightly").environments
    assert (column.name, column.keras) == ("keras-nightly+jax", "3.8.0.dev2024120103")
    assert column.first_released == column.released == date(2024, 12, 1)


@pytest.mark.usefixtures("index")
@pytest.mark.parametrize(
    ("backend", "keras", "said"),
    [
        ("mxnet", "3.6.1", "BACKEND=mxnet is no other backend of Keras 3 than TensorFlow: write jax or torch"),
        ("jax", "banana", "KERAS=banana is no version"),
        ("torch", "3.99.0", "keras==3.99.0: there is no such release"),
    ],
)
def test_what_does_not_exist_is_one_line(folders: Folders, backend: str, keras: str, said: str) -> None:
    with pytest.raises(Problem) as problem:
        resolve_on(folders, MOMENT, backend, keras)
    assert said in str(problem.value) and "\n" not in str(problem.value)


def columns(*names: str) -> list[Environment]:
    """Columns of Keras 3 by name, as `keras-3.6.1+jax`."""
    return [small_project.column(name, tensorflow="2.20.0") for name in names]


@pytest.mark.usefixtures("index")
def test_watch_asks_for_the_newest_keras_on_each_backend_that_has_a_column() -> None:
    moment = datetime(2025, 3, 1, tzinfo=UTC)
    known = columns("keras-3.6.1+jax", "keras-nightly+jax", "keras-3.7.0+torch")
    assert newer_on(known, moment) == [("jax", "3.7.0"), ("jax", "nightly"), ("torch", "nightly")]
    assert newer_on([small_project.column("tf-2.15")], moment) == []


@pytest.mark.usefixtures("index")
def test_a_nightly_on_a_backend_hides_no_newer_keras_on_tensorflow() -> None:
    moment = datetime(2025, 3, 1, tzinfo=UTC)
    known = [*columns("keras-nightly+jax"), small_project.column("tf-2.20+keras-3.6.1")]
    assert ("2.20.0", "3.7.0") in newer(known, moment)


def test_a_backend_stands_in_the_file_where_it_is_not_tensorflow_and_in_its_place(tmp_path: Path) -> None:
    folders = small_project.make(tmp_path, ["tf-2.15", "tf-2.20+keras-3.6.1", "tf-2.20+tf-keras", "tf-nightly"])
    [torch, jax] = columns("keras-3.6.1+torch", "keras-3.6.1+jax")
    added = [torch, jax, small_project.column("tf-2.14")]
    add(folders, added, {column.lock: "keras==3.6.1\n" for column in added})
    loaded = load_environments(folders)
    assert list(loaded)[3:] == ["tf-2.20+tf-keras", jax.name, torch.name, "tf-nightly"]
    assert (loaded[jax.name], loaded[torch.name]) == (jax, torch)
    entries = folders.environments.read_text(encoding="utf-8").split("[[environment]]")
    [entry] = [text for text in entries if '"tf-2.14"' in text]
    assert "backend" not in entry
    assert loaded["tf-2.15"].variables == {} and loaded[jax.name].variables["KERAS_BACKEND"] == "jax"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["keras-3.15.1+jax", "keras-nightly+torch"])
def test_the_committed_locks_come_out_the_same(name: str) -> None:
    folders = Folders(small_project.REAL)
    column = load_environments(folders)[name]
    made = resolve_on(folders, as_of(folders), column.backend, column.keras)
    assert made.environments == [column]
    assert made.text == (folders.locks / f"{column.lock}.txt").read_text(encoding="utf-8")
