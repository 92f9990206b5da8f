"""Builds on the workers of a Dask scheduler.

An order is a small project of its own: the columns, the locks, the reduced notebooks. The answer is a parcel.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct
from rich.console import Console

from phasebook.project.environments import Environment
from phasebook.project.folders import Folders
from phasebook.project.results import Result, parse_result
from phasebook.running import matrix
from phasebook.running.estimates import Due
from phasebook.running.progress import Progress
from phasebook.running.worker import files_of, write_files


class Came(Struct, frozen=True):
    """What came back of a build: its result and its executed notebooks by name, or why nothing did."""

    result: Result | None = None
    executed: dict[str, str] = {}
    problem: str = ""


def run(
    folders: Folders,
    staged: Folders,
    due: dict[str, list[str]],
    columns: dict[str, Environment],
    sources: dict[str, str],
    scheduler: str,
) -> dict[str, Came]:
    """Run the notebooks that are `due` in each column, `sources` by name, on the scheduler's workers.

    The columns and their locks are those of `staged`, all else is of `folders`. Workers delete what they install.
    Raises Problem where the scheduler does not answer or has no worker that can be used.
    """
    came: dict[str, Came] = {}

    def read(column: str, files: dict[str, bytes]) -> str | None:
        path = f"results/{column}.json"
        executed = {name: files[f"notebooks/{column}/{name}.ipynb"].decode() for name in due[column]}
        came[column] = Came(parse_result(files[path], path, column), executed)
        return None

    items = [Due(columns[name], {one: ["it is bisected"] for one in due[name]}, 1.0, 0) for name in due]
    with _project(folders, staged, sources) as project:
        failed = matrix.elsewhere(
            project, items, {}, Progress(Console(stderr=True)), scheduler, keep=False, read=read
        )
    return came | {name: Came(problem=reason) for name, reason in failed.items()}


@contextmanager
def _project(folders: Folders, staged: Folders, sources: dict[str, str]) -> Iterator[Folders]:
    """The project with the columns of `staged` and with reduced notebooks, in a temporary folder."""
    with TemporaryDirectory(prefix="phasebook-") as scratch:
        project = Folders(Path(scratch))
        write_files(files_of(folders), project.root)
        shutil.copytree(staged.locks, project.locks, dirs_exist_ok=True)
        shutil.copyfile(staged.environments, project.environments)
        for name, text in sources.items():
            (project.notebooks / f"{name}.ipynb").write_text(text, encoding="utf-8")
        yield project
