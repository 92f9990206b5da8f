"""What a worker of Dask does for Phasebook: it says what it has, and runs one column in a process of its own.

The order brings all that a run reads, and the answer is a parcel (parcel.py): no folder is shared. Dask cannot
stop a task that runs (https://github.com/dask/distributed/issues/3681), so the task itself looks whether it is
still wanted, and ends its process where it is not.
"""

import os
import platform
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, TypedDict

from distributed import Worker, get_worker

from phasebook.environments import install, removal
from phasebook.project.environments import load_environments
from phasebook.project.folders import Folders, cache
from phasebook.running.child import Child
from phasebook.running.column import Order
from phasebook.running.estimates import columns_at_once
from phasebook.running.fingerprints import installed

RESOURCE = "phasebook-column"  # the only one: tasks that need two can block each other (distributed#6136)
_UNREAD = ("results", "fingerprints", "numbers")  # what a run writes and does not read


class Looked(TypedDict):
    """Why a worker cannot be used ("" where it can), and what it can do: `slots` columns at once, `jobs` notebooks
    of each at once; which environments are in its cache.
    """

    refused: str
    slots: int
    jobs: int
    environments: list[str]


class Task(TypedDict):
    """An order: the files of the project by path, the column, its notebooks, how many of them at once.

    Unless the worker is to `keep` it, an environment that it had to make is deleted afterwards.
    """

    files: dict[str, bytes]
    column: str
    notebooks: list[str]
    jobs: int
    keep: bool


class Answer(TypedDict):
    """The files of the parcel by path, or why there is none."""

    files: dict[str, bytes]
    problem: str


def files_of(folders: Folders) -> dict[str, bytes]:
    """All that a run of any column reads, by path in the project."""
    unread = {folders.data / name for name in _UNREAD}
    places = [folders.data, folders.notebooks, folders.phaselab, folders.layermodes]
    found = [path for place in places for path in sorted(place.rglob("*")) if path.is_file()]
    left = [path for path in found if path.suffix != ".pyc" and not unread & set(path.parents)]
    return {path.relative_to(folders.root).as_posix(): path.read_bytes() for path in left}


async def look(code: tuple[str, str], wanted: str, dask_worker: Worker) -> Looked:
    """What this worker is, and how many columns it takes; `code` is `installed()` there, `wanted` the platform."""
    refused = _refusal(code, wanted)
    threads = dask_worker.state.nthreads
    slots = 0 if refused else columns_at_once(threads)
    await dask_worker.set_resources(**{RESOURCE: slots})
    there = sorted(path.parent.name for path in (cache() / "environments").glob("*/phasebook-ready"))
    return {"refused": refused, "slots": slots, "jobs": threads // max(1, slots), "environments": there}


def _refusal(code: tuple[str, str], wanted: str) -> str:
    """Why this worker's results would not be those of the one who asks; "" where they would."""
    if installed() != code:
        return "its Phasebook starts kernels or judges records by other code; check out the same commit there"
    here = f"{sys.platform}-{platform.machine()}"
    return f"it is {here}, the results are of {wanted}" if here != wanted else ""


def work(task: Task) -> Answer:
    """Run a column from these files alone, in a process that ends with this worker, and answer with its parcel."""
    with tempfile.TemporaryDirectory(dir=get_worker().local_directory, prefix="phasebook-") as scratch:
        root, place = Path(scratch, "project"), Path(scratch, "parcel")
        write_files(task["files"], root)
        made_before = _place(Folders(root), task["column"]).exists()
        child, ended = Child(), threading.Event()
        worker = get_worker()
        threading.Thread(
            target=_stop_unwanted, args=(child, worker, worker.get_current_task(), ended), daemon=True
        ).start()
        notebooks: dict[str, dict[str, int]] = {name: {} for name in task["notebooks"]}
        order = Order(str(root), task["column"], notebooks, task["jobs"], keep_downloads=True, out=str(place))
        try:
            end = child.follow(order, lambda line: None)
        finally:
            ended.set()
            if not (task["keep"] or made_before):
                removal.remove(_place(Folders(root), task["column"]))
        if end.problem or not place.is_dir():
            return {"files": {}, "problem": end.problem or "it left nothing"}
        return {"files": read_files(place), "problem": ""}


def _place(folders: Folders, column: str) -> Path:
    """Where a column's environment is, or would be."""
    return install.folder_of(folders, load_environments(folders)[column])


def read_files(place: Path) -> dict[str, bytes]:
    """The files below a folder, by path."""
    found = sorted(path for path in place.rglob("*") if path.is_file())
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in found}


def write_files(files: dict[str, bytes], place: Path) -> None:
    """Write files by path below `place`; raises ValueError for a path that leads out of it."""
    for name, content in files.items():
        path = Path(os.path.normpath(place / name))
        if not path.is_relative_to(place):
            raise ValueError(f"{name!r} leads out of the folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _stop_unwanted(child: Child, worker: Worker, key: Any, ended: threading.Event) -> None:
    """End the process once the scheduler no longer wants the task that waits for it."""
    while not ended.wait(1.0):
        task = worker.state.tasks.get(key)
        if task is None or task.state == "cancelled":
            child.stop()
            child.kill()
            return
