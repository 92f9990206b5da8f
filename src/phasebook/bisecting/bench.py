"""Running what claims need of their notebooks in one build, in an environment that is gone afterwards.

What was seen is kept in the cache, so that a bisection that was stopped resumes.
"""

import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import msgspec
from msgspec import Struct

from phasebook.bisecting.builds import Build
from phasebook.bisecting.reduced import reduced
from phasebook.environments import install, removal
from phasebook.environments.resolve import resolve
from phasebook.kernels.pool import Kernels
from phasebook.project.claims import Claim, by_notebook, load_claims
from phasebook.project.environments import Environment, add, as_of, load_environments
from phasebook.project.errors import NotNow, Problem
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders, cache
from phasebook.project.messages import Say
from phasebook.project.results import ClaimResult, Versions, foreign, load_own
from phasebook.running.execute import Executed, as_text, execute
from phasebook.running.fingerprints import fingerprint_now
from phasebook.running.judging import judge
from phasebook.running.matrix import threads
from phasebook.running.run import TIME_LIMIT
from phasebook.running.snapshot import copy_data

_PREFIX = "bisect-"  # what tells the environments of builds from those of columns

Settled = dict[str, ClaimResult]  # by claim; `error` where a build could not settle it


class Step(Struct, frozen=True):
    """What came out in a build, the seconds it took, and whether it was run by a bisection."""

    settled: Settled
    seconds: float = 0.0
    fresh: bool = True


class _State(Struct):
    """What a notebook settled, by build, and the digests of what that was made from."""

    made_from: list[str]
    settled: dict[str, Settled] = {}


class _Notebook:
    """What claims need of one notebook, and what is known of it."""

    def __init__(self, folders: Folders, name: str, claims: list[Claim], columns: dict[str, Environment]) -> None:
        self.name, self.place = name, home() / name
        self.wanted = [claim.id for claim in claims]
        self.claims = by_notebook(load_claims(folders))[name]
        self.source = reduced(folders, name, self.wanted, [claim.id for claim in self.claims])
        now = fingerprint_now(folders, next(iter(columns.values())), name, {})
        self._state = self._load([now.code, now.phaselab, now.kernels, now.judging])

    def settled(self, build: Build) -> Settled | None:
        """What is known of the claims in a build, None where one of them is not known."""
        known = self._state.settled.get(build.name, {})
        return {claim: known[claim] for claim in self.wanted} if set(self.wanted) <= set(known) else None

    def suppose(self, build: Build, settled: Settled) -> None:
        """Add what came out in a build, until this bisection ends."""
        self._state.settled[build.name] = self._state.settled.get(build.name, {}) | settled

    def keep(self, build: Build, settled: Settled) -> None:
        """Add what came out in a build, for later calls too."""
        self.suppose(build, settled)
        write_atomically(self.place / "settled.json", msgspec.json.encode(self._state))

    def broken(self, reason: str) -> Settled:
        """The claims of a build that cannot be told."""
        return {claim: ClaimResult("error", self.name, [], reason) for claim in self.wanted}

    def _load(self, made_from: list[str]) -> _State:
        with suppress(OSError, msgspec.DecodeError, UnicodeDecodeError):
            state = msgspec.json.decode((self.place / "settled.json").read_bytes(), type=_State)
            if state.made_from == made_from:
                return state
        return _State(made_from)


class Bench:
    """Steps for some claims, those of earlier calls among them; as a context, which deletes what it installed.

    With a `scheduler` of Dask's, its workers run the builds, and those that may be needed next beside them. Raises
    Problem where it does not answer.
    """

    def __init__(self, folders: Folders, claims: list[Claim], say: Say, scheduler: str | None = None) -> None:
        self.folders, self.say, self._scheduler = folders, say, scheduler
        self._at_once = max(1, threads(scheduler)) if scheduler else 1
        self.columns = load_environments(folders)
        grouped = by_notebook({claim.id: claim for claim in claims})
        self._notebooks = [_Notebook(folders, name, own, self.columns) for name, own in grouped.items()]
        self._staged = _stage(folders)
        self._last: tuple[str, Path] | None = None  # the Python and the folder of the last build's environment

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._forget()

    def known(self, build: Build) -> Step | None:
        """What is known of a build without running anything: from an earlier call, or as recorded in a column."""
        kept = [notebook.settled(build) for notebook in self._notebooks]
        if None not in kept:
            return Step({claim: result for settled in kept if settled for claim, result in settled.items()})
        column = self._column(build)
        result = load_own(self.folders, column) if column else None
        wanted = [claim for notebook in self._notebooks for claim in notebook.wanted]
        if result is None or not set(wanted) <= set(result.claims):
            return None
        return Step({claim: result.claims[claim] for claim in wanted}, fresh=False)

    def run(self, build: Build) -> Step:
        """Run what is not known of a build from earlier calls.

        What cannot be installed, imported or settled is `error` with its reason. Raises NotNow where that is the
        network's or the disk's fault.
        """
        started = time.monotonic()
        due = self._due(build)
        if due and self._scheduler:
            self._run_elsewhere([build], self._scheduler)
        elif due:
            with _breaking(build, due):
                self._run(build, due)
        settled = [notebook.settled(build) or {} for notebook in self._notebooks]
        return Step({claim: own[claim] for own in settled for claim in own}, time.monotonic() - started)

    def look_ahead(self, builds: list[Build]) -> None:
        """Run the first build and, where there are workers for them, those that may be needed after it."""
        if self._scheduler and builds and self.known(builds[0]) is None:
            new = [build for build in dict.fromkeys(builds) if self.known(build) is None]
            self._run_elsewhere(new[: self._at_once], self._scheduler)

    def executed(self, build: Build, notebook: str) -> Path:
        """Where the executed notebook of a build is kept."""
        return home() / notebook / f"{build.name}.ipynb"

    def _column(self, build: Build) -> Environment | None:
        """The column that a build is, if any."""
        return next((column for column in self.columns.values() if _is(build, column)), None)

    def _run_elsewhere(self, builds: list[Build], scheduler: str) -> None:
        """Run what is not known of builds on the scheduler's workers."""
        from phasebook.bisecting import elsewhere  # imports Dask, which is an extra

        there: dict[str, tuple[Build, Environment]] = {}
        for build in builds:
            with _breaking(build, self._due(build)):
                environment = self._column(build) or self._resolved(build)
                there[environment.name] = build, environment
        due = {name: [notebook.name for notebook in self._due(build)] for name, (build, _) in there.items()}
        sources = {notebook.name: notebook.source for notebook in self._notebooks}
        columns = {name: environment for name, (_, environment) in there.items()}
        for name, came in elsewhere.run(self.folders, self._staged, due, columns, sources, scheduler).items():
            build, environment = there[name]
            for notebook in self._due(build):
                if came.result is None:
                    notebook.suppose(build, notebook.broken(came.problem))
                    continue
                write_atomically(self.executed(build, notebook.name), came.executed[notebook.name])
                another = _another(came.result.environment, environment)
                settled = {claim: came.result.claims[claim] for claim in notebook.wanted}
                notebook.keep(build, notebook.broken(another) if another else settled)

    def _due(self, build: Build) -> list[_Notebook]:
        """The notebooks that a build has not settled."""
        return [notebook for notebook in self._notebooks if notebook.settled(build) is None]

    def _run(self, build: Build, notebooks: list[_Notebook]) -> None:
        environment = self._column(build)
        if environment is None:
            environment = self._resolved(build)
            self._make(environment)
        with (
            TemporaryDirectory(prefix="phasebook-") as name,
            install.used(self._staged, environment, self.say) as python,
            Kernels(python, environment.variables, self.folders.source, Path(name, "log"), self.say) as kernels,
        ):
            if kernels.failure:
                raise Problem(f"TensorFlow cannot be imported: {kernels.failure}", 1)
            copy_data(self.folders, Path(name))
            for notebook, executed in _all(notebooks, kernels, Path(name)):
                self._keep(build, notebook, environment, executed)

    def _keep(self, build: Build, notebook: _Notebook, environment: Environment, executed: Executed) -> None:
        write_atomically(self.executed(build, notebook.name), as_text(executed.notebook))
        judged = judge(notebook.name, executed.notebook.cells, notebook.claims, executed.accident)
        another = _another(judged.versions, environment) if judged.versions else None
        settled = {claim: judged.claims[claim] for claim in notebook.wanted}
        notebook.keep(build, notebook.broken(another) if another else settled)

    def _resolved(self, build: Build) -> Environment:
        """The environment of a build, its lock among those of bisections."""
        resolution = resolve(as_of(self.folders), build.tensorflow, build.keras or None)
        found = [column for column in resolution.environments if column.flavour == build.flavour]
        if not found:
            raise Problem(f"{build.words} has no {build.flavour}", 1)
        lock = f"{_PREFIX}{build.name}"
        environment = msgspec.structs.replace(found[0], name=lock, lock=lock)
        add(self._staged, [environment], {lock: resolution.text})
        return environment

    def _make(self, environment: Environment) -> None:
        """Make the environment of a build out of the last one's, which is of no more use."""
        if self._last and self._last[0] != environment.python:
            self._forget()
        out_of, self._last = self._last, None
        install.make(self._staged, environment, lambda _: None, out_of=out_of[1] if out_of else None)
        self._last = environment.python, install.folder_of(self._staged, environment)

    def _forget(self) -> None:
        if self._last:
            removal.remove(self._last[1])
        self._last = None


@contextmanager
def _breaking(build: Build, due: list[_Notebook]) -> Iterator[None]:
    """Keep for a build's notebooks that they cannot be told where a Problem is not the network's or the disk's."""
    try:
        yield
    except NotNow:
        raise
    except Problem as problem:
        for notebook in due:
            notebook.keep(build, notebook.broken(str(problem)))


def home() -> Path:
    """Where bisections keep locks, what came out, and executed notebooks."""
    return cache() / "bisect"


def sweep() -> None:
    """Delete what a bisection that was killed left installed; for one who is alone."""
    for left in (cache() / "environments").glob(f"{_PREFIX}*"):
        removal.remove(left)


def _is(build: Build, column: Environment) -> bool:
    """Whether a build is what a column stands for."""
    same = column.tensorflow == build.tensorflow and column.flavour == build.flavour
    return same and build.keras in ("", column.keras)


def _stage(folders: Folders) -> Folders:
    """A project in the cache with the same columns, to which the builds' environments are added."""
    staged = Folders(home())
    staged.locks.mkdir(parents=True, exist_ok=True)
    for lock in folders.locks.glob("*.txt"):
        shutil.copyfile(lock, staged.locks / lock.name)
    shutil.copyfile(folders.environments, staged.environments)
    return staged


def _all(notebooks: list[_Notebook], kernels: Kernels, scratch: Path) -> Iterator[tuple[_Notebook, Executed]]:
    """Execute the notebooks, two at once; where the caller stops early, the kernels are killed.

    On threads, for a signal that is raised in the middle of papermill is lost.
    """

    def executed(notebook: _Notebook) -> Executed:
        source = scratch / f"{notebook.name}.ipynb"
        source.write_text(notebook.source, encoding="utf-8")
        return execute(source, source.with_suffix(".out.ipynb"), {}, kernels, TIME_LIMIT)

    with ThreadPoolExecutor(2) as pool:
        try:
            yield from zip(notebooks, pool.map(executed, notebooks), strict=True)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            kernels.stop()
            raise


def _another(versions: Versions, environment: Environment) -> str | None:
    """What ran that is not the environment's, in words; the Keras inside a TensorFlow may call itself anything."""
    inside = environment.flavour == "tf.keras"
    own = msgspec.structs.replace(environment, keras=versions.keras) if inside else environment
    return foreign(versions, own)
