"""`phasebook run`: the notebooks of the environments named, whether stale or not."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from phasebook.commands.alone import alone
from phasebook.commands.choosing import chosen, values
from phasebook.environments import holding
from phasebook.project import parameters
from phasebook.project.environments import Environment
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders
from phasebook.project.messages import Say
from phasebook.project.parameters import Given
from phasebook.running import timings

if TYPE_CHECKING:
    from phasebook.running.run import How


def run(
    folders: Folders,
    names: list[str],
    notebooks: list[str],
    params: str,
    say: Say,
    how: "How",
    out: Path | None = None,
) -> int:
    """Run the notebooks (all unless named) in the environments, whether stale or not; 1 where something failed.

    `out` is a folder for all that the run of one environment leaves; nothing else is then written.
    """
    wanted = chosen(folders, names)
    given = values(folders, params)
    for name in notebooks:
        if name not in given:
            raise Problem(f"no notebook is called {name!r}; there are {', '.join(given)}")
    if out is not None:
        return _into(folders, wanted, {name: given[name] for name in notebooks or given}, params, out, say, how)
    folders = folders.for_parameters(parameters.parse(params))
    with alone(folders, say):
        own = {name: given[name] for name in notebooks or given}
        failed = run_columns(folders, [(environment, own) for environment in wanted], say, how)
        if folders.parameters:
            say(f"Results of {folders.parameters}: {folders.results}")
        return 1 if failed else 0


def _into(
    folders: Folders, wanted: list[Environment], notebooks: Given, params: str, out: Path, say: Say, how: "How"
) -> int:
    """Run one environment into the folder `out`, for `phasebook collect`."""
    from phasebook.running.parcel import fill

    if len(wanted) != 1 or params:
        words = "takes no --params" if params else f"takes one environment, not {len(wanted)}"
        raise Problem(f"--out {words}: {', '.join(environment.name for environment in wanted)}")
    with holding.shared(holding.whole_cache(), say, "sweeps"):
        outcome = fill(folders, wanted[0], notebooks, out.absolute(), say, how)
    timings.note(wanted[0].name, outcome.without_set_up, 0)
    say(f"{wanted[0].name}: {len(notebooks)} notebooks in {out}; `phasebook collect {out}` takes them in")
    return 1 if outcome.failures else 0


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
