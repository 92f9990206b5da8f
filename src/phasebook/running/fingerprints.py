"""Digests of all that a result follows from, as they are now and as they were when it was made."""

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache

import msgspec
from msgspec import Struct

from phasebook.project.environments import Environment, lock_digest
from phasebook.project.errors import Problem
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders

Values = Mapping[str, object]
"""The parameters given to one notebook; for several notebooks a mapping from their stems to these."""


class Inputs(Struct, frozen=True, forbid_unknown_fields=True):
    """Digests of all that a notebook's result in one environment follows from."""

    code: str
    phaselab: str
    parameters: str
    lock: str


class _Source(Struct):
    source: str | list[str]
    cell_type: str


class _Notebook(Struct):
    cells: list[_Source]


def inputs_now(folders: Folders, environment: Environment, notebook: str, parameters: Values) -> Inputs:
    """What a run of the notebook with these parameters would be made from; `lock` stands for the Python and
    the environment variables too. Raises Problem for a notebook or a lock that cannot be read.
    """
    return all_inputs_now(folders, environment, [notebook], {notebook: parameters})[notebook]


def all_inputs_now(
    folders: Folders, environment: Environment, notebooks: Iterable[str], parameters: Mapping[str, Values]
) -> dict[str, Inputs]:
    """As `inputs_now`, for several notebooks at once: what they share is read once."""
    phaselab = _phaselab(folders)
    lock = _digest([lock_digest(folders, environment), environment.python, environment.variables])
    return {
        notebook: Inputs(_code(folders, notebook), phaselab, _digest(parameters.get(notebook, {})), lock)
        for notebook in notebooks
    }


def load_inputs(folders: Folders, environment: Environment) -> dict[str, Inputs]:
    """What each notebook's result was made from; empty where nobody recorded it in a form we read."""
    try:
        content = (folders.inputs / f"{environment.name}.json").read_bytes()
        return msgspec.json.decode(content, type=dict[str, Inputs])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return {}


def write_inputs(folders: Folders, environment: Environment, inputs: Mapping[str, Inputs]) -> bool:
    """Add these notebooks' inputs to the environment's; call it after the result is written, never before."""
    encoded = msgspec.json.encode({**load_inputs(folders, environment), **inputs}, order="sorted")
    path = folders.inputs / f"{environment.name}.json"
    return write_atomically(path, msgspec.json.format(encoded, indent=2) + b"\n")


def _code(folders: Folders, notebook: str) -> str:
    path = folders.notebooks / f"{notebook}.ipynb"
    try:
        return _code_digest(path.read_bytes())
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(f"{path}: cannot be read as a notebook ({error}); restore it with git") from None


# Keyed by the content: for 45 environments the reading is cheap, the decoding is not.
@lru_cache(maxsize=64)
def _code_digest(content: bytes) -> str:
    """The digest of the sources of the code cells alone: prose, ids, tags and outputs do not count."""
    cells = msgspec.json.decode(content, type=_Notebook).cells
    return _digest(["".join(cell.source) for cell in cells if cell.cell_type == "code"])


def _phaselab(folders: Folders) -> str:
    """Of all that notebooks import; how their kernel is started is no part of what they see."""
    files = sorted(path for path in folders.phaselab.glob("*.py") if path.name != "fork_server.py")
    files += sorted(folders.layermodes.glob("observe.py"))  # the instruments
    return _digest([[file.name, file.read_text(encoding="utf-8")] for file in files])


def _digest(value: object) -> str:
    """A short digest of plain data, the same for the same data in any order of keys."""
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()[:16]
