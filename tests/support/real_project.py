"""A small project whose notebooks run on the real default TensorFlow, for tests of what a run leaves behind."""

import shutil
from pathlib import Path

import nbformat
import small_project

from phasebook.project.environments import Environment, load_environments
from phasebook.project.folders import Folders
from phasebook.project.parameters import Given
from phasebook.running.run import How, Outcome, run_environment

DEFAULT = "tf-2.21+keras-3.15.1"
PARAMETERS = "seed: int = 1  # seed of every case\nrate: float = 0.5\nname: str = 'model'\nquick: bool = False"
OPENING = (
    "import os, signal, sys\nimport tensorflow as tf\nimport phaselab\nexperiment = phaselab.Experiment(seed)"
)
CASE = """\
for style in ("Sequential", "Functional"):
    with experiment.case("{claim}", style, expected="trains") as case:
        case.observed = "trains"
"""
FINISH = "experiment.finish(experiment.say('{claim}', holds='It trains.', fails='It does not.'))"
TWO_CLAIMS = ("call-true-trains", "call-false-infers")


def make(root: Path, middle: str = "") -> Folders:
    """A project of two notebooks that run; `middle` is code between the first notebook's cases and its end."""
    folders = small_project.make(root)
    real = Folders(small_project.REAL)
    shutil.copy(real.environments, folders.environments)
    shutil.copytree(real.locks, folders.locks, dirs_exist_ok=True)
    write(folders, "1-calls", TWO_CLAIMS, middle)
    write(folders, "2-freezing", ("frozen-bn-infers",))
    return folders


def write(folders: Folders, name: str, claims: tuple[str, ...], middle: str = "") -> None:
    """One notebook that settles `claims` with two cases each."""
    cells = [PARAMETERS, OPENING, *(CASE.format(claim=claim) for claim in claims)]
    cells += [middle] if middle else []
    cells.append(FINISH.format(claim=claims[0]))
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    small_project.write_notebook(folders, name, cells, metadata={"kernelspec": kernel})
    path = folders.notebooks / f"{name}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].metadata["tags"] = ["parameters"]
    nbformat.write(notebook, path)


def default(folders: Folders) -> Environment:
    """The environment that these projects run in."""
    return load_environments(folders)[DEFAULT]


def run(folders: Folders, *names: str, time_limit: float = 120) -> Outcome:
    """Run the notebooks (both unless named) in the default environment."""
    return run_with(folders, {name: {} for name in names or ("1-calls", "2-freezing")}, time_limit)


def run_with(folders: Folders, values: Given, time_limit: float = 120) -> Outcome:
    """Run the named notebooks with these parameters in the default environment."""
    return run_environment(folders, default(folders), values, print, How(time_limit=time_limit))
