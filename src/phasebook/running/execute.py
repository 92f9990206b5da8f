"""One notebook through papermill in a kernel of its own: the one file that touches papermill. run imports it.

papermill 2.7 marks the cells of a killed kernel as completed, so its metadata is never believed.
"""

import json
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from papermill.exceptions import PapermillExecutionError

from phasebook.kernels.pool import Kernels
from phasebook.project.parameters import Value

# Characters of a cell's outputs that an executed notebook keeps, of what it printed and of what it displayed.
LONGEST_PRINTED, LONGEST_DISPLAYED = 100_000, 5_000_000


@dataclass(frozen=True)
class Executed:
    """One notebook after its run: its cells, how the run went wrong (None where it did not), its seconds."""

    notebook: nbformat.NotebookNode
    accident: str | None
    seconds: float


def execute(source: Path, target: Path, values: dict[str, Value], kernels: Kernels, time_limit: float) -> Executed:
    """Run the notebook `source`, by way of the file `target`; whatever goes wrong is told in the result.

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
            request_save_on_cell_execute=False, autosave_cell_every=0, **kernels.arguments(name),
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
    _tidy(notebook, keep_warnings=accident is not None)
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


def _tidy(notebook: nbformat.NotebookNode, *, keep_warnings: bool) -> None:
    """Take out what differs from run to run and papermill's own marks; cut what is too long to read.

    Standard error goes too, unless the run broke: there stand warnings with paths of this machine.
    """
    notebook.metadata.pop("papermill", None)
    notebook.cells = [
        cell for cell in notebook.cells if "papermill-error-cell-tag" not in cell.metadata.get("tags", [])
    ]
    for cell in notebook.cells:
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        outputs = cell.get("outputs", [])
        if not keep_warnings:
            outputs[:] = _joined([output for output in outputs if output.get("name") != "stderr"])
        outputs[:] = _within_bounds(outputs)


def _joined(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """The outputs, neighbours of one stream as one: where a warning parted them differs from run to run."""
    joined: list[nbformat.NotebookNode] = []
    for output in outputs:
        if joined and output.output_type == "stream" and joined[-1].get("name") == output.name:
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


def _within_bounds(outputs: list[nbformat.NotebookNode]) -> list[nbformat.NotebookNode]:
    """A cell's outputs; what was printed is cut, what is displayed left out, where too long to read."""
    kept = []
    printed, displayed = LONGEST_PRINTED, LONGEST_DISPLAYED
    for output in outputs:
        length = len(json.dumps(output)) if "data" in output else len(_printed(output))
        if "data" in output:
            displayed -= length
            kept.append(output if displayed >= 0 else _note(f"(a display of {length} characters was left out)"))
        elif length <= (LONGEST_PRINTED if output.output_type == "error" else printed):
            printed -= length
            kept.append(output)
        elif printed > 0:
            kept.append(_note(f"{_printed(output)[:printed]}\n... ({length} characters in all)"))
            printed = 0
    return kept


def _printed(output: nbformat.NotebookNode) -> str:
    """The text of a stream or of an error."""
    return str(output.get("text") or "\n".join([output.get("evalue", ""), *output.get("traceback", [])]))


def _note(text: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_output("stream", name="stdout", text=f"{text}\n")
