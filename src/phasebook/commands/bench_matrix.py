"""The cost of one more environment in a matrix run, in seconds and memory."""

import shutil
import statistics
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from phasebook.commands.bench import copy_project, profile, variables
from phasebook.environments import install
from phasebook.project.environments import Environment
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders
from phasebook.project.messages import Say

BETWEEN_LOOKS = 0.3  # seconds


@dataclass
class Further:
    """What was measured, one entry a run: seconds of a matrix of one and of two columns, the limit, bytes."""

    alone: list[float] = field(default_factory=list)
    both: list[float] = field(default_factory=list)
    work: list[float] = field(default_factory=list)
    peak: list[int] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The medians in words."""
        alone, both, work = (statistics.median(those) for those in (self.alone, self.both, self.work))
        return [
            f"A matrix of one column takes {alone:.1f} s, with a further environment {both:.1f} s: "
            f"{both - alone:.1f} s more, where the further one's import and cells take {work:.1f} s.",
            f"Both at once need {max(self.peak) / 1e9:.2f} GB of memory at most.",
        ]


def bench(folders: Folders, first: Environment, second: Environment, runs: int, say: Say) -> Further:
    """Time the matrix with `first` stale and with both stale, `runs` times; raises Problem where it fails."""
    for environment in (first, second):
        install.make(folders, environment, say)
    found = Further()
    for number in range(runs):
        with TemporaryDirectory(prefix="phasebook-bench-") as scratch:
            project = copy_project(folders, Path(scratch))
            alone, _ = _matrix(project, [first])
            both, peak = _matrix(project, [first, second])
            work = sum(profile(project, second, ["--jobs", "1"]).values())
        for measured, value in ((found.alone, alone), (found.both, both), (found.work, work)):
            measured.append(value)
        found.peak.append(peak)
        say(f"run {number + 1} of {runs}: matrix of one {alone:.2f} s, of two {both:.2f} s, {peak / 1e9:.2f} GB")
    return found


def _matrix(project: Folders, columns: list[Environment]) -> tuple[float, int]:
    """Seconds and the peak memory of a matrix run in which these columns are stale."""
    for column in columns:
        for folder in (project.results, project.fingerprints):
            (folder / f"{column.name}.json").unlink(missing_ok=True)
        shutil.rmtree(project.executed / column.name, ignore_errors=True)
    started, peak = time.monotonic(), 0
    with subprocess.Popen(
        [sys.executable, "-m", "phasebook", "matrix"], env=variables(project), stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None:
            peak = max(peak, _memory(process.pid))
            time.sleep(BETWEEN_LOOKS)
    if process.returncode:
        raise Problem(f"the matrix ended with status {process.returncode}", 1)
    return time.monotonic() - started, peak


def _memory(root: int) -> int:
    """Bytes of a process and of all below it; pages that several share are counted once (PSS)."""
    parents = {}
    for place in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(place.parent.name)] = int(place.read_text().rpartition(")")[2].split()[1])
    family, before = {root}, set[int]()
    while family != before:
        before = set(family)
        family |= {pid for pid, parent in parents.items() if parent in family}
    return sum(_own_memory(pid) for pid in family)


def _own_memory(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
