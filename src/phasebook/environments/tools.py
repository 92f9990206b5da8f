"""Environments for tools that one command needs, made from their locks on first use."""

import hashlib
import shutil
import sys
from pathlib import Path

from phasebook.environments import holding, uv
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders, cache
from phasebook.project.messages import Say


def programs(folders: Folders, name: str, size: str, say: Say) -> Path:
    """The folder of the programs that requirements/<name>.txt installs, in the cache, made once.

    Raises Problem (status 1) where they cannot be installed.
    """
    lock = folders.root / f"requirements/{name}.txt"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    target = cache() / f"{name}-{digest}"  # another lock is another folder: nobody changes what another uses
    made = target / "made-from.txt"
    if made.is_file():
        return target / "bin"
    with holding.alone(target, say):
        if made.is_file():  # another process made it meanwhile
            return target / "bin"
        say(f"Making {target}: about {size}, once ...")
        install = [
            "pip",
            "install",
            "--python",
            str(target),
            "--require-hashes",
            "--compile-bytecode",
            "-r",
            str(lock),
        ]
        for arguments in (["venv", "--clear", "--python", sys.executable, str(target)], install):
            done = uv.run(arguments)
            if done.returncode:
                raise Problem(f"requirements/{name}.txt cannot be installed: {uv.complaint(done.stderr)}", 1)
        shutil.copy(lock, made)
    return target / "bin"
