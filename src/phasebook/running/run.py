"""Running the notebooks of one environment, several at once.

Each notebook's verdicts are written when it is done, so that stopping at any moment loses nothing finished.
"""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec

from phasebook.environments import install
from phasebook.kernels.pool import Kernels
from phasebook.project.claims import Claim, by_notebook, load_claims
from phasebook.project.environments import Environment
from phasebook.project.errors import Problem, for_terminal
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders
from phasebook.project.messages import Say
from phasebook.project.parameters import Given
from phasebook.project.results import foreign, load_result
from phasebook.running import numbers, snapshot, store, timings
from phasebook.running.judging import judge

if TYPE_CHECKING:
    from phasebook.running.execute import Executed

TIME_LIMIT = 900.0  # seconds for one notebook; the slowest measured needs a tenth of it


@dataclass(frozen=True)
class How:
    """How notebooks are run: how many at once (default: one a core), and for how many seconds each.

    `meanwhile` is called once while the kernels' process imports TensorFlow, on this thread: two threads that
    import packages with modules in common may get half a module.
    """

    jobs: int | None = None
    time_limit: float = TIME_LIMIT
    profile: bool = False  # say where the seconds went
    meanwhile: Callable[[], object] = bool


@dataclass
class Outcome:
    """What running one environment's notebooks came to: failures by notebook, seconds by phase."""

    environment: str
    failures: dict[str, list[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def without_set_up(self) -> dict[str, float]:
        """Seconds of the phases that every run has; set-up is long once, then nothing."""
        return {phase: length for phase, length in self.seconds.items() if phase != timings.SET_UP}


def run_environment(
    folders: Folders, environment: Environment, notebooks: Given, say: Say, how: How = How()
) -> Outcome:
    """Run `notebooks`, several at once, and write their verdicts and executed copies.

    What took longest when it was last run here starts first, so that no core waits for it in the end.
    Raises Problem where the environment cannot be made or cannot import TensorFlow, or its result file
    is invalid; what goes wrong inside a kernel is a failure in the Outcome.
    """
    load_result(folders, environment.name)
    claims = by_notebook(load_claims(folders))
    outcome = Outcome(environment.name)
    started = time.monotonic()
    with ExitStack() as stack:
        scratch = Path(stack.enter_context(TemporaryDirectory(prefix="phasebook-")))
        taken = snapshot.take(folders, environment, notebooks, scratch / "sources")
        python = install.make(folders, environment, say)
        outcome.seconds[timings.SET_UP] = time.monotonic() - started
        stack.enter_context(install.used(folders, environment, say))
        kernels = stack.enter_context(
            Kernels(python, environment.variables, folders.source, scratch / "kernels.log", say)
        )
        in_order = _longest_first(environment, notebooks)
        for name, executed in _all(taken.sources, in_order, kernels, scratch, how):
            failures = _keep(folders, environment, name, claims.get(name, []), taken, executed)
            if failures:
                outcome.failures[name] = failures
            outcome.seconds[name] = executed.seconds
            ending = f"failed: {failures[0]}" if failures else "done"
            say(f"{environment.name}: {name} {ending} ({executed.seconds:.1f} s)")
        if kernels.failure:
            say(f"{environment.name}: its folder is {python.parents[1]}; delete it to rebuild the environment")
            raise Problem(f"{environment.name}: TensorFlow cannot be imported: {kernels.failure}", 1)
        outcome.seconds[timings.IMPORT] = kernels.import_seconds or 0.0
    return outcome


def _longest_first(environment: Environment, notebooks: Given) -> Given:
    known = timings.load()
    names = sorted(notebooks, key=lambda name: timings.seconds(known, environment.name, [name]), reverse=True)
    return {name: notebooks[name] for name in names}


def _all(
    sources: Path, notebooks: Given, kernels: Kernels, scratch: Path, how: How
) -> Iterator[tuple[str, "Executed"]]:
    """Execute the notebooks and yield each as it is done; where the caller stops early, the kernels are killed."""
    from phasebook.running.execute import (
        execute,  # papermill imports for a second, while the kernels import TensorFlow
    )

    how.meanwhile()
    if kernels.failure:
        return
    with ThreadPoolExecutor(how.jobs or max(2, os.cpu_count() or 1)) as pool:
        futures = {}
        for name, values in notebooks.items():
            source, target = sources / f"{name}.ipynb", scratch / f"{name}.ipynb"
            futures[pool.submit(execute, source, target, values, kernels, how.time_limit)] = name
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            kernels.stop()
            raise


def _keep(
    folders: Folders,
    environment: Environment,
    name: str,
    claims: list[Claim],
    taken: snapshot.Snapshot,
    executed: "Executed",
) -> list[str]:
    """Judge one executed notebook and write what it leaves; returns its failures, a line each."""
    from phasebook.running.execute import as_text

    notebook, fingerprint = executed.notebook, taken.fingerprints[name]
    accident = executed.accident or snapshot.changed(taken, folders, environment, name)
    judged = judge(name, notebook.cells, claims, accident)
    another = foreign(judged.versions, environment) if judged.versions else None
    if another:
        accident = another
        judged = msgspec.structs.replace(judge(name, notebook.cells, claims, accident), versions=None)
    failures = store.keep(folders, environment, name, judged, taken.lock, fingerprint)
    if not failures:
        numbers.keep(folders, environment, name, notebook, fingerprint)
    if accident and not failures:  # a notebook that settles no claim
        failures = [for_terminal(accident)]
    notebook.metadata["phasebook"] = {
        "environment": environment.name,
        "fingerprint": None if failures else msgspec.to_builtins(fingerprint),
        "failures": failures,
    }
    write_atomically(folders.executed / environment.name / f"{name}.ipynb", as_text(notebook))
    return failures
