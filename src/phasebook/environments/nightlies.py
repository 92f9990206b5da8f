"""Keeping wheels that the package index drops, those of nightlies, or never had, those of PyTorch for the CPU."""

import hashlib
import platform
import re
import shutil
import sys
import tempfile
import tomllib
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

from phasebook.environments import uv
from phasebook.project.errors import NotNow, Problem
from phasebook.project.folders import cache

# A wheel whose address a lock names, before its pin.
NAMED = re.compile(r"^# wheel (\S+)$", re.MULTILINE)


def wheels() -> Path:
    """Where the wheels are kept; uv's --find-links takes them from there."""
    return cache() / "wheels"


def keep(text: str, python: Path, changes: dict[str, str]) -> str:
    """Download the wheels of a lock's nightlies that are not kept yet; returns what uv complained of, or "".

    `python` is what they are for, `changes` are uv's variables. Raises Problem for a wheel that cannot be
    downloaded, or has another hash than the lock.
    """
    missing = [entry for entry in entries(text) if not any(wheels().glob(f"{stem(entry)}-*.whl"))]
    if not missing:
        return ""
    with tempfile.TemporaryDirectory(prefix="phasebook-") as name:
        Path(name, "in.txt").write_text("".join(missing), encoding="utf-8")
        command = ["pip", "compile", "in.txt", "--no-deps", "--only-binary", ":all:", "--format", "pylock.toml"]
        answer = uv.run([*command, "--python", str(python)], folder=Path(name), changes=changes)
        if answer.returncode != 0:
            return answer.stderr
    for package in tomllib.loads(answer.stdout)["packages"]:
        [wheel] = package["wheels"]  # the one for this machine
        _download(wheel["url"], wheel["hashes"]["sha256"])
    return ""


def keep_named(text: str) -> None:
    """Download this machine's wheels whose address a lock names (`# wheel https://...`) and that are not kept yet.

    Raises Problem as `keep` does.
    """
    here = f"linux_2_28_{platform.machine()}.whl" if sys.platform == "linux" else "none"
    for url, sha256 in re.findall(r"^# wheel (\S+)\n\S+[^\n]*\n    --hash=sha256:(\w+)$", text, re.MULTILINE):
        if url.endswith(here) and not (wheels() / _file(url)).is_file():
            _download(url, sha256)


def entries(text: str) -> list[str]:
    """The entries of a lock that are development versions, each with its hashes."""
    return re.findall(r"^[a-z0-9-]+==\S+\.dev\d[^\n]*\\\n(?:    --hash[^\n]*\n)+", text, re.MULTILINE)


def stem(entry: str) -> str:
    """How the names of an entry's wheels begin: `tf-nightly==2.23.0.dev1 ...` as `tf_nightly-2.23.0.dev1`."""
    package, _, rest = entry.partition("==")
    return f"{package.replace('-', '_')}-{rest.split()[0]}"


def _download(url: str, sha256: str) -> None:
    """Put a wheel in its place, whole and with that hash or not at all."""
    name = _file(url)
    wheels().mkdir(parents=True, exist_ok=True)
    import urllib.request  # imports http and ssl, and is needed only here

    with tempfile.NamedTemporaryFile(dir=wheels(), prefix=".", suffix=".part") as part:
        try:
            with urllib.request.urlopen(url, timeout=60) as response:
                shutil.copyfileobj(response, part, 1 << 20)
        except OSError as error:
            raise NotNow(f"{name} could not be downloaded ({error}); run the same command again") from None
        part.seek(0)
        if hashlib.file_digest(part, "sha256").hexdigest() != sha256:
            raise Problem(f"{name} does not have the hash of its lock; run the same command again", 1)
        Path(part.name).chmod(0o644)
        with suppress(FileExistsError):  # another process was faster, with the same hash
            (wheels() / name).hardlink_to(part.name)


def _file(url: str) -> str:
    """The name of the file at an address."""
    return unquote(url.rpartition("/")[2])
