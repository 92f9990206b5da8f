"""Running the notebooks of one environment with papermill, the only file that touches it; matrix and cli call it.

Each notebook's verdicts are written when it is done, so that stopping at any moment loses nothing finished.
"""

import os
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from papermill.exceptions import PapermillExecutionError

from phasebook import collect, plan, provision
from phasebook.claims import Claim, by_notebook, load_claims
from phasebook.environments import Environment
from phasebook.files import write_atomically
from phasebook.kernels import Kernels
from phasebook.parameters import Value
from phasebook.paths import Folders
from phasebook.records import judge
from phasebook.results import load_result

TIME_LIMIT = 600  # seconds for one cell of a notebook; the slowest measured needs a tenth of it
LONGEST_OUTPUT = 100_000  # characters of one printed output that an executed notebook keeps

Say = Callable[[str], None]


@dataclass
class Outcome:
    """What running one environment's notebooks came to: failures by notebook, seconds by phase."""

    environment: str
    failures: dict[str, list[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Executed:
    """One notebook after its run: its cells, how the run went wrong (None where it did not), its seconds."""

    notebook: nbformat.NotebookNode
    accident: str | None
    seconds: float


def run_environment(
    folders: Folders,
    environment: Environment,
    notebooks: dict[str, dict[str, Value]],
    say: Say,
    *,
    jobs: int | None = None,
    time_limit: float = TIME_LIMIT,
) -> Outcome:
    """Run `notebooks` (names with their parameters) and write their verdicts and executed copies.

    `jobs` notebooks run at once (default: one a core, at least two). Raises Problem where the environment
    cannot be made or its result file cannot be believed; what goes wrong inside a kernel is a failure in
    the Outcome.
    """
    load_result(folders, environment.name)
    claims = by_notebook(load_claims(folders))
    outcome = Outcome(environment.name)
    started = time.monotonic()
    python = provision.make(folders, environment, say)
    outcome.seconds["set-up"] = time.monotonic() - started
    with TemporaryDirectory(prefix="phasebook-") as scratch:
        log = Path(scratch) / "kernels.log"
        with Kernels(python, environment.variables, folders.source, log, say) as kernels:
            outcome.seconds["import"] = kernels.import_seconds or 0.0
            execute = _executor(folders, kernels, Path(scratch), time_limit)
            for name, executed in _all(execute, notebooks, jobs or max(2, os.cpu_count() or 1), kernels):
                outcome.seconds[name] = executed.seconds
                failures = _keep(folders, environment, name, claims.get(name, []), notebooks[name], executed)
                if failures:
                    outcome.failures[name] = failures
                ending = f"failed: {failures[0]}" if failures else "done"
                say(f"{environment.name}: {name} {ending} ({executed.seconds:.1f} s)")
    return outcome


def _all(
    execute: Callable[[str, dict[str, Value]], Executed],
    notebooks: dict[str, dict[str, Value]],
    jobs: int,
    kernels: Kernels,
) -> Any:
    """Execute the notebooks, `jobs` at once, and yield each as it is done; kernels end when this is left."""
    with ThreadPoolExecutor(jobs) as pool:
        futures: dict[Future[Executed], str] = {
            pool.submit(execute, name, values): name for name, values in notebooks.items()
        }
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            kernels.stop()
            raise


def _executor(
    folders: Folders, kernels: Kernels, scratch: Path, time_limit: float
) -> Callable[[str, dict[str, Value]], Executed]:
    """A function that runs one notebook, for the threads of the pool."""

    def execute(name: str, values: dict[str, Value]) -> Executed:
        started = time.monotonic()
        source, target = folders.notebooks / f"{name}.ipynb", scratch / f"{name}.ipynb"
        accident = None
        try:
            papermill.execute_notebook(
                str(source), str(target), parameters=values, progress_bar=False,
                execution_timeout=time_limit, request_save_on_cell_execute=False, autosave_cell_every=0,
                **kernels.arguments(),
            )  # fmt: skip
        except PapermillExecutionError as error:
            accident = f"{error.ename}: {error.evalue}".strip()
        except CellTimeoutError:
            accident = f"the notebook was stopped: a cell ran longer than {time_limit:.0f} s"
        except DeadKernelError:
            accident = f"the kernel died: {kernels.last_exit()}"
        except Exception as error:  # whatever papermill, nbclient or zmq raise: never a verdict
            accident = f"the notebook could not be run: {type(error).__name__}: {error}"
        notebook, accident = _read(target, source, accident)
        return Executed(notebook, accident, time.monotonic() - started)

    return execute


def _read(target: Path, source: Path, accident: str | None) -> tuple[nbformat.NotebookNode, str | None]:
    """The executed notebook that papermill wrote, else the notebook as it was with what went wrong."""
    for path in (target, source):
        try:
            return nbformat.read(path, as_version=4), accident
        except Exception as error:  # missing, truncated, not JSON, not a notebook
            accident = accident or f"papermill's output cannot be read: {type(error).__name__}"
    return nbformat.v4.new_notebook(), accident


def _keep(
    folders: Folders,
    environment: Environment,
    name: str,
    claims: list[Claim],
    values: dict[str, Value],
    executed: Executed,
) -> list[str]:
    """Judge one executed notebook and write what it leaves; returns its failures, a line each."""
    judged = judge(name, executed.notebook.cells, claims, executed.accident)
    wrong = judged.versions and judged.versions.tensorflow != environment.tensorflow
    if judged.versions and wrong:
        accident = f"TensorFlow {judged.versions.tensorflow} ran, not the lock's {environment.tensorflow}"
        judged = judge(name, executed.notebook.cells, claims, accident)
    inputs = plan.inputs_now(folders, environment, name, values)
    failures = collect.keep(folders, environment, name, judged, inputs)
    if executed.accident and not failures:  # a notebook that settles no claim
        failures = [executed.accident]
    _tidy(executed.notebook)
    executed.notebook.metadata["phasebook"] = {
        "environment": environment.name,
        "inputs": None if failures else msgspec.to_builtins(inputs),
        "failures": failures,
    }
    path = folders.executed / environment.name / f"{name}.ipynb"
    write_atomically(path, nbformat.writes(executed.notebook) + "\n")
    return failures


def _tidy(notebook: nbformat.NotebookNode) -> None:
    """Take out what differs from run to run and papermill's own marks; cut what is too long to read."""
    notebook.metadata.pop("papermill", None)
    notebook.cells = [
        cell for cell in notebook.cells if "papermill-error-cell-tag" not in cell.metadata.get("tags", [])
    ]
    for cell in notebook.cells:
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        for output in cell.get("outputs", []):
            text = output.get("text", "")
            if len(text) > LONGEST_OUTPUT:
                output["text"] = f"{text[:LONGEST_OUTPUT]}\n... ({len(text)} characters in all)\n"
