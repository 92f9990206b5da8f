"""`phasebook matrix`: every environment that is missing or stale, several at once."""

from rich.console import Console

from phasebook.commands.alone import alone
from phasebook.commands.choosing import values
from phasebook.project.environments import load_environments
from phasebook.project.folders import Folders
from phasebook.running import matrix as columns
from phasebook.running.progress import Progress


def matrix(folders: Folders, *, keep: bool, at_once: int | None) -> int:
    """Run all that is missing or stale; 1 where something failed."""
    progress = Progress(Console(stderr=True))
    with alone(folders, progress.say):
        environments = list(load_environments(folders).values())
        return columns.run(folders, environments, values(folders, ""), progress, keep=keep, at_once=at_once)
