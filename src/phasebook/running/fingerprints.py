"""Fingerprints: digests of all that a result depends on, now and when it was made."""

import ast
import hashlib
import io
import re
import tokenize
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path

import msgspec
from msgspec import Struct

from phasebook.kernels.pool import FIXED, KEPT
from phasebook.project import results
from phasebook.project.environments import Environment, lock_digest
from phasebook.project.errors import Problem
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders
from phasebook.project.parameters import Given, Values


class Fingerprint(Struct, frozen=True, forbid_unknown_fields=True):
    """Digests of all that a notebook's result in one environment depends on.

    `lock` stands for the Python and the column's environment variables too, `kernels` for the variables that
    all kernels have, `judging` for the code between a notebook's outputs and its verdicts.
    """

    code: str
    phaselab: str
    parameters: str
    lock: str
    kernels: str
    judging: str


_Recorded = dict[str, Fingerprint]


class _Source(Struct):
    source: str | list[str]
    cell_type: str


class _Notebook(Struct):
    cells: list[_Source]


def fingerprint_now(
    folders: Folders, environment: Environment, notebook: str, parameters: Values, sources: Path | None = None
) -> Fingerprint:
    """What a run of the notebook with these parameters would be made from.

    `sources` is the folder of the notebook, where it is another one than usual. Raises Problem for a notebook or
    a lock that cannot be read.
    """
    return fingerprints_now(folders, environment, [notebook], {notebook: parameters}, sources)[notebook]


def fingerprints_now(
    folders: Folders,
    environment: Environment,
    notebooks: Iterable[str],
    parameters: Given,
    sources: Path | None = None,
) -> dict[str, Fingerprint]:
    """As `fingerprint_now`, for several notebooks at once: what they share is read once."""
    place = sources or folders.notebooks
    phaselab = _phaselab(folders)
    lock = _digest([lock_digest(folders, environment), environment.python, environment.variables])
    kernels, judging = installed()
    return {
        notebook: Fingerprint(
            code=_code(place / f"{notebook}.ipynb"), phaselab=phaselab,
            parameters=_digest(parameters.get(notebook, {})), lock=lock, kernels=kernels, judging=judging,
        )
        for notebook in notebooks
    }  # fmt: skip


def installed() -> tuple[str, str]:
    """The parts `kernels` and `judging`, which are of the Phasebook that runs and not of any project."""
    return _digest([KEPT, FIXED]), _judging()


def load_fingerprints(folders: Folders, environment: Environment) -> dict[str, Fingerprint]:
    """The fingerprints that the results were made from, by notebook; empty where none can be read."""
    path = folders.fingerprints / f"{environment.name}.json"
    try:
        return folders.once(path, Fingerprint, lambda: msgspec.json.decode(path.read_bytes(), type=_Recorded))
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return {}


def write_fingerprints(folders: Folders, environment: Environment, made_from: Mapping[str, Fingerprint]) -> bool:
    """Add these notebooks' fingerprints to the environment's; for when their results are written."""
    encoded = msgspec.json.encode({**load_fingerprints(folders, environment), **made_from}, order="sorted")
    path = folders.fingerprints / f"{environment.name}.json"
    return write_atomically(path, msgspec.json.format(encoded, indent=2) + b"\n")


def data_of(notebook: bytes) -> list[str]:
    """The files below `data/` that a notebook's code names, in the order of names."""
    return _code_digest(notebook)[1]


def _code(path: Path) -> str:
    try:
        digest, named = _code_digest(path.read_bytes())
        files = {name: hashlib.sha256((path.parent / name).read_bytes()).hexdigest() for name in named}
        return _digest([digest, files]) if files else digest
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem(f"{path}: cannot be read as a notebook ({error}); restore it with git") from None


# Keyed by the content: for 45 environments the reading is cheap, the decoding is not.
@lru_cache(maxsize=64)
def _code_digest(content: bytes) -> tuple[str, list[str]]:
    """The digest of the sources of the code cells alone, and the files below `data/` that they name.

    Prose, ids, tags and outputs do not count.
    """
    cells = msgspec.json.decode(content, type=_Notebook).cells
    sources = ["".join(cell.source) for cell in cells if cell.cell_type == "code"]
    return _digest(sources), sorted(set(re.findall(r"""["'](data/[\w.-]+)["']""", "\n".join(sources))))


def _phaselab(folders: Folders) -> str:
    """Of all that notebooks import; how their kernel is started is no part of what they see."""
    files = sorted(path for path in folders.phaselab.glob("*.py") if path.name != "fork_server.py")
    files += sorted(folders.layermodes.glob("observe.py"))  # the instruments
    return _digest([[file.name, file.read_text(encoding="utf-8")] for file in files])


@cache
def _judging() -> str:
    """Of the code that tidies an executed notebook and judges its records, as it runs here."""
    here = Path(__file__)
    judging = [code_of(here.with_name(name).read_text(encoding="utf-8")) for name in ("judging.py", "tidying.py")]
    decides = code_of(Path(results.__file__).read_text(encoding="utf-8"), "verdict_of")
    return _digest([*judging, decides])


def code_of(source: str, function: str | None = None) -> list[str]:
    """The lines of Python source, or of one function in it, without comments, docstrings and blank lines.

    Lines and not a syntax tree, whose form is another one in every Python.
    """
    if function is not None:
        found = (node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
        node = next(node for node in found if node.name == function)
        source = "\n".join(source.splitlines()[node.lineno - 1 : node.end_lineno])  # tokens are slow to make
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            lines[token.start[0] - 1] = lines[token.start[0] - 1][: token.start[1]]
    for inner in ast.walk(ast.parse(source)):
        if isinstance(inner, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(inner) is not None:
            text = inner.body[0]
            lines[text.lineno - 1 : text.end_lineno] = [""] * ((text.end_lineno or text.lineno) - text.lineno + 1)
    return [line.rstrip() for line in lines if line.strip()]


def _digest(value: object) -> str:
    """A short digest of plain data, the same for the same data in any order of keys."""
    return hashlib.sha256(msgspec.json.encode(value, order="sorted")).hexdigest()[:16]
