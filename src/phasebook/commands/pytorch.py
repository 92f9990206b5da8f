"""`phasebook pytorch`: the notebook that puts the same questions to PyTorch and to Keras."""

from phasebook.commands.alone import alone
from phasebook.commands.choosing import chosen, values
from phasebook.commands.run import run_columns
from phasebook.environments import pytorch as making
from phasebook.project.environments import as_of, load_environments
from phasebook.project.errors import Problem
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders
from phasebook.project.messages import Say
from phasebook.running import staleness
from phasebook.running.run import How


def lock(folders: Folders, version: str, names: list[str], say: Say) -> int:
    """Write the lock of one environment with this PyTorch, beside its TensorFlow and Keras; run nothing.

    Raises Problem for anything but one name, and where there is no such lock; the old one is then kept.
    """
    own = folders.for_pytorch()
    if len(names) != 1:
        raise Problem(
            "--lock writes one lock: name its environment, as in `phasebook pytorch --lock 2.13.0 torch-2.13`"
        )
    [environment] = chosen(own, names)
    with alone(folders, say):
        text = making.lock(environment, version, as_of(own))
        write_atomically(own.locks / f"{environment.lock}.txt", text)
    say(f"{environment.name}: wrote its lock; `phasebook pytorch` runs it")
    return 0


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
