"""`phasebook run`: the notebooks of the environments named, whether stale or not."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from phasebook.commands.alone import alone
from phasebook.commands.choosing import chosen, values
from phasebook.project import parameters
from phasebook.project.environments import Environment
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders
from phasebook.project.messages import Say
from phasebook.project.parameters import Given
from phasebook.running import timings

if TYPE_CHECKING:
    from phasebook.running.run import How


def run(folders: Folders, names: list[str], notebooks: list[str], params: str, say: Say, how: "How") -> int:
    """Run the notebooks (all unless named) in the environments, whether stale or not; 1 where something failed."""
    wanted = chosen(folders, names)
    given = values(folders, params)
    for name in notebooks:
        if name not in given:
            raise Problem(f"no notebook is called {name!r}; there are {', '.join(given)}")
    folders = folders.for_parameters(parameters.parse(params))
    with alone(folders, say):
        own = {name: given[name] for name in notebooks or given}
        failed = run_columns(folders, [(environment, own) for environment in wanted], say, how)
        if folders.parameters:
            say(f"Results of {folders.parameters}: {folders.results}")
        return 1 if failed else 0


def run_columns(folders: Folders, wanted: Sequence[tuple[Environment, Given]], say: Say, how: "How") -> bool:
    """Run each environment's notebooks, one environment after the other; True where something failed.

    `how.meanwhile` is called once, while the first environment imports.
    """
    from phasebook.running.run import run_environment  # a tenth of a second that only a run needs

    failed = False
    for environment, own in wanted:
        say(f"{environment.name}: running {len(own)} notebook{'s' if len(own) > 1 else ''}")
        started = time.monotonic()
        outcome = run_environment(folders, environment, own, say, how)
        how = replace(how, meanwhile=bool)
        if not folders.parameters:  # other parameters take other times
            timings.note(environment.name, outcome.without_set_up, 0)
        if how.profile:
            whole = {"total, with notebooks in parallel": time.monotonic() - started}
            profiled(environment.name, outcome.seconds | whole, say)
        failed = failed or bool(outcome.failures)
    return failed


def profiled(what: str, seconds: dict[str, float], say: Say) -> None:
    """Say where the seconds went."""
    for phase, length in seconds.items():
        say(f"{what}: {phase:32} {length:7.2f} s")
