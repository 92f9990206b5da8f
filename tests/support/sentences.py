"""The sentences that readers act on: the first page's answer, limits and notes, and every "What to write"."""

import re

import nbformat

from phasebook.project.folders import Folders

_SECTION = re.compile(r"^## What to write\n(.*?)(?=^## )", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[((?:`[^`]*`|[^\]`])*)\]\([^)]*\)")
_MARKS = re.compile(r"\*\*?(?=[^\s*])((?:`[^`]*`|[^*`])+?)\*\*?")
_BLOCK = re.compile(r"\n\s*(?:[-*]|\d+\.) |\n\s*\n(?:\s*(?:[-*]|\d+\.) )?")


def what_to_write(folders: Folders, stem: str) -> str:
    """The markdown of a notebook's section "What to write", code cells left out."""
    notebook = nbformat.read(folders.notebooks / f"{stem}.ipynb", as_version=4)
    prose = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    found = _SECTION.search(prose)
    return found[1] if found else ""


def fences(markdown: str) -> list[str]:
    """The pieces of code in it."""
    return [fence.split("\n", 1)[1].rsplit("\n", 1)[0] for fence in _FENCE.findall(markdown)]


def sentences(markdown: str) -> list[str]:
    """Its sentences, each on one line, without links and emphasis."""
    blocks = _BLOCK.split("\n" + _FENCE.sub("\n\n", markdown))
    plain = [_MARKS.sub(r"\1", _LINK.sub(r"\1", " ".join(block.split()))) for block in blocks]
    return [one for block in plain for one in re.split(r"(?<=[.?!])\s+(?=[A-Z`])", block) if one]
