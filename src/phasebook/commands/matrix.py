"""`phasebook matrix`: every environment that is missing or stale, several at once."""

import msgspec
from rich.console import Console

from phasebook.commands.alone import alone
from phasebook.commands.choosing import values
from phasebook.project.environments import load_environments
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders
from phasebook.running import matrix as columns
from phasebook.running.estimates import find_due
from phasebook.running.progress import Progress


def matrix(folders: Folders, *, keep: bool, at_once: int | None, scheduler: str | None) -> int:
    """Run all that is missing or stale; 1 where something failed."""
    if scheduler is not None and not keep:
        raise Problem(
            f"KEEP=no deletes environments of this machine, and {scheduler} runs none here; leave it out"
        )
    progress = Progress(Console(stderr=True))
    with alone(folders, progress.say):
        environments = list(load_environments(folders).values())
        given = values(folders, "")
        return columns.run(folders, environments, given, progress, keep=keep, at_once=at_once, scheduler=scheduler)


def due(folders: Folders) -> str:
    """The names of the columns with missing or stale results, as a JSON list, for a CI's matrix of jobs."""
    found = find_due(folders, list(load_environments(folders).values()), values(folders, ""))
    return msgspec.json.encode([item.environment.name for item in found]).decode()
