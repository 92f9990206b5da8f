"""Running what is missing or stale in many columns, several at once.

Each column is a process of its own (column.py), which ends when this one does, however it ends. What a
notebook has settled is written at once, so the next run resumes.
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from types import ModuleType

from phasebook.environments import install, removal
from phasebook.project.environments import Environment
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders
from phasebook.project.parameters import Given
from phasebook.running import timings
from phasebook.running.child import Child
from phasebook.running.column import Order
from phasebook.running.estimates import Due, announce, columns_at_once, find_due
from phasebook.running.progress import Progress

Read = Callable[[str, dict[str, bytes]], str | None]
"""Takes a column's parcel, its files by path; returns why it was refused or which notebooks failed."""


def run(
    folders: Folders,
    environments: list[Environment],
    parameters: Given,
    progress: Progress,
    *,
    keep: bool = True,
    at_once: int | None = None,
    scheduler: str | None = None,
) -> int:
    """Run what is missing or stale in the columns; 0 where all is settled, 1 where some failed.

    `keep=False` removes each virtual environment after its last column. `scheduler` is the address of Dask's,
    whose workers then run the columns. Interrupted, it kills what runs and raises on; what notebooks have
    finished stays. Raises Problem where the disk is too small.
    """
    due = find_due(folders, environments, parameters)
    if not due:
        progress.say(f"Nothing to do: {len(environments)} of {len(environments)} columns are up to date.")
        return 0
    if scheduler is not None:
        failed = elsewhere(folders, due, parameters, progress, scheduler)
    else:
        at_once = min(at_once or columns_at_once(len(due)), len(due))
        for line in announce(due, len(environments), at_once, keep, folders):
            progress.say(line)
        runner = _Runner(folders, parameters, progress, keep, max(1, (os.cpu_count() or 1) // at_once), due)
        with progress.over({item.environment.name: item.seconds for item in due}):
            failed = runner.run(at_once)
    for column, reason in failed.items():
        progress.say(f"{column}: FAILED: {reason}")
    progress.say(
        f"{len(due) - len(failed)} of {len(due)} columns settled" + ("; the rest failed" if failed else "")
    )
    return 1 if failed else 0


def elsewhere(
    folders: Folders,
    due: list[Due],
    parameters: Given,
    progress: Progress,
    scheduler: str,
    *,
    keep: bool = True,
    read: Read | None = None,
) -> dict[str, str]:
    """Run the columns on the workers of Dask's scheduler; returns those that failed, with the reason.

    `read` takes what a column left; without it, the project does. With `keep=False` workers delete the
    environments that they make. Raises Problem where Dask is not installed, or as `cluster.run` does.
    """
    cluster = _dask(scheduler)
    progress.say(f"for the workers of {scheduler}: {', '.join(item.environment.name for item in due)}")
    with progress.over({item.environment.name: item.seconds for item in due}):
        failed: dict[str, str] = cluster.run(
            folders, due, parameters, progress, cluster.Cluster(scheduler, keep, read)
        )
    return failed


def threads(scheduler: str) -> int:
    """How many threads the workers of Dask's scheduler have; raises Problem as `elsewhere` does."""
    return int(_dask(scheduler).threads(scheduler))


def _dask(scheduler: str) -> ModuleType:
    """The module that imports Dask, which is an extra; raises Problem where it is not installed."""
    try:
        from phasebook.running import cluster
    except ModuleNotFoundError as error:
        raise Problem(f"{scheduler}: {error.name} is not installed; run `make .venv/ready-dask`", 1) from None
    return cluster


class _Runner:
    """The column processes of one matrix run."""

    def __init__(
        self, folders: Folders, parameters: Given, progress: Progress, keep: bool, jobs: int, due: list[Due]
    ) -> None:
        self.folders = folders
        self.parameters = parameters
        self.progress = progress
        self.keep = keep
        self.jobs = jobs
        self.due = due
        self.places = {item.environment.name: install.folder_of(folders, item.environment) for item in due}
        self.left = list(self.places.values())
        self.children: set[Child] = set()
        self.stopped = False
        self.lock = threading.Lock()

    def run(self, at_once: int) -> dict[str, str]:
        """Run every column; returns the columns that failed, with the reason."""
        failed = {}
        with ThreadPoolExecutor(at_once) as pool:
            futures = {pool.submit(self._column, item): item.environment.name for item in self.due}
            try:
                for future in as_completed(futures):
                    reason = future.result()
                    if reason is not None:
                        failed[futures[future]] = reason
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                self._stop()
                raise
        return {name: failed[name] for name in futures.values() if name in failed}

    def _column(self, item: Due) -> str | None:
        """Run one column in its process; returns why it failed."""
        name = item.environment.name
        with self.lock:
            if self.stopped:
                return "stopped"
            child = Child()
            self.children.add(child)
        self.progress.start(name)
        notebooks = {notebook: dict(self.parameters.get(notebook, {})) for notebook in item.reasons}
        order = Order(str(self.folders.root), name, notebooks, self.jobs, keep_downloads=self.keep)
        end = child.follow(order, lambda line: self.progress.tell(name, line))
        with self.lock:
            self.children.discard(child)
            if end.seconds:
                timings.note(name, end.seconds, end.bytes)
        if not self.stopped:
            self._clear(item)
        reason = end.problem or in_words(end.failures)
        self.progress.finish(name, reason)
        return reason

    def _clear(self, item: Due) -> None:
        """Remove the virtual environment after its last column, where none is to be kept."""
        folder = self.places[item.environment.name]
        with self.lock:
            self.left.remove(folder)
            last = folder not in self.left
        if last and not self.keep and removal.remove(folder) is None:
            self.progress.tell(item.environment.name, "its environment is in use by another process; kept")

    def _stop(self) -> None:
        """Tell every child to end, and end those that do not."""
        with self.lock:
            self.stopped = True
            children = list(self.children)
        for child in children:
            child.stop()
        for child in children:
            child.kill()


def in_words(failures: dict[str, list[str]]) -> str | None:
    """Which notebooks failed and why, each reason once; None where none did."""
    notebooks: dict[str, list[str]] = {}
    for notebook, lines in failures.items():
        notebooks.setdefault(lines[0], []).append(notebook)
    return "; ".join(f"{', '.join(names)}: {line}" for line, names in notebooks.items()) or None
