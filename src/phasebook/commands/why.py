"""`phasebook why`: which notebooks are stale, and why."""

from phasebook.commands.choosing import chosen
from phasebook.project.environments import load_environments
from phasebook.project.folders import Folders
from phasebook.project.messages import Say
from phasebook.running import staleness


def why(folders: Folders, names: list[str], tell: Say) -> int:
    """Print which notebooks are stale in the environments (all unless named), and why."""
    wanted = chosen(folders, names) if names else load_environments(folders).values()
    for environment in wanted:
        for line in staleness.why(folders, environment, {}):
            tell(line)
    return 0
