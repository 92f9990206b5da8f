"""Kernels: each notebook gets a clean one, and forks and ordinary processes give the same records."""

import copy
import json
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import nbformat
import papermill
import pytest
from kernel_bench import ENVIRONMENTS, FOLDERS, Bench, python_of, run

from phasebook.kernels.pool import Kernels

pytestmark = pytest.mark.slow

COMPARED = ["tf-1.15", "tf-2.3", "tf-2.15", "tf-2.21+keras-3.15.1", "tf-2.21+tf-keras", "tf-nightly"]
FEW = ("2-", "6-", "9-")  # outside the default environments: a state that stays, `fit`, a data file
RECORD = "application/vnd.phasebook.record+json"


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.delenv("PHASEBOOK_KERNELS", raising=False)
    return Bench(tmp_path)


@pytest.fixture(params=["forked", "ordinary"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, bench: Bench) -> str:
    if request.param == "ordinary":
        monkeypatch.setenv("PHASEBOOK_KERNELS", "ordinary")
    return str(request.param)


def test_each_notebook_gets_a_clean_kernel_of_its_own(bench: Bench, way: str) -> None:
    cells = (
        "import os, random, numpy, tensorflow\nprint('left' in vars(tensorflow), os.listdir('.'))",
        "tensorflow.left = 1\nopen('left', 'w').close()\nprint(os.getpid(), random.random(), numpy.random.rand())",
    )
    with bench.kernels() as kernels:
        assert kernels.forked == (way == "forked")
        with ThreadPoolExecutor(4) as pool:
            texts = list(pool.map(lambda name: run(kernels, name, *cells), "abcdefgh"))
    assert [text.splitlines()[0] for text in texts] == ["False []"] * 8
    own = [text.splitlines()[1].split() for text in texts]
    assert all(len(set(column)) == 8 for column in zip(*own, strict=True))  # process, both random numbers


def test_the_users_settings_do_not_reach_a_kernel(
    bench: Bench, way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    startup = tmp_path / "home/.ipython/profile_default/startup"
    startup.mkdir(parents=True)
    (startup / "mine.py").write_text("print('read')")
    (tmp_path / "home/.keras").mkdir()
    for name, value in {"HOME": str(tmp_path / "home"), "TF_MINE": "1", "SECRET": "1"}.items():
        monkeypatch.setenv(name, value)
    cell = "import os\nprint(sorted(os.environ), os.path.exists(os.path.expanduser('~/.keras')))"
    with bench.kernels() as kernels:
        text = run(kernels, "a", cell)
    assert "read" not in text
    assert "SECRET" not in text and "TF_MINE" not in text and "PYTHONHASHSEED" in text
    assert text.endswith("False\n")


def test_the_thread_that_entered_may_end(bench: Bench) -> None:
    kernels = bench.kernels()
    # Linux tells the server that its parent ended when the thread that started it does.
    thread = Thread(target=lambda: kernels.__enter__().forked)
    thread.start()
    thread.join()
    try:
        time.sleep(0.2)
        assert kernels.forked
        assert "well" in run(kernels, "a", "print('well')")
    finally:
        kernels.__exit__()


def test_a_long_temporary_folder_does_no_harm(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 120)
    long.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(long))
    with bench.kernels() as kernels:
        assert "well" in run(kernels, "a", "print('well')")


def records(notebook: nbformat.NotebookNode, kernels: Kernels) -> list[Any]:
    """The records and figures that a notebook sends."""
    arguments = kernels.arguments(notebook.metadata["name"], FOLDERS.notebooks)  # where its data is
    executed = papermill.execute_notebook(copy.deepcopy(notebook), None, progress_bar=False, **arguments)
    outputs = [output for cell in executed.cells for output in cell.get("outputs", [])]
    return [output["data"] for output in outputs if {RECORD, "image/svg+xml"} & set(output.get("data", {}))]


@pytest.mark.parametrize("name", COMPARED)
def test_forks_and_ordinary_kernels_send_the_same(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    python, environment = python_of(name), ENVIRONMENTS[name]
    paths = [
        path
        for path in sorted(FOLDERS.notebooks.glob("*.ipynb"))
        if environment.default or path.name.startswith(FEW)
    ]
    notebooks = [nbformat.read(path, as_version=4) for path in paths]
    for number, notebook in enumerate(notebooks):
        notebook.metadata["name"] = str(number)
    sent = {}
    for way in ("forked", "ordinary"):
        monkeypatch.setenv("PHASEBOOK_KERNELS", way)
        with Kernels(python, environment.variables, FOLDERS.source, bench.log, bench.said.append) as kernels:
            assert kernels.forked == (way == "forked"), bench.said
            with ThreadPoolExecutor(2) as pool:
                sent[way] = list(pool.map(partial(records, kernels=kernels), notebooks))
    assert all(sent["forked"]), "a notebook sent nothing"
    assert json.dumps(sent["forked"]) == json.dumps(sent["ordinary"])


BACKENDS = [name for name, environment in ENVIRONMENTS.items() if environment.backend != "tensorflow"]
TRIED = """\
import phaselab, keras
import numpy as np
import tensorflow as tf
experiment = phaselab.Experiment(1)
with experiment.case("a", "a tape", "nothing") as case:
    case.need("tf.GradientTape")
outputs = tf.keras.layers.Dropout(0.5)(tf.ones((1, 1000)), training=True)
print(phaselab.backend(), tf.keras is keras, phaselab.watch_dropout(np.ones((1, 1000)), outputs))
print(phaselab.has("tf.keras.layers.Dense"), phaselab.has("tf.function"))
print(experiment.records[0].get("unavailable"))
"""


@pytest.mark.parametrize("name", [name for name in BACKENDS if "nightly" not in name])
def test_a_backend_is_forked_before_it_starts_threads_and_knows_no_tape(bench: Bench, name: str) -> None:
    python, environment = python_of(name), ENVIRONMENTS[name]
    with Kernels(python, environment.variables, FOLDERS.source, bench.log, bench.said.append) as kernels:
        assert kernels.forked, bench.said
        said = run(kernels, "a", TRIED)
    told = [line for line in said.splitlines() if line]
    assert f"{environment.backend} True dropped units" in told
    assert "Not drawn: tf.function needs the TensorFlow backend." in told and "True False" in told
    assert told[-1] == "tf.GradientTape needs the TensorFlow backend"
