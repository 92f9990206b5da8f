"""Numbers that a notebook hands out for figures over all columns: kept beside its verdicts, and never judged.

A notebook displays them as a table {name: whole numbers}. They are in a file of their own, so that no verdict
depends on them, with the fingerprint of the run that they belong to.
"""

import msgspec
from msgspec import Struct
from nbformat import NotebookNode

from phasebook.project.environments import Environment
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders
from phasebook.running.fingerprints import Fingerprint, load_fingerprints

NUMBERS = "application/vnd.phasebook.numbers+json"
Table = dict[str, list[int]]


class _Kept(Struct):
    fingerprint: Fingerprint
    numbers: Table


def keep(
    folders: Folders, environment: Environment, notebook: str, executed: NotebookNode, fingerprint: Fingerprint
) -> None:
    """Write what the executed notebook displays as numbers; a table that is none is left out."""
    found: Table = {}
    for cell in executed.cells:
        for output in cell.get("outputs", []):
            try:
                found |= msgspec.convert(output.get("data", {}).get(NUMBERS, {}), Table)
            except msgspec.ValidationError:
                continue
    if found:
        kept = _load(folders, environment) | {notebook: _Kept(fingerprint, found)}
        encoded = msgspec.json.format(msgspec.json.encode(kept, order="sorted"), indent=1)
        write_atomically(folders.numbers / f"{environment.name}.json", encoded + b"\n")


def load(folders: Folders, environment: Environment, notebook: str) -> Table:
    """The numbers of the run that the environment's verdicts are from; empty where there are none."""
    kept = _load(folders, environment).get(notebook)
    current = load_fingerprints(folders, environment).get(notebook)
    return kept.numbers if kept and kept.fingerprint == current else {}


def _load(folders: Folders, environment: Environment) -> dict[str, _Kept]:
    try:
        content = (folders.numbers / f"{environment.name}.json").read_bytes()
        return msgspec.json.decode(content, type=dict[str, _Kept])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return {}
