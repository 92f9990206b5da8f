"""One notebook through papermill in a kernel of its own: the one file that touches papermill.

papermill 2.7 marks the cells of a killed kernel as completed, so its metadata is not trusted.
"""

import threading
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError

from phasebook.kernels.pool import Kernels
from phasebook.project.parameters import Values
from phasebook.running.tidying import tidy


@dataclass(frozen=True)
class Executed:
    """One notebook after its run: its cells, how the run went wrong (None where it did not), its seconds."""

    notebook: nbformat.NotebookNode
    accident: str | None
    seconds: float


def execute(source: Path, target: Path, values: Values, kernels: Kernels, time_limit: float) -> Executed:
    """Run the notebook `source`, by way of the file `target`; the result says what went wrong, if anything.

    It runs in the folder of `source`, as in Jupyter, and finds its data there.
    After `time_limit` seconds its kernel is killed.
    """
    name = source.stem
    started = time.monotonic()
    too_long = threading.Event()

    def stop() -> None:
        too_long.set()
        kernels.kill(name)

    watch = threading.Timer(time_limit, stop)
    watch.start()
    accident = None
    try:
        papermill.execute_notebook(
            str(source), str(target), parameters=values, progress_bar=False,
            request_save_on_cell_execute=False, autosave_cell_every=0, **kernels.arguments(name, source.parent),
        )  # fmt: skip
    except PapermillExecutionError as error:
        accident = f"{error.ename}: {error.evalue}".strip()
    except DeadKernelError:
        accident = f"the kernel {kernels.ending(name) or 'died'}"
    except Exception as error:  # whatever papermill, nbclient or zmq raise: never a verdict
        accident = f"the notebook could not be run: {type(error).__name__}: {error}"
    finally:
        watch.cancel()
    if too_long.is_set():
        accident = f"the notebook was stopped at its time limit of {time_limit:.0f} s"
    notebook, accident = _read(target, source, accident)
    tidy(notebook, keep_warnings=accident is not None)
    return Executed(notebook, accident, time.monotonic() - started)


def as_text(notebook: nbformat.NotebookNode) -> str:
    """The notebook as the text of its file."""
    return str(nbformat.writes(notebook)) + "\n"


def _read(target: Path, source: Path, accident: str | None) -> tuple[nbformat.NotebookNode, str | None]:
    """The executed notebook that papermill wrote, else the notebook as it was with what went wrong."""
    for path in (target, source):
        try:
            return nbformat.read(path, as_version=4), accident
        except Exception as error:  # missing, truncated, not JSON, not a notebook
            accident = accident or f"papermill's output cannot be read: {type(error).__name__}"
    return nbformat.v4.new_notebook(), accident
