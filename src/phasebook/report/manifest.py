"""What the report is made from, as one key, and the files made of it."""

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from phasebook.languages import Language
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders

MANIFEST = ".manifest.json"


def key(folders: Folders, stale: Mapping[str, list[str]], languages: Sequence[Language]) -> str:
    """A digest of everything that a page can depend on.

    The executed notebooks, many and large, stand in it by size and time of change, all else by content.
    """
    words = [dict(stale), commit(folders.root), folders.parameters, [one.code for one in languages]]
    digest = hashlib.sha256(json.dumps(words, sort_keys=True).encode())
    for path in _read_whole(folders):
        digest.update(f"\0{path.name}\0".encode() + path.read_bytes())
    for path in sorted(folders.executed.glob("*/*.ipynb")):
        status = path.stat()
        digest.update(f"\0{path.parent.name}/{path.name} {status.st_size} {status.st_mtime_ns}".encode())
    return digest.hexdigest()


def _read_whole(folders: Folders) -> Iterator[Path]:
    """The data, the notebooks, the failures, and the code and templates that make pages of them."""
    for folder, pattern in (
        (folders.data, "*.toml"),
        (folders.data, "your-own-model/*"),
        (folders.data, "pytorch/**/*"),
        (folders.translations, "**/*"),
        (folders.root, "notebooks/pytorch/*.ipynb"),
        (folders.outputs, "pytorch/failures/*.json"),
        (folders.layermodes, "*.py"),
        (folders.results, "*.json"),
        (folders.fingerprints, "*.json"),
        (folders.numbers, "*.json"),
        (folders.failures, "*.json"),
        (folders.notebooks, "*.ipynb"),
        (folders.root / "requirements", "report.txt"),
        (Path(__file__).parents[1], "**/*"),
    ):
        yield from sorted(path for path in folder.glob(pattern) if path.is_file() and path.suffix != ".pyc")


def is_current(report: Path, key: str) -> bool:
    """Whether `report` was made from `key` and all its files are still there, as large as they were."""
    manifest = _manifest(report)
    if manifest.get("key") != key:
        return False
    try:
        return all((report / name).stat().st_size == size for name, size in manifest["files"].items())
    except OSError:
        return False


def keep(report: Path, key: str, files: Mapping[str, bytes], untranslated: Mapping[str, int]) -> int:
    """Write what differs, delete what an earlier rendering left behind; returns how many were written.

    `untranslated` counts for each language the sentences that are in English there.
    """
    before = _manifest(report).get("files", {})
    written = sum(write_atomically(report / name, content) for name, content in files.items())
    for name in set(before) - set(files):
        (report / name).unlink(missing_ok=True)
    sizes = {name: len(content) for name, content in files.items()}
    manifest = {"key": key, "untranslated": dict(untranslated), "files": sizes}
    write_atomically(report / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    return written


def untranslated(report: Path) -> dict[str, int]:
    """For each language of the report that was rendered last, how many sentences are in English there."""
    return dict(_manifest(report).get("untranslated", {}))


def _manifest(report: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((report / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return {}
    whole = isinstance(manifest, dict) and isinstance(manifest.get("files"), dict)
    return manifest if whole else {}


def commit(root: Path) -> str | None:
    """The commit that is checked out, marked `-dirty` where tracked files differ; None outside a repository."""
    if not (root / ".git").exists():  # a folder, in a worktree a file; not the repository of a folder above
        return None
    command = [
        "git",
        "-c",
        "core.fsmonitor=false",
        "describe",
        "--always",
        "--dirty",
        "--exclude=*",
        "--abbrev=12",
    ]
    variables = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    variables["GIT_OPTIONAL_LOCKS"] = "0"
    try:
        done = subprocess.run(command, cwd=root, env=variables, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):  # no git, no commit
        return None
    return done.stdout.strip() or None
