"""The prose of today's notebook around the outputs of its last run."""

from copy import deepcopy
from typing import Any

INJECTED = "injected-parameters"  # papermill's tag of the cell that it adds


def with_prose(executed: list[Any], source: list[Any]) -> list[Any]:
    """The cells of `source`, its code cells with the outputs of `executed`; `executed` where their code differs.

    The cell of parameters that papermill added keeps its place.
    """
    ran = [cell for cell in executed if cell["cell_type"] == "code"]
    own = [cell for cell in ran if not _is_injected(cell)]
    if [_code(cell) for cell in own] != [_code(cell) for cell in source if cell["cell_type"] == "code"]:
        return executed
    left = list(ran)
    cells = []
    for cell in map(deepcopy, source):
        if cell["cell_type"] == "code":
            cells += _injected(left)
            from_run = left.pop(0)
            cell["outputs"] = from_run["outputs"]
            cell["execution_count"] = from_run.get("execution_count")
        cells.append(cell)
        if cell["cell_type"] == "code":
            cells += _injected(left)
    return cells


def _injected(left: list[Any]) -> list[Any]:
    """Take the cell that papermill added where it comes first in `left`."""
    return [left.pop(0)] if left and _is_injected(left[0]) else []


def _is_injected(cell: Any) -> bool:
    return INJECTED in cell["metadata"].get("tags", [])


def _code(cell: Any) -> str:
    return "".join(cell["source"])
