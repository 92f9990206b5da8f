"""A notebook reduced to what some of its claims need."""

import nbformat

from phasebook.project.files import read_text
from phasebook.project.folders import Folders


def reduced(folders: Folders, notebook: str, wanted: list[str], claims: list[str]) -> str:
    """A notebook without prose, figures and the cases of those of its `claims` that are not `wanted`.

    Cells without a tag stay: they define what cases use, and show that the instruments tell the modes apart.
    """
    book = nbformat.reads(read_text(folders.notebooks / f"{notebook}.ipynb"), as_version=4)
    book.cells = [cell for cell in book.cells if cell.cell_type == "code" and _stays(cell, wanted, claims)]
    return str(nbformat.writes(book))


def _stays(cell: nbformat.NotebookNode, wanted: list[str], claims: list[str]) -> bool:
    tags = cell.metadata.get("tags", [])
    named = {claim for claim in claims if f'"{claim}"' in cell.source}
    return "figure" not in tags and ("case" not in tags or not named or bool(named & set(wanted)))
