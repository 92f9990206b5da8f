"""Deleting virtual environments from the cache."""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from phasebook.environments import holding, install, nightlies
from phasebook.project.files import PART
from phasebook.project.folders import cache
from phasebook.project.messages import Say


def remove(folder: Path) -> int | None:
    """Delete one virtual environment, first by name, so that half of one is never taken for a whole.

    Returns the bytes that this frees; None if another process is using it, and it is kept.
    """
    doomed = folder.with_name(f".{folder.name}.removed")
    with holding.alone_if_free(folder) as free:
        if not free:
            return None
        shutil.rmtree(doomed, ignore_errors=True)
        try:
            folder.rename(doomed)
        except FileNotFoundError:
            return 0
        freed = _own_bytes(doomed)
        shutil.rmtree(doomed, ignore_errors=True)
    return freed


def clean_environments(say: Say) -> int:
    """Delete every virtual environment in the cache, print the space freed, and return it in bytes."""
    place = cache() / "environments"
    found = sorted(folder for folder in place.glob("*") if folder.is_dir() and not folder.name.startswith("."))
    sizes = []
    for folder in found:
        size = remove(folder)
        if size is None:
            say(f"{folder.name}: in use by another process; kept")
        else:
            sizes.append(size)
            say(f"{folder.name}: {size / 1e9:.2f} GB")
    _finish_removals()
    freed = sum(sizes)
    say(f"{len(sizes)} environments deleted from {place}: {freed / 1e9:.1f} GB freed")
    if sizes:
        say("Files that uv's cache shares with them are not counted; `uv cache clean` frees those too.")
    return freed


def sweep_cache() -> None:
    """Delete what killed processes left unfinished in the cache, where no other process works in it."""
    with suppress(OSError), holding.alone_if_free(holding.whole_cache()) as free:
        if not free:
            return
        for place in (cache(), nightlies.wheels()):
            for left in place.glob(f".*{PART}"):
                left.unlink(missing_ok=True)
        for downloads in (cache() / "environments").glob(f"{install.DOWNLOADS}*"):
            shutil.rmtree(downloads, ignore_errors=True)
        _finish_removals()


def _finish_removals() -> None:
    for left in (cache() / "environments").glob(".*.removed"):
        with holding.alone_if_free(left.with_name(left.name[1:].removesuffix(".removed"))) as free:
            if free:
                shutil.rmtree(left, ignore_errors=True)


def _own_bytes(folder: Path) -> int:
    """Bytes of the files that nothing else links to."""
    total = 0
    for place, _, files in os.walk(folder):
        for file in files:
            stat = (Path(place) / file).lstat()
            total += stat.st_blocks * 512 if stat.st_nlink == 1 else 0
    return total
