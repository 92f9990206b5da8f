"""html-validate, installed once from its lock."""

import hashlib
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from phasebook.project.folders import cache

CHECKER = Path(__file__).with_name("html")


def complaints(pages: Iterable[Path]) -> str:
    """What html-validate says against pages, nothing for valid ones; skips the test where it cannot be had."""
    command = [str(_home() / "node_modules/.bin/html-validate"), "--config", str(CHECKER / ".htmlvalidate.json")]
    done = subprocess.run([*command, *map(str, pages)], capture_output=True, text=True, timeout=600, check=False)
    return done.stdout[-5000:] + done.stderr[-1000:] if done.returncode else ""


def _home() -> Path:
    """The folder where it is installed."""
    lock = (CHECKER / "package-lock.json").read_bytes()
    home = cache() / "html-validate" / hashlib.sha256(lock).hexdigest()[:12]
    if not (home / "ready").is_file():
        if shutil.which("npm") is None:
            pytest.skip("no npm")
        home.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(CHECKER / name, home)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(command, cwd=home, capture_output=True, text=True, timeout=600, check=False)
        if done.returncode:
            pytest.skip(f"html-validate cannot be installed: {done.stderr.strip().splitlines()[-1:]}")
        (home / "ready").touch()
    return home
