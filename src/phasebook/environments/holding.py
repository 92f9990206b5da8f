"""Shared and exclusive locks on what all clones share in the cache.

A lock is a file beside the thing and is never deleted: otherwise two processes could each hold one.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from phasebook.project.folders import cache
from phasebook.project.messages import Say


def whole_cache() -> Path:
    """The lock of the cache itself: shared while working in it, exclusive while sweeping it."""
    return cache() / "cache"


def lock_of(thing: Path) -> Path:
    """The lock file of `thing`."""
    return thing.with_name(f".{thing.name}.lock")


@contextmanager
def alone(thing: Path, say: Say, doing: str = "uses or makes") -> Iterator[None]:
    """Hold `thing` alone, waiting for those who hold it."""
    with _open(thing) as file:
        os.set_inheritable(file.fileno(), True)  # held by a uv that outlives us, too
        _take(file, fcntl.LOCK_EX, thing, say, doing)
        yield


@contextmanager
def shared(thing: Path, say: Say, doing: str = "makes or removes") -> Iterator[None]:
    """Hold `thing` together with others, waiting for one who holds it alone."""
    try:
        file = _open(thing)
    except OSError:
        if os.access(thing.parent, os.W_OK):
            raise
        yield  # in a cache that cannot be written nothing can be made or removed
        return
    with file:
        _take(file, fcntl.LOCK_SH, thing, say, doing)
        yield


@contextmanager
def alone_if_free(thing: Path) -> Iterator[bool]:
    """Hold `thing` alone if nobody holds it, without waiting; yields whether it does."""
    with _open(thing) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _open(thing: Path) -> IO[str]:
    thing.parent.mkdir(parents=True, exist_ok=True)
    return lock_of(thing).open("w")


def _take(file: IO[str], kind: int, thing: Path, say: Say, doing: str) -> None:
    for _ in range(10):  # a sweep of the cache holds it for a moment: nothing to tell
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.1)
        else:
            return
    say(f"{thing.name}: another process {doing} it; waiting")
    fcntl.flock(file, kind)
