"""`phasebook why`: what would be run, and for which reasons."""

from collections.abc import Callable

from phasebook.commands.choosing import chosen
from phasebook.project.environments import load_environments
from phasebook.project.folders import Folders
from phasebook.running import staleness

Say = Callable[[str], None]


def why(folders: Folders, names: list[str], tell: Say) -> int:
    """Tell what would be run in the environments (all unless named), and for which reasons."""
    wanted = chosen(folders, names) if names else load_environments(folders).values()
    for environment in wanted:
        for line in staleness.why(folders, environment, {}):
            tell(line)
    return 0
