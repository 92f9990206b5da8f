"""One Phasebook at a time in a checkout."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from phasebook.environments import holding, removal
from phasebook.project.errors import Problem
from phasebook.project.files import sweep
from phasebook.project.folders import Folders
from phasebook.project.messages import Say


@contextmanager
def alone(folders: Folders, say: Say) -> Iterator[None]:
    """Wait until no other Phasebook works in this checkout; the lock is released with the process."""
    try:
        folders.outputs.mkdir(parents=True, exist_ok=True)
        file = (folders.outputs / ".lock").open("w")
    except OSError as error:
        raise Problem(f"{folders.outputs}: cannot be written ({error.strerror}); make it writable", 1) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another phasebook is working in this folder; waiting for it to finish ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        sweep(folders.data)
        sweep(folders.outputs)
        removal.sweep_cache()
        with holding.shared(holding.whole_cache(), say, "sweeps"):
            yield
