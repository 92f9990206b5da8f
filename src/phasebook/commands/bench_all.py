"""`phasebook bench`: the tools beside each other, then a matrix of one environment and of two."""

from phasebook.commands import bench as tools
from phasebook.commands import bench_matrix as columns
from phasebook.environments import install
from phasebook.project.environments import find, load_environments
from phasebook.project.folders import Folders
from phasebook.project.messages import Say

FURTHER = "tf-2.15"  # beside the other one when a matrix run is timed


def bench(folders: Folders, name: str, runs: int, say: Say) -> list[str]:
    """Time both `runs` times; the lines of the table and of what follows it."""
    first, second = (find(load_environments(folders), wanted)[0] for wanted in (name, FURTHER))
    with install.used(folders, first, say), install.used(folders, second, say):
        table = tools.bench(folders, first, runs, say)
        return [*table.lines(), "", *columns.bench(folders, first, second, runs, say).lines()]
