"""What the package index has, asked through uv, so that mirrors and proxies work."""

import re
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from packaging.version import InvalidVersion, Version

from phasebook.environments import uv
from phasebook.project.errors import NotNow, Problem

Answer = tuple[str, str]  # what uv printed ("" where it found no way) and what it complained of


def versions(
    requirements: Sequence[str], python: str, moment: datetime, *, prereleases: bool = False, platform: str = ""
) -> tuple[dict[str, str], str]:
    """The newest version by package that meets these requirements alone, as wheels for this machine.

    `platform` is another machine (uv's `--python-platform`). Beside it: uv's complaint, if any.
    """
    arguments = ["--no-deps", "--only-binary", ":all:"]
    arguments += ["--python-platform", platform] if platform else []
    arguments += ["--prerelease", "allow"] if prereleases else []
    text, complaint = compile_lock(requirements, python, moment, arguments)
    return pins(text), complaint


def published(
    requirements: Sequence[str], python: str, moment: datetime, *, resolution: str = "highest"
) -> dict[str, datetime]:
    """When the first wheel of what meets each requirement was uploaded, by package; Problem where one is missing.

    `resolution` is uv's: "lowest" asks for the oldest version that meets a requirement.
    """
    arguments = ["--no-deps", "--universal", "--only-binary", ":all:", "--format", "pylock.toml"]
    arguments += ["--resolution", resolution]
    text, complaint = compile_lock(requirements, python, moment, arguments)
    packages = tomllib.loads(text).get("packages", [])
    if len(packages) != len(requirements):
        raise missing(" with ".join(requirements), complaint)
    return {item["name"]: min(wheel["upload-time"] for wheel in item["wheels"]) for item in packages}


def compile_lock(
    requirements: Sequence[str],
    python: str,
    moment: datetime,
    arguments: Sequence[str],
    *,
    bounds: Sequence[str] = (),
    overrides: Sequence[str] = (),
) -> Answer:
    """What `uv pip compile` makes of the requirements for one Python, from packages of before `moment`."""
    with tempfile.TemporaryDirectory(prefix="phasebook-") as name:
        folder = Path(name)
        for file, lines in (("in.txt", requirements), ("bounds.txt", bounds), ("overrides.txt", overrides)):
            folder.joinpath(file).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        # One Python only: else a lock for 3.7 would have to hold for all later ones too.
        settings = f"[tool.uv]\nenvironments = [\"python_version == '{python}'\"]\n"
        folder.joinpath("pyproject.toml").write_text(settings, encoding="utf-8")
        command = ["pip", "compile", "in.txt", "-c", "bounds.txt", "--override", "overrides.txt", *arguments]
        command += ["--python-version", python, "--exclude-newer", f"{moment:%Y-%m-%dT%H:%M:%SZ}"]
        command += ["--python", sys.executable]  # without one, uv takes seconds to search for it
        command += ["--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links"]
        command += ["--no-python-downloads"]
        answer = uv.run(command, folder=folder)
    return (answer.stdout if answer.returncode == 0 else ""), answer.stderr


def pins(text: str) -> dict[str, str]:
    """The package versions of a lock; the first where platforms differ."""
    found: dict[str, str] = {}
    for package, version in re.findall(r"^([a-z0-9-]+)==([^\s;]+)", text, re.MULTILINE):
        found.setdefault(package, version)
    return found


def missing(what: str, complaint: str) -> Problem:
    """The line for a release that cannot be had, from uv's complaint."""
    if uv.unreachable(complaint):
        return NotNow(f"{what}: the package index cannot be reached; nothing was written, try again later")
    if unknown(complaint):
        return Problem(f"{what}: there is no such release; nothing was written", 1)
    if absent(complaint):
        return Problem(f"{what}: cannot be installed on this machine ({uv.complaint(complaint)})", 1)
    return Problem(f"{what}: uv could not resolve it ({uv.complaint(complaint)})", 1)


def unknown(complaint: str) -> bool:
    """Whether uv says that what was asked for (and not something it needs) does not exist at all."""
    missing_version = re.search(r"there is no version of (\S+) and you require \1", complaint)
    return missing_version is not None or "not found in the package registry" in complaint


def absent(complaint: str) -> bool:
    """Whether uv says that nothing meets what was asked for; a network that failed says no such thing."""
    if uv.unreachable(complaint):
        return False
    return unknown(complaint) or "requirements are unsatisfiable" in complaint or "no wheels" in complaint


def refuse_nonsense(key: str, value: str) -> None:
    """Raise Problem for a value that is no version."""
    try:
        Version(value)
    except InvalidVersion:
        raise Problem(f"{key}={value} is no version: write it like 2.21.0, 2.22.0rc1 or nightly") from None
