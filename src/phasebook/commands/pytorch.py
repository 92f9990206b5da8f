"""`phasebook pytorch`: the notebook that puts the same questions to PyTorch and to Keras."""

from phasebook.commands.alone import alone
from phasebook.commands.choosing import chosen, values
from phasebook.commands.run import run_columns
from phasebook.project.environments import load_environments
from phasebook.project.folders import Folders
from phasebook.project.messages import Say
from phasebook.running import staleness
from phasebook.running.run import How


def pytorch(folders: Folders, names: list[str], say: Say) -> int:
    """Run what is missing or stale in the environments with PyTorch (default: all); 1 where something failed."""
    own = folders.for_pytorch()
    wanted = chosen(own, names) if names else list(load_environments(own).values())
    given = values(own, "")
    with alone(folders, say):
        stale = {one.name: staleness.stale(own, one, given) for one in wanted}
        due = [(one, {name: given[name] for name in stale[one.name]}) for one in wanted if stale[one.name]]
        if not due:
            say("nothing is to be run: all results with PyTorch are up to date")
        return 1 if run_columns(own, due, say, How()) else 0
