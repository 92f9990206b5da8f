"""The runs behind the report's page "Your own model": what layermodes said of one real model in some columns."""

import hashlib

import msgspec
from msgspec import Struct

from phasebook.project.environments import Environment, lock_digest
from phasebook.project.errors import Problem
from phasebook.project.files import read_text, write_atomically
from phasebook.project.folders import Folders

COLUMNS = ("tf-2.15", "tf-2.21+keras-3.15.1", "tf-nightly")  # the last Keras 2, Keras 3, what comes next


class Found(Struct, frozen=True):
    """One finding: the id of its rule, the layer's path and the claim that proves it."""

    rule: str
    path: str
    claim: str | None


class Said(Struct, frozen=True):
    """What layermodes said: the table with its head, what its star means, reasons as (layers, calls, reason)."""

    versions: dict[str, str]
    table: list[list[str]]
    star: str
    reasons: list[tuple[str, str, str]]
    findings: list[Found]


class Run(Struct, frozen=True, forbid_unknown_fields=True):
    """One run with the digests of what it was made from."""

    code: str
    lock: str
    said: Said


def model_source(folders: Folders) -> str:
    """The script that makes the model and looks at it."""
    return read_text(folders.own_model / "model.py")


def code_digest(folders: Folders) -> str:
    """The digest of the model and of layermodes; the rules' texts do not count: the page shows today's."""
    files = [folders.own_model / "model.py", *sorted(folders.layermodes.glob("*.py"))]
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.name}\n{read_text(file)}\n".encode())
    return digest.hexdigest()[:16]


def load_run(folders: Folders, name: str) -> Run | None:
    """The recorded run in a column, or None; raises Problem for a file that is invalid."""
    path = folders.own_model / f"{name}.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Run)
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise Problem(f"{path}: {error}; make it again with `phasebook own-model`", 1) from None


def write_run(folders: Folders, name: str, run: Run) -> bool:
    """Record a run; whether that changed the file."""
    encoded = msgspec.json.format(msgspec.json.encode(run), indent=1) + b"\n"
    return write_atomically(folders.own_model / f"{name}.json", encoded)


def stale(folders: Folders, environment: Environment, run: Run) -> list[str]:
    """Why a recorded run is stale; empty where it is not."""
    reasons = ["the model or layermodes changed"] if run.code != code_digest(folders) else []
    return reasons + (["the lock changed"] if run.lock != lock_digest(folders, environment) else [])
