"""Columns on the workers of a Dask scheduler: who gets which, and what becomes of those of a worker that is lost.

Dask carries orders and answers. A column is pinned to a worker when it has a place free: so it goes where its
environment is, workers that join later get some too, and what a lost worker had is known and given to another.
"""

import logging
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from distributed import Client, Future
from msgspec import Struct

from phasebook.environments import install
from phasebook.project.environments import load_environments
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders
from phasebook.project.parameters import Given
from phasebook.running import parcel
from phasebook.running.estimates import Due
from phasebook.running.fingerprints import installed
from phasebook.running.matrix import Read, in_words
from phasebook.running.progress import Progress
from phasebook.running.worker import RESOURCE, Looked, Task, files_of, look, work, write_files

ATTEMPTS = 3  # workers that a column may lose, as Dask's own allowed-failures
PATIENCE = 30.0  # seconds to wait for a worker that can be used
INTERVAL = 0.3  # seconds between two looks


class Cluster(Struct, frozen=True):
    """A scheduler's address; whether workers keep environments; who takes parcels (None: the project does)."""

    scheduler: str
    keep: bool = True
    read: Read | None = None


def run(folders: Folders, due: list[Due], parameters: Given, progress: Progress, to: Cluster) -> dict[str, str]:
    """Run the columns on the scheduler's workers; returns those that failed, with the reason.

    What comes back is collected at once, so the next run resumes. Raises Problem where the scheduler does not
    answer, or has no worker that can be used.
    """
    if any(parameters.values()):
        raise Problem("SCHEDULER takes no PARAMS: results with parameters of your own are not collected")
    with _connected(to.scheduler) as client:
        return _Columns(folders, due, progress, to, client).run()


def threads(scheduler: str) -> int:
    """How many threads the workers have in all; raises Problem where the scheduler does not answer."""
    with _connected(scheduler) as client:
        return sum(client.nthreads().values())


@contextmanager
def _connected(scheduler: str) -> Iterator[Client]:
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what goes wrong is said here, in a line
    try:
        with Client(scheduler, timeout=5, set_as_default=False) as client:
            yield client
    except (OSError, ValueError, TimeoutError) as error:  # ValueError: no such protocol
        said = str(error).partition("\n")[0] or type(error).__name__
        raise Problem(f"SCHEDULER={scheduler}: no Dask scheduler answers there ({said[:200]}); "
                      "start one with `make scheduler`; what was collected is saved", 1) from None  # fmt: skip


class _Handed(Struct):
    """A column on its way: who has it."""

    item: Due
    address: str
    future: Any


class _Columns:
    """The columns of one matrix run on a cluster."""

    def __init__(
        self, folders: Folders, due: list[Due], progress: Progress, to: Cluster, client: "Client"
    ) -> None:
        self.folders, self.progress, self.to, self.client = folders, progress, to, client
        self.environments = load_environments(folders)
        self.files = files_of(folders)
        self.waiting = sorted(due, key=lambda item: -item.seconds)
        self.places = {item.environment.name: install.folder_of(folders, item.environment).name for item in due}
        self.platform = parcel.wanted_platform(folders, due[0].environment)
        self.handed: list[_Handed] = []
        self.workers: dict[str, Looked] = {}  # by address; those that are gone stay known
        self.present: list[str] = []
        self.tried: dict[str, dict[str, str]] = {name: {} for name in self.places}  # why, by address
        self.failed: dict[str, str] = {}

    def run(self) -> dict[str, str]:
        """Hand out and gather until nothing is left."""
        seen = time.monotonic()
        while self.waiting or self.handed:
            self._look()
            seen = time.monotonic() if self.present else seen
            if time.monotonic() - seen > PATIENCE:
                reasons = "; ".join(sorted({told["refused"] for told in self.workers.values()} - {""}))
                raise Problem(f"{self.to.scheduler}: no worker can run columns ({reasons or 'there is none'}); "
                              "`make worker` on a machine starts one; what was collected is saved", 1)  # fmt: skip
            self._gather()
            self._hand_out()
            time.sleep(INTERVAL)
        return self.failed

    def _look(self) -> None:
        """Ask workers that are new what they have; which of them are there and can be used."""
        there = list(self.client.nthreads())
        if new := [address for address in there if address not in self.workers]:
            code = installed()
            answers = self.client.run(look, code, self.platform, workers=new, on_error="return")
            for address, answer in answers.items():
                if isinstance(answer, BaseException):  # no Phasebook there, or one that knows no workers
                    answer = Looked(
                        refused=f"{type(answer).__name__}: {answer}"[:200], slots=0, jobs=0, environments=[]
                    )
                self.workers[address] = answer
                if answer["refused"]:
                    self.progress.say(f"{address}: refused: {answer['refused']}")
        self.present = [one for one in there if one in self.workers and not self.workers[one]["refused"]]

    def _hand_out(self) -> None:
        """Give each free place of a worker the column that suits it best."""
        for address in self.present:
            free = self.workers[address]["slots"] - sum(one.address == address for one in self.handed)
            for _ in range(free):
                able = [item for item in self.waiting if address not in self.tried[item.environment.name]]
                if able:
                    item = min(able, key=lambda item: self._unsuitable(item, address))
                    self.waiting.remove(item)
                    self._hand(item, address)
        for item in list(self.waiting):  # everyone has tried it
            tried = self.tried[item.environment.name]
            if len(tried) >= ATTEMPTS or (self.present and set(self.present) <= set(tried)):
                self.waiting.remove(item)
                self._end(item, "; ".join(dict.fromkeys(tried.values())))

    def _unsuitable(self, item: Due, address: str) -> tuple[bool, bool]:
        """Least for columns whose environment is there, then for those whose environment is on no other worker."""
        place = self.places[item.environment.name]
        others = [self.workers[other]["environments"] for other in self.present if other != address]
        here = place in self.workers[address]["environments"]
        return not here, not here and any(place in there for there in others)

    def _hand(self, item: Due, address: str) -> None:
        name, jobs = item.environment.name, self.workers[address]["jobs"]
        task = Task(files=self.files, column=name, notebooks=list(item.reasons), jobs=jobs, keep=self.to.keep)
        future: Future = self.client.submit(
            work, task, pure=False, workers=[address], allow_other_workers=False, resources={RESOURCE: 1}
        )
        if not self.tried[name]:
            self.progress.start(name)
        self.progress.tell(name, f"runs on {address}")
        self.handed.append(_Handed(item, address, future))

    def _gather(self) -> None:
        """Collect what is done, and take back what a worker that is gone had."""
        for one in list(self.handed):
            lost = one.address not in self.present
            if not (lost or one.future.done()):
                continue
            self.handed.remove(one)
            name = one.item.environment.name
            if one.future.status == "finished":
                answer = one.future.result()
                problem = answer["problem"]
            else:
                failed = one.future.status == "error"  # else the scheduler has let go of it
                told = str(one.future.exception()) if failed else f"the task is {one.future.status}"
                answer, problem = None, "the worker was lost" if lost else told
            one.future.cancel()
            if problem or answer is None:
                self.tried[name][one.address] = f"{one.address}: {problem}"
                self.progress.tell(name, f"{one.address}: {problem}")
                self.waiting.insert(0, one.item)
                continue
            self.workers[one.address]["environments"].append(self.places[name])
            take = self.to.read or self._collect
            self._end(one.item, take(name, answer["files"]))

    def _collect(self, _: str, files: dict[str, bytes]) -> str | None:
        """Take in a parcel; returns which notebooks failed, or why it was refused."""
        with tempfile.TemporaryDirectory(prefix="phasebook-") as scratch:
            try:
                write_files(files, Path(scratch))
                opened = parcel.opened(self.folders, self.environments, Path(scratch))
                return in_words(parcel.take_in(self.folders, opened))
            except (Problem, ValueError) as problem:
                return str(problem)

    def _end(self, item: Due, reason: str | None) -> None:
        """A column is done with, well or not."""
        if reason:
            self.failed[item.environment.name] = reason
        self.progress.finish(item.environment.name, reason)
