"""`phasebook collect`: results of runs on other machines, checked and taken in."""

from pathlib import Path

from phasebook.commands.alone import alone
from phasebook.project.environments import load_environments
from phasebook.project.folders import Folders
from phasebook.project.messages import Say
from phasebook.running import parcel


def collect(folders: Folders, places: list[Path], say: Say) -> int:
    """Take in the folders that `phasebook run --out` wrote: all, or none where one is refused.

    1 where a notebook in them failed. Raises Problem for the first that does not fit this checkout.
    """
    with alone(folders, say):
        environments = load_environments(folders)
        parcels = [parcel.opened(folders, environments, place) for place in places]
        failed = False
        for one in parcels:
            failures = parcel.take_in(folders, one)
            failed = failed or bool(failures)
            say(f"{one.environment.name}: {len(one.executed)} notebooks collected")
            for notebook, lines in failures.items():
                say(f"{one.environment.name}: {notebook} failed: {lines[0]}")
        return 1 if failed else 0
