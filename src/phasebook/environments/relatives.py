"""A new virtual environment as a hard-linked copy of the most similar one."""

import os
import shutil
from pathlib import Path

from phasebook.environments.index import pins


def nearest(wanted: str, relatives: dict[Path, str]) -> Path | None:
    """The folder among `relatives` (with the text of its lock) that shares most pins with the lock `wanted`."""
    mine = set(pins(wanted).items())
    shared = {folder: len(mine & set(pins(text).items())) for folder, text in relatives.items()}
    best = max(shared, key=lambda folder: shared[folder], default=None)
    return best if best is not None and shared[best] else None


def copy(relative: Path, folder: Path, marker: str) -> None:
    """Make `folder` a copy of the virtual environment `relative`, by hard links and without its `marker`.

    uv and Python replace files and never write into them, so what is installed into the one does not reach the
    other.
    """
    shutil.copytree(relative, folder, symlinks=True, copy_function=os.link, ignore=shutil.ignore_patterns(marker))
    _rename_programs(relative, folder)


def move(relative: Path, folder: Path, marker: str) -> None:
    """Make `folder` out of the virtual environment `relative`, which is gone then."""
    (relative / marker).unlink()
    relative.rename(folder)
    _rename_programs(relative, folder)


def _rename_programs(relative: Path, folder: Path) -> None:
    """Write anew the programs in `folder` that name `relative`."""
    for program in (folder / "bin").iterdir():
        if program.is_symlink() or not program.is_file():
            continue
        content = program.read_bytes()
        if os.fsencode(relative) in content:
            mode = program.stat().st_mode
            program.unlink()
            program.write_bytes(content.replace(os.fsencode(relative), os.fsencode(folder)))
            program.chmod(mode)
