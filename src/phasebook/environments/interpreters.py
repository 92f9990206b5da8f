"""Finding the Python that an environment is made with."""

import os
import subprocess
from pathlib import Path

from phasebook.environments import uv
from phasebook.project.errors import Problem

# A release is tried on them in this order: the newest that the columns of today use, then what came later.
PYTHONS = ("3.13", "3.12", "3.11", "3.10", "3.9", "3.8", "3.7", "3.14", "3.15")


def find(version: str) -> Path | None:
    """A Python `version` (as "3.7") that is installed: one that uv knows, else the newest under pyenv."""
    answer = uv.run(["python", "find", "--no-project", "--system", "--no-python-downloads", version])
    path = Path(answer.stdout.strip())
    if answer.returncode == 0 and _is(path, version):
        return path
    for candidate in _under_pyenv(version):
        if _is(candidate, version):
            return candidate
    return None


def find_or_fetch(version: str) -> Path:
    """As `find`, but lets uv download a Python where there is none; raises Problem with the way out."""
    found = find(version)
    if found is not None:
        return found
    answer = uv.run(["python", "install", version])
    found = find(version)
    if found is None:
        offered = "no download found" not in answer.stderr.lower()
        commands = [f"`uv python install {version}`"] if offered else []
        commands.append(f"`pyenv install {version}`")
        reason = "uv could not fetch it" if offered else "uv does not offer it"
        raise Problem(f"Python {version} is not installed and {reason}: run {' or '.join(commands)}", 1)
    return found


def _under_pyenv(version: str) -> list[Path]:
    """The interpreters of that version under pyenv, newest first (its shims are no interpreters)."""
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    folders = [folder for folder in root.glob(f"{version}.*") if folder.name.rpartition(".")[2].isdigit()]
    folders.sort(key=lambda folder: int(folder.name.rpartition(".")[2]), reverse=True)
    return [folder / "bin/python" for folder in folders]


def _is(path: Path, version: str) -> bool:
    """Whether `path` runs and is CPython of that version."""
    question = "import sys; print(sys.implementation.name, '%d.%d' % sys.version_info[:2])"
    if not path.is_file():
        return False
    try:
        answer = subprocess.run(
            [str(path), "-I", "-c", question], env=uv.variables(), capture_output=True, text=True, timeout=60
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return answer.returncode == 0 and answer.stdout.split() == ["cpython", version]
