"""What `report`, `run` and `render` do, step by step; cli calls it and exits with what it returns."""

import fcntl
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial

from phasebook.environments import holding, removal
from phasebook.project import parameters
from phasebook.project.claims import load_claims
from phasebook.project.environments import Environment, find, load_environments
from phasebook.project.errors import Problem
from phasebook.project.files import sweep
from phasebook.project.folders import Folders
from phasebook.project.results import Result, load_result
from phasebook.running import staleness, timings

Say = Callable[[str], None]


def report(folders: Folders, names: list[str], params: str, say: Say, *, profile: bool) -> int:
    """Run what is missing or stale in the environments and render; 1 where something failed."""
    chosen = _chosen(folders, names)
    values = _values(folders, params)
    folders = folders.for_parameters(parameters.parse(params))
    with alone(folders, say):
        due = {environment.name: _due(folders, environment, values) for environment in chosen}
        failed = False
        to_run = [item for item in chosen if due[item.name]]
        if to_run:
            for environment in to_run:
                for line in staleness.in_words(environment, due[environment.name], len(values)):
                    say(line)
            warm = partial(_warm, folders)
            failed = _run(folders, to_run, due, values, say, profile=profile, meanwhile=warm)
        started = time.monotonic()
        status = render(folders, say, values)
        if profile:
            _profile("report", {"render": time.monotonic() - started}, say)
    return 1 if failed else status


def run(
    folders: Folders,
    names: list[str],
    notebooks: list[str],
    params: str,
    say: Say,
    *,
    profile: bool,
    jobs: int | None,
) -> int:
    """Run the notebooks (all unless named) in the environments, whether stale or not; 1 where something failed."""
    chosen = _chosen(folders, names)
    values = _values(folders, params)
    for name in notebooks:
        if name not in values:
            raise Problem(f"no notebook is called {name!r}; there are {', '.join(values)}")
    folders = folders.for_parameters(parameters.parse(params))
    with alone(folders, say):
        due = {environment.name: notebooks or list(values) for environment in chosen}
        failed = _run(folders, chosen, due, values, say, profile=profile, jobs=jobs)
        if folders.parameters:
            say(f"Results of {folders.parameters}: {folders.results}")
        return 1 if failed else 0


def _warm(folders: Folders) -> None:
    """Render what is there, for nobody: libraries, templates and the cells that stay are ready for the next time.

    That takes about as long as TensorFlow's import, which another process does meanwhile.
    """
    with suppress(Exception):  # the real rendering says what is wrong
        from phasebook.report import pages

        pages.render(folders, {})


def render(folders: Folders, say: Say, values: dict[str, dict[str, parameters.Value]] | None = None) -> int:
    """Render the report from what is there and print its path; `values` are the parameters it was run with."""
    from phasebook import report as pages

    claims = load_claims(folders)
    stale = {}
    for name, environment in load_environments(folders).items():
        reasons = staleness.stale(folders, environment, values or {}, claims)
        if reasons:
            stale[name] = sorted({reason for own in reasons.values() for reason in own})
    print(pages.render(folders, stale, say))
    return 0


def matrix(folders: Folders, *, keep: bool, at_once: int | None) -> int:
    """Run all that is missing or stale; 1 where something failed."""
    from rich.console import Console

    from phasebook.running import matrix as columns
    from phasebook.running.progress import Progress

    progress = Progress(Console(stderr=True))
    with alone(folders, progress.say):
        environments = list(load_environments(folders).values())
        return columns.run(folders, environments, _values(folders, ""), progress, keep=keep, at_once=at_once)


def new(folders: Folders, tensorflow: str | None, keras: str | None, say: Say) -> int:
    """Add a release's columns and print what changed; 3 where a verdict did."""
    from rich.console import Console

    from phasebook.commands import new as release

    with alone(folders, say):
        return release.new(folders, tensorflow, keras, Console(), say)


def compare(folders: Folders, before: str, after: str, *, as_json: bool) -> int:
    """Print what changed between two columns; 3 where something did."""
    from rich.console import Console

    from phasebook.commands import compare as printing
    from phasebook.history.differences import compare as differences

    environments = load_environments(folders)
    sides = [_one(folders, environments, name) for name in (before, after)]
    comparison = differences(sides[0], sides[1], list(load_claims(folders)))
    if as_json:
        print(printing.as_json(comparison))
    else:
        printing.show(comparison, Console())
    return comparison.status


def why(folders: Folders, names: list[str], tell: Say) -> int:
    """Tell what would be run in the environments (all unless named), and for which reasons."""
    chosen = _chosen(folders, names) if names else load_environments(folders).values()
    for environment in chosen:
        for line in staleness.why(folders, environment, {}):
            tell(line)
    return 0


def _one(folders: Folders, environments: dict[str, Environment], name: str) -> Result:
    """The result of the one column that `name` means; raises Problem for none, for several and for no result."""
    found = find(environments, name)
    if len(found) > 1:
        raise Problem(f"{name!r} means several environments: {', '.join(item.name for item in found)}; name one")
    result = load_result(folders, found[0].name)
    if result is None:
        raise Problem(f"{found[0].name} has no result yet; run: make report TF={found[0].name}", 1)
    return result


@contextmanager
def alone(folders: Folders, say: Say) -> Iterator[None]:
    """Wait until no other Phasebook works in this checkout; the lock goes with the process."""
    try:
        folders.outputs.mkdir(parents=True, exist_ok=True)
        file = (folders.outputs / ".lock").open("w")
    except OSError as error:
        raise Problem(f"{folders.outputs}: cannot be written ({error.strerror}); make it writable", 1) from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another phasebook works in this folder; waiting for it ...")
            fcntl.flock(file, fcntl.LOCK_EX)
        sweep(folders.data)
        sweep(folders.outputs)
        removal.sweep_cache()
        with holding.shared(holding.whole_cache(), say, "sweeps"):
            yield


def _run(
    folders: Folders,
    chosen: list[Environment],
    due: Mapping[str, Collection[str]],
    values: dict[str, dict[str, parameters.Value]],
    say: Say,
    *,
    profile: bool,
    jobs: int | None = None,
    meanwhile: Callable[[], object] = bool,
) -> bool:
    """Run what is due, environment by environment; True where something failed.

    `meanwhile` is called once, while the first environment imports.
    """
    failed = False
    for environment in chosen:
        from phasebook.running.run import run_environment  # imports papermill: only where something runs

        own = {name: values[name] for name in due[environment.name]}
        say(f"{environment.name}: running {len(own)} notebook{'s' if len(own) > 1 else ''}")
        started = time.monotonic()
        outcome = run_environment(folders, environment, own, say, jobs=jobs, meanwhile=meanwhile)
        meanwhile = bool
        if not folders.parameters:  # other parameters take other times
            timings.note(environment.name, outcome.without_set_up, 0)
        if profile:
            whole = {"the whole, notebooks side by side": time.monotonic() - started}
            _profile(environment.name, outcome.seconds | whole, say)
        failed = failed or bool(outcome.failures)
    return failed


def _profile(what: str, seconds: dict[str, float], say: Say) -> None:
    for phase, length in seconds.items():
        say(f"{what}: {phase:32} {length:7.2f} s")


def _due(
    folders: Folders, environment: Environment, values: dict[str, dict[str, parameters.Value]]
) -> dict[str, list[str]]:
    """The notebooks to run for the report, with the reasons: stale, or without an executed copy."""
    due = staleness.stale(folders, environment, values)
    for name in staleness.missing_pages(folders, environment, values, list(values)):
        due.setdefault(name, ["it has no executed copy"])
    return {name: due[name] for name in values if name in due}


def _chosen(folders: Folders, names: list[str]) -> list[Environment]:
    """The environments named, else the default ones, each once."""
    environments = load_environments(folders)
    if not names:
        return [environment for environment in environments.values() if environment.default]
    found = {item.name: item for name in names for item in find(environments, name)}
    return list(found.values())


def _values(folders: Folders, params: str) -> dict[str, dict[str, parameters.Value]]:
    """Every notebook's parameters, checked before any kernel starts."""
    notebooks = sorted(folders.notebooks.glob("*.ipynb"))
    return parameters.for_notebooks(notebooks, parameters.parse(params))
