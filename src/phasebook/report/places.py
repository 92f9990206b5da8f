"""Which lines of a notebook settle a claim."""

import ast
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct
from nbformat import NotebookNode

from phasebook.report.cells import anchor


class Place(Struct, frozen=True):
    """Lines of a cell, counted from 1; `number` counts the cells of the notebook from 1."""

    number: int
    anchor: str
    first: int
    last: int
    source: str


def places(notebook: NotebookNode, claim: str) -> Iterator[Place]:
    """The places in a notebook's case cells where `claim` is recorded, in their order."""
    for number, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code" and "case" in cell.metadata.get("tags", []):
            found = _lines(cell.source, claim)
            if found:
                first, last = found
                source = "\n".join(cell.source.split("\n")[first - 1 : last])
                yield Place(number, anchor(cell.id), first, last, source)


@lru_cache(maxsize=1024)
def _lines(source: str, claim: str) -> tuple[int, int] | None:
    """First and last line of the statements that name the claim.

    Where it is only kept in a variable, all that follows may use it: then to the end of the cell.
    """
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return (1, source.count("\n") + 1) if claim in source else None
    naming = [statement for statement in statements if _names(statement, claim)]
    if not naming:
        return None
    kept = any(isinstance(statement, ast.Assign) for statement in naming)
    return naming[0].lineno, (statements[-1] if kept else naming[-1]).end_lineno or naming[-1].lineno


def _names(statement: ast.stmt, claim: str) -> bool:
    return any(isinstance(node, ast.Constant) and node.value == claim for node in ast.walk(statement))
