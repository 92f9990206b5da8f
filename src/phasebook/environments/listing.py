"""All versions of a package that the index has for this machine, with their dates."""

import json
import re
import urllib.request
from datetime import UTC, date, datetime

from msgspec import Struct
from packaging.tags import platform_tags
from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from phasebook.environments import index
from phasebook.project.errors import NotNow, Problem

_FORM = "application/vnd.pypi.simple.v1+json"  # https://peps.python.org/pep-0691/, the form that tells dates
_PYTHON = "3.13"  # asked for the index's address alone


class Listed(Struct, frozen=True):
    """A version and the day on which its first wheel for this machine was uploaded."""

    version: str
    uploaded: date


def listing(package: str) -> list[Listed]:
    """The versions with a wheel for this machine, for whichever Python, oldest version first; none withdrawn.

    uv names the index that it is configured with; uv has no command that lists versions. Raises Problem
    where the index knows no such package or does not tell dates, NotNow without a network.
    """
    address = f"{_address(package)}/{package}/"
    request = urllib.request.Request(address, headers={"Accept": _FORM})
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            files = json.load(response)["files"]
    except OSError as error:
        raise NotNow(f"{package}: the package index cannot be reached ({error}); try again later") from None
    except (ValueError, KeyError):
        raise Problem(
            f"{package}: the package index does not list versions as JSON; use another index", 1
        ) from None
    platforms = {"any", *platform_tags()}
    days: dict[Version, date] = {}
    for file in files:
        version = _version_for(platforms, file["filename"])
        if version is None or file.get("yanked") or "upload-time" not in file:
            continue
        day = datetime.fromisoformat(file["upload-time"]).astimezone(UTC).date()
        days[version] = min(day, days.get(version, day))
    return [Listed(str(version), days[version]) for version in sorted(days)]


def _address(package: str) -> str:
    """The address of the index that uv takes a package from."""
    arguments = ["--no-deps", "--prerelease", "allow", "--emit-index-annotation"]
    text, complaint = index.compile_lock([package], _PYTHON, datetime.now(UTC), arguments)
    found = re.search(r"# from (\S+)", text)
    if found is None:
        raise index.missing(package, complaint)
    return found[1].rstrip("/")


def _version_for(platforms: set[str], name: str) -> Version | None:
    """The version of a file that is a wheel for one of these platforms, else None."""
    try:
        _, version, _, tags = parse_wheel_filename(name)
    except (InvalidWheelFilename, InvalidVersion):
        return None
    return version if any(tag.platform in platforms for tag in tags) else None
