"""Runs of the real notebooks, changed: cells left out or in another order, a mutant put in; in forked kernels."""

import itertools
import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import nbformat
import small_project
from nbformat import NotebookNode

from phasebook.environments import install
from phasebook.kernels.pool import Kernels
from phasebook.project.claims import by_notebook, load_claims
from phasebook.project.environments import load_environments
from phasebook.project.folders import Folders
from phasebook.project.parameters import Value
from phasebook.project.results import ClaimResult
from phasebook.running.execute import Executed, execute
from phasebook.running.judging import RECORD, judge

REAL = Folders(small_project.REAL)
DEFAULT = "tf-2.21+keras-3.15.1"
CLAIMS = by_notebook(load_claims(REAL))
STEMS = sorted(path.stem for path in REAL.notebooks.glob("*.ipynb"))

Records = dict[tuple[str, str], dict[str, object]]  # by claim and case


def notebook(stem: str) -> NotebookNode:
    """A notebook as it is in the repository."""
    return nbformat.read(REAL.notebooks / f"{stem}.ipynb", as_version=4)


def tags(cell: NotebookNode) -> list[str]:
    """A cell's tags."""
    found: list[str] = cell.metadata.get("tags", [])
    return found


def tagged(book: NotebookNode, tag: str) -> list[NotebookNode]:
    """The cells with a tag, in their order."""
    return [cell for cell in book.cells if tag in tags(cell)]


def without(book: NotebookNode, *left_out: str) -> NotebookNode:
    """A copy without the cells that have one of these tags, and without prose."""
    copy = deepcopy(book)
    copy.cells = [c for c in copy.cells if c.cell_type == "code" and not set(left_out) & set(tags(c))]
    return copy


def with_cases(book: NotebookNode, cases: list[NotebookNode]) -> NotebookNode:
    """A copy with exactly these case cells, in this order, behind all definitions; no figures."""
    copy = without(book, "figure", "case", "finish")
    copy.cells += deepcopy(cases) + deepcopy(tagged(book, "finish"))
    return copy


def mutated(book: NotebookNode, code: str, guards: list[str]) -> NotebookNode:
    """A copy without figures and with a mutant's code right behind the setup cell.

    Case cells that speak of other claims only are left out, to be quick.
    """
    copy = without(book, "figure")
    others = {claim.id for claims in CLAIMS.values() for claim in claims} - set(guards)
    copy.cells = [
        cell
        for cell in copy.cells
        if "case" not in tags(cell)
        or any(f'"{claim}"' in cell.source for claim in guards)
        or not any(f'"{claim}"' in cell.source for claim in others)
    ]
    setup = next(i for i, cell in enumerate(copy.cells) if "phaselab.Experiment(" in cell.source)
    copy.cells.insert(setup + 1, nbformat.v4.new_code_cell(code, id="mutant"))
    return copy


def records(executed: Executed) -> Records:
    """The records of an executed notebook; fails where the run went wrong or a record came twice."""
    assert executed.accident is None, executed.accident
    found: Records = {}
    for cell in executed.notebook.cells:
        for output in cell.get("outputs", []):
            record = output.get("data", {}).get(RECORD, {})
            if "case" in record:
                key = record["claim"], record["case"]
                assert key not in found, f"recorded twice: {key}"
                found[key] = json.loads(json.dumps(record))
    return found


def verdicts(stem: str, executed: Executed) -> dict[str, ClaimResult]:
    """What the run settles, judged as `make report` judges it."""
    return judge(stem, executed.notebook.cells, CLAIMS[stem], executed.accident).claims


@dataclass
class Runner:
    """Runs notebooks in one environment's forked kernels, two at once."""

    kernels: Kernels
    scratch: Path
    numbers: Iterator[int]

    def run(self, book: NotebookNode, values: dict[str, Value] | None = None) -> Executed:
        """Run one notebook with parameters."""
        source = self.scratch / f"run-{next(self.numbers)}.ipynb"
        nbformat.write(book, source)
        return execute(source, source.with_suffix(".out.ipynb"), values or {}, self.kernels, 300)

    def run_all(self, books: list[NotebookNode], values: list[dict[str, Value]] | None = None) -> list[Executed]:
        """Run several, two at once; the results in the order given."""
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(self.run, books, values or [{} for _ in books]))


@contextmanager
def runner(environment: str, scratch: Path) -> Iterator[Runner]:
    """A runner in a real environment, which is made where it is missing."""
    found = load_environments(REAL)[environment]
    python = install.make(REAL, found, print)
    shutil.copytree(REAL.notebooks / "data", scratch / "data", dirs_exist_ok=True)  # makes `scratch` too
    with Kernels(python, found.variables, REAL.source, scratch / "kernels.log", print) as kernels:
        assert kernels.failure is None, kernels.failure
        yield Runner(kernels, scratch, itertools.count(1))
