"""Which columns have something to run, how long that takes, how much disk, and how many fit at once."""

import os
import shutil
from pathlib import Path

from msgspec import Struct

from phasebook.environments import install
from phasebook.project.claims import load_claims
from phasebook.project.environments import Environment
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders, cache
from phasebook.project.parameters import Given
from phasebook.running import staleness, timings

MEMORY = 1_200_000_000  # bytes that one column needs while it runs, measured; installing needs less
SPARE_DISK = 1_000_000_000  # bytes that stay free


class Due(Struct, frozen=True):
    """A column with the notebooks to run, the reasons, and what it will take."""

    environment: Environment
    reasons: dict[str, list[str]]
    seconds: float
    new_bytes: int  # 0 where its virtual environment is there already


def find_due(folders: Folders, environments: list[Environment], parameters: Given) -> list[Due]:
    """The columns with missing or stale results, in their order."""
    claims = load_claims(folders)
    known = timings.load()
    found = []
    for environment in environments:
        reasons = staleness.stale(folders, environment, parameters, claims)
        if reasons:
            there = install.ready(folders, environment) is not None
            phases = [timings.IMPORT, *reasons] + ([] if there else [timings.SET_UP])
            seconds = timings.seconds(known, environment.name, phases)
            size = 0 if there else timings.size(known, environment.name)
            found.append(Due(environment, reasons, seconds, size))
    return found


def columns_at_once(wanted: int) -> int:
    """How many columns fit this machine's cores and free memory; one at least."""
    return max(1, min(wanted, os.cpu_count() or 1, _free_memory() // MEMORY))


def announce(due: list[Due], columns: int, at_once: int, keep: bool, folders: Folders) -> list[str]:
    """What will be run, how long it takes and how much disk; raises Problem where the disk is too small."""
    notebooks = sum(len(item.reasons) for item in due)
    seconds = max(sum(item.seconds for item in due) / at_once, max(item.seconds for item in due))
    sizes = sorted(_sizes(due, folders).values(), reverse=True)
    needed = sum(sizes if keep else sizes[:at_once])
    free = free_disk()
    if needed + SPARE_DISK > free:
        way_out = "PHASEBOOK_CACHE names another disk" + (", KEEP=no keeps none of them" if keep else "")
        raise Problem(
            f"{len(sizes)} environments must be made: that needs about {needed / 1e9:.1f} GB in {cache()}, "
            f"and {free / 1e9:.1f} GB are free; `make clean-environments` frees some, {way_out}", 1
        )  # fmt: skip
    lines = [f"{item.environment.name}: {_in_words(item)}" for item in due]
    made = (
        f"{len(sizes)} environments to make, about {needed / 1e9:.1f} GB of disk"
        if sizes
        else "no environment to make"
    )
    lines.append(
        f"{len(due)} of {columns} columns, {notebooks} notebooks: about {timings.in_words(seconds)}, {made}; "
        f"{at_once} at once"
    )
    return lines


def _in_words(item: Due) -> str:
    """A column's notebooks and the reasons, each reason once."""
    reasons = sorted({reason for reasons in item.reasons.values() for reason in reasons})
    count = len(item.reasons)
    return f"{count} notebook{'' if count == 1 else 's'} ({'; '.join(reasons)}), {timings.in_words(item.seconds)}"


def _sizes(due: list[Due], folders: Folders) -> dict[Path, int]:
    """The virtual environments to make, each once, with their bytes."""
    return {install.folder_of(folders, item.environment): item.new_bytes for item in due if item.new_bytes}


def free_disk() -> int:
    """Bytes free where the cache is, or will be."""
    place = cache()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


def _free_memory() -> int:
    """Bytes of free memory; where the system does not say, enough for one column."""
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (OSError, ValueError, AttributeError):
        return MEMORY
