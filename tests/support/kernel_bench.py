"""A place to try kernels in, with faults or without, for the tests of kernels.

The Python is that of an installed environment; a `tensorflow` of one line stands before its own, which takes no
time to import and can be given faults.
"""

import os
import shutil
import time
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest

from phasebook.environments import install
from phasebook.kernels.pool import Kernels
from phasebook.project.environments import load_environments
from phasebook.project.folders import Folders

FOLDERS = Folders(Path(__file__).resolve().parents[2])
ENVIRONMENTS = load_environments(FOLDERS)
TENSORFLOW = "class keras:\n    class layers:\n        Dense = object\n"


class Bench:
    """A source folder whose tensorflow can be given faults, kernels that use it, and what they said."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "src"
        (self.source / "phaselab").mkdir(parents=True)
        shutil.copy(FOLDERS.phaselab / "fork_server.py", self.source / "phaselab")
        (self.source / "phaselab/__init__.py").touch()
        self.log = folder / "log"
        self.said: list[str] = []
        self.importing("")

    def importing(self, code: str) -> None:
        """Give the tensorflow that the kernels import this code."""
        (self.source / "tensorflow.py").write_text(TENSORFLOW + code)

    def kernels(self) -> Kernels:
        return Kernels(self.python, {}, self.source, self.log, self.said.append)

    @property
    def python(self) -> Path:
        """The oldest Python that is installed, else that of the first default environment."""
        ready = (install.ready(FOLDERS, environment) for environment in ENVIRONMENTS.values())
        first = next(environment.name for environment in ENVIRONMENTS.values() if environment.default)
        return next((python for python in ready if python), None) or python_of(first)


def python_of(name: str) -> Path:
    """The Python of an environment: a default one is made, another must be there."""
    environment = ENVIRONMENTS[name]
    python = install.make(FOLDERS, environment, print) if environment.default else None
    python = python or install.ready(FOLDERS, environment)
    if python is None:
        pytest.skip(f"{name} is not installed: make report TF={name}")
    return python


def notebook_of(*cells: str) -> nbformat.NotebookNode:
    """A notebook of code cells."""
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])


def run(kernels: Kernels, name: str, *cells: str) -> str:
    """Run cells in a fresh kernel; returns what they printed."""
    executed = papermill.execute_notebook(notebook_of(*cells), None, progress_bar=False, **kernels.arguments(name))
    return "".join(o["text"] for cell in executed.cells for o in cell.outputs if o.output_type == "stream")


def runs(process: str | int) -> bool:
    """Whether a process runs; one that has ended and that nobody waited for does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def alive(marker: str) -> list[str]:
    """Command lines of the processes that hold `marker` in theirs or in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            text = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue
        if marker.encode() in text and runs(process.name) and int(process.name) != os.getpid():
            found.append(text.replace(b"\0", b" ").decode(errors="replace")[:200])
    return found


def soon(condition: Any, seconds: float = 10.0) -> bool:
    """Whether `condition` comes true within some seconds."""
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(condition())
