"""`phasebook report`: what is stale is run, then the report is rendered."""

import time
from contextlib import suppress
from functools import partial

from phasebook.commands.alone import alone
from phasebook.commands.choosing import chosen, values
from phasebook.commands.render import render
from phasebook.commands.run import profiled, run_columns
from phasebook.project import parameters
from phasebook.project.environments import Environment
from phasebook.project.folders import Folders
from phasebook.project.messages import Say
from phasebook.running import staleness


def report(
    folders: Folders, names: list[str], params: str, say: Say, languages: str = "", *, profile: bool
) -> int:
    """Run what is missing or stale in the environments and render; 1 where something failed."""
    wanted = chosen(folders, names)
    given = values(folders, params)
    folders = folders.for_parameters(parameters.parse(params))
    with alone(folders, say):
        due = {environment.name: _due(folders, environment, given) for environment in wanted}
        failed = False
        to_run = [item for item in wanted if due[item.name]]
        if to_run:
            from phasebook.running.run import How

            for environment in to_run:
                for line in staleness.in_words(environment, due[environment.name], len(given)):
                    say(line)
            runs = [(item, {name: given[name] for name in due[item.name]}) for item in to_run]
            how = How(profile=profile, meanwhile=partial(_warm, folders))
            failed = run_columns(folders, runs, say, how)
        started = time.monotonic()
        status = render(folders, say, given, languages)
        if profile:
            profiled("report", {"render": time.monotonic() - started}, say)
    return 1 if failed else status


def _due(folders: Folders, environment: Environment, given: parameters.Given) -> dict[str, list[str]]:
    """The notebooks to run for the report, with the reasons: stale, or without an executed copy."""
    due = staleness.stale(folders, environment, given)
    for name in staleness.missing_pages(folders, environment, given, list(given)):
        due.setdefault(name, ["its executed notebook is missing"])
    return {name: due[name] for name in given if name in due}


def _warm(folders: Folders) -> None:
    """Render the existing results and discard the pages, to warm the caches of libraries and templates.

    That takes about as long as TensorFlow's import, which another process does meanwhile.
    """
    with suppress(Exception):  # the real rendering says what is wrong
        from phasebook.report import pages

        pages.render(folders, {})
