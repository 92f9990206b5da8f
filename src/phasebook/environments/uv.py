"""Finding uv, and running it with only the environment variables it needs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from phasebook.project.errors import Problem

# What uv and a build need to find their cache, certificates, proxies and compilers; nothing else is passed.
_PASSED = {
    "PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TMP", "TEMP", "LANG", "LC_ALL", "NETRC",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "all_proxy", "no_proxy",
}  # fmt: skip
_PASSED_PREFIXES = ("UV_", "SSL_CERT_", "XDG_")


def find() -> Path:
    """The uv program of our own `.venv`, else the one on PATH; raises Problem where there is none."""
    try:
        from uv import find_uv_bin

        return Path(find_uv_bin())
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv")
    if found is None:
        raise Problem(f"uv is not installed: run `{sys.executable} -m pip install uv`", 1)
    return Path(found)


def variables() -> dict[str, str]:
    """The environment variables that uv is given."""
    return {key: value for key, value in os.environ.items() if key in _PASSED or key.startswith(_PASSED_PREFIXES)}


def run(
    arguments: list[str], *, folder: Path | None = None, changes: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run uv in `folder` and return what it printed, whatever its exit status.

    `changes` are environment variables set on top of `variables()`.
    """
    return subprocess.run(
        [str(find()), *arguments],
        cwd=folder,
        env=variables() | (changes or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
        check=False,
        close_fds=False,  # a lock that was made inheritable goes with uv
    )


def complaint(output: str) -> str:
    """The one line of uv's error output that says most: the error with its last cause."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    causes = [line.removeprefix("cause: ") for line in lines if line.startswith("cause: ")]
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    said = errors[:1] + causes[-1:] or lines[-1:] or ["uv said nothing"]
    return ": ".join(part.rstrip(".") for part in said)[:400]


def unreachable(output: str) -> bool:
    """Whether uv's error output tells of a network that is not there."""
    signs = ("dns error", "client error (connect)", "error sending request", "connection refused",
             "operation timed out", "network connectivity is disabled", "network is unreachable")  # fmt: skip
    return any(sign in output.lower() for sign in signs)
