"""A new release as columns: resolved, locked, run and compared with the columns before.

All of it happens in a copy of the project's data; a failure leaves nothing behind.
"""

import shutil
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from rich.console import Console

from phasebook.commands.compare import show
from phasebook.environments.backends import resolve_on
from phasebook.environments.resolve import Resolution, resolve
from phasebook.history.differences import CHANGED, Comparison, compare
from phasebook.history.lines import lines_of
from phasebook.project.claims import load_claims
from phasebook.project.environments import Environment, add, as_of, load_environments
from phasebook.project.errors import Problem
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders
from phasebook.project.messages import Say
from phasebook.project.results import EnvironmentInfo, Result, load_own, load_result
from phasebook.running import matrix, staleness, timings
from phasebook.running.progress import Progress
from phasebook.running.run import run_environment
from phasebook.running.store import load_failures, with_failures


def new(
    folders: Folders, tensorflow: str | None, keras: str | None, console: Console, say: Say, backend: str = ""
) -> int:
    """Add the columns of a release and print what they change; 0 nothing, 3 something, 4 not all settled.

    `tensorflow` is a version, "nightly", or None for the newest; `keras` a version or None; with a `backend`,
    "jax" or "torch", `keras` may be "nightly", and `tensorflow` is None. Raises Problem
    for a release that does not exist here, cannot be installed or cannot be imported; nothing is written then.
    """
    if backend and tensorflow:
        raise Problem("BACKEND= takes no TF=: the TensorFlow beside it is chosen; name the Keras, KERAS=3.15.1")
    say("asking the package index ...")
    moment = as_of(folders)
    resolution = resolve_on(folders, moment, backend, keras) if backend else resolve(moment, tensorflow, keras)
    told = add_columns(folders, resolution, say)
    for column, comparisons in told.items():
        for comparison in comparisons:
            show(comparison, console)
        if not comparisons:
            words = f"{column}: no column before it has a result to compare with"
            console.print(words, markup=False, highlight=False)
    return worst(comparison for comparisons in told.values() for comparison in comparisons)


def worst(comparisons: Iterable[Comparison]) -> int:
    """The exit status of several comparisons: 3 where one has differences, else the highest; 0 for none."""
    statuses = {comparison.status for comparison in comparisons}
    return CHANGED if CHANGED in statuses else max(statuses, default=0)


def add_columns(
    folders: Folders, resolution: Resolution, say: Say, scheduler: str | None = None
) -> dict[str, list[Comparison]]:
    """Add the columns of a resolution; by column what differs from its earlier build and from the column before.

    `scheduler` is the address of Dask's, whose workers then run them. Raises Problem as `new` does.
    """
    known = load_environments(folders)
    columns = [_as_known(column, known) for column in resolution.environments]
    _refuse_foreign_lock(folders, resolution, known)
    names = ", ".join(column.name for column in columns)
    replaced = {column.name: load_result(folders, column.name) for column in columns}
    say(f"{names}: TensorFlow {columns[0].tensorflow} on Python {columns[0].python}")
    with TemporaryDirectory(prefix="phasebook-new-") as scratch:
        staged = _stage(folders, Path(scratch))
        add(staged, columns, {resolution.lock: resolution.text})
        for column in columns:
            _run(staged, column, say, scheduler)
        _bring_home(staged, folders, columns, resolution.lock)
    return {column.name: _compare(folders, column, replaced[column.name]) for column in columns}


def _as_known(column: Environment, known: dict[str, Environment]) -> Environment:
    """The column, still a default one where it was."""
    return msgspec.structs.replace(column, default=column.name in known and known[column.name].default)


def _refuse_foreign_lock(folders: Folders, resolution: Resolution, known: dict[str, Environment]) -> None:
    """Raise Problem where the lock would change under a column that stays as it is."""
    path = folders.locks / f"{resolution.lock}.txt"
    names = {column.name for column in resolution.environments}
    others = [item.name for item in known.values() if item.lock == resolution.lock and item.name not in names]
    if others and path.is_file() and path.read_text(encoding="utf-8") != resolution.text:
        raise Problem(
            f"{path} would change under {', '.join(others)}: name the Keras too (KERAS=...), which gives the new "
            "column a lock of its own"
        )  # fmt: skip


def _stage(folders: Folders, root: Path) -> Folders:
    """A copy of all that a run reads and writes, without the executed notebooks."""
    if folders.failures.is_dir():
        shutil.copytree(folders.failures, Folders(root).failures)
    staged = Folders(root)
    shutil.copytree(folders.data, staged.data)
    shutil.copytree(folders.notebooks, staged.notebooks)
    for package in ("phaselab", "layermodes"):
        shutil.copytree(
            folders.source / package, staged.source / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    return staged


def _run(staged: Folders, column: Environment, say: Say, scheduler: str | None) -> None:
    """Run what the column lacks; notebooks that fail leave `error`, which the comparison shows."""
    notebooks = staleness.stale(staged, column, {})
    if not notebooks:
        say(f"{column.name}: already there and up to date")
        return
    if scheduler is not None:
        matrix.run(staged, [column], {}, Progress(Console(stderr=True)), scheduler=scheduler)
    else:
        outcome = run_environment(staged, column, {name: {} for name in notebooks}, say)
        timings.note(column.name, outcome.without_set_up, 0)
    left = staleness.stale(staged, column, {})
    if set(notebooks) <= set(left):
        reasons = [*load_failures(staged, column.name).values(), "; ".join(next(iter(left.values())))]
        raise Problem(f"{column.name}: no notebook ran to its end ({reasons[0]}); nothing was written", 1)


def _bring_home(staged: Folders, folders: Folders, columns: list[Environment], lock: str) -> None:
    """Copy what the run made; the list of environments last, so that every listed column is complete."""
    wanted = [staged.locks / f"{lock}.txt"]
    for column in columns:
        places = (staged.results, staged.fingerprints, staged.numbers)
        wanted += [place / f"{column.name}.json" for place in places]
        wanted += sorted((staged.executed / column.name).glob("*.ipynb"))
    for path in (*wanted, staged.environments):
        if path.is_file():
            write_atomically(folders.root / path.relative_to(staged.root), path.read_bytes())
    for column in columns:
        failures = staged.failures / f"{column.name}.json"
        if failures.is_file():
            write_atomically(folders.failures / failures.name, failures.read_bytes())
        else:
            (folders.failures / failures.name).unlink(missing_ok=True)


def _builds(before: EnvironmentInfo, after: EnvironmentInfo) -> tuple[str, str] | None:
    """What tells two builds of a column apart: the TensorFlow, the Keras or both; None where they are the same."""
    told = []
    if before.tensorflow != after.tensorflow:
        told.append((before.tensorflow, after.tensorflow))
    if before.keras != after.keras:
        told.append((f"Keras {before.keras}", f"Keras {after.keras}"))
    if not told:
        return None
    old, new = zip(*told, strict=True)
    return ", ".join(old), ", ".join(new)


def _compare(folders: Folders, column: Environment, replaced: Result | None) -> list[Comparison]:
    """What differs from the column's own earlier build, where it had one, and from the column before."""
    environments, claims = load_environments(folders), list(load_claims(folders))
    result = load_result(folders, column.name)
    if result is None:
        return []
    after, found = with_failures(folders, result), []
    if replaced and (builds := _builds(replaced.environment, after.environment)):
        before, now = (f"{column.name} ({build})" for build in builds)
        found = [msgspec.structs.replace(compare(replaced, after, claims), before=before, after=now)]
    line = lines_of(environments).of(column.name)
    for name in reversed(line[: line.index(column.name)]):
        before_it = load_own(folders, environments[name])
        if before_it is not None:
            return [*found, compare(before_it, after, claims)]
    return found
