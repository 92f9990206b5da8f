"""Reading data files with clear complaints and writing files whole or not at all."""

import os
import shutil
import tempfile
import tomllib
from pathlib import Path
from typing import TypeVar

import msgspec

from phasebook.project.errors import Problem

Data = TypeVar("Data")
PART = ".part"  # the end of the names of files that are being written


def write_atomically(path: Path, data: str | bytes) -> bool:
    """Write `data` to `path` whole or not at all; leave an equal file alone and return False.

    Raises Problem (status 1) when the file cannot be written; what was there before stays.
    """
    content = data.encode() if isinstance(data, str) else data
    temporary = None
    try:
        if path.is_file() and path.read_bytes() == content:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", suffix=PART, delete=False) as file:
            temporary = file.name
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)  # the temporary file's mode is private
        Path(temporary).replace(path)
        temporary = None
    except OSError as error:
        way_out = "the existing file is kept; fix this and run again"
        raise Problem(f"{path}: cannot be written ({error.strerror}); {way_out}", 1) from None
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
    return True


def sweep(folder: Path) -> None:
    """Delete what a killed process left half-written below `folder`; for one who is alone there."""
    for left in list(folder.rglob(f".*{PART}")):
        if left.is_dir() and not left.is_symlink():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def read_bytes(path: Path) -> bytes:
    """A file's bytes; raises Problem when it is missing or cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise Problem(f"{path}: no such file") from None
    except OSError as error:
        raise Problem(f"{path}: cannot be read ({error.strerror})") from None


def read_text(path: Path) -> str:
    """Text of a UTF-8 file; raises Problem when it is missing or is not UTF-8."""
    try:
        return read_bytes(path).decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Problem(f"{path}: not UTF-8 (byte {error.start})") from None


def read_toml(path: Path, kind: type[Data]) -> Data:
    """A TOML file as `kind`; raises Problem with the file, the place and what is wrong."""
    try:
        table = tomllib.loads(read_text(path))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Problem(f"{path}: not valid TOML: {error}") from None
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        raise Problem(f"{path}: {error}{_named(table, str(error))}") from None


def _named(table: dict[str, object], message: str) -> str:
    """The id or name of the entry that a msgspec message points at by number, to find it by."""
    place = message.rpartition("`$.")[2].rstrip("`")
    key, _, rest = place.partition("[")
    number = rest.partition("]")[0]
    entries = table.get(key)
    if not (number.isdigit() and isinstance(entries, list) and int(number) < len(entries)):
        return ""
    entry = entries[int(number)]
    name = (entry.get("id") or entry.get("name")) if isinstance(entry, dict) else None
    return f" (the entry {name!r})" if name else f" (entry {int(number) + 1})"
