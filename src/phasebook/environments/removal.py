"""Deleting virtual environments from the cache; `make clean-environments` and a matrix with KEEP=no call it."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from phasebook.project.folders import cache

Say = Callable[[str], None]


def remove(folder: Path) -> int:
    """Delete one virtual environment, first by name, so that half of one is never taken for a whole.

    Returns the bytes that this frees.
    """
    doomed = folder.with_name(f".{folder.name}.removed")
    shutil.rmtree(doomed, ignore_errors=True)
    try:
        folder.rename(doomed)
    except FileNotFoundError:
        return 0
    freed = _own_bytes(doomed)
    shutil.rmtree(doomed, ignore_errors=True)
    return freed


def clean_environments(say: Say) -> int:
    """Delete every virtual environment of the cache, say what each frees, and return the bytes in all."""
    place = cache() / "environments"
    found = sorted(folder for folder in place.glob("*") if folder.is_dir() and not folder.name.startswith("."))
    freed = 0
    for folder in found:
        freed += (size := remove(folder))
        say(f"{folder.name}: {size / 1e9:.2f} GB")
    for left in place.glob(".*.removed"):
        shutil.rmtree(left, ignore_errors=True)
    say(f"{len(found)} environments deleted from {place}: {freed / 1e9:.1f} GB freed")
    if found:
        say("Files that uv's cache shares with them are not counted; `uv cache clean` frees those too.")
    return freed


def _own_bytes(folder: Path) -> int:
    """Bytes of the files that nothing else links to."""
    total = 0
    for place, _, files in os.walk(folder):
        for file in files:
            stat = (Path(place) / file).lstat()
            total += stat.st_blocks * 512 if stat.st_nlink == 1 else 0
    return total
