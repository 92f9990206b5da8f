"""The command line: names, help and exit statuses. The work is done in commands/."""

import gc
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from phasebook.commands.options import (
    Language,
    Languages,
    Name,
    Names,
    Params,
    Profile,
    Scheduler,
    complete,
    folders,
)
from phasebook.project.errors import Problem, Stopped, for_terminal

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="What training, trainable and the learning phase really do, on every TensorFlow.",
)
DEFAULT = "tf-2.21+keras-3.15.1"


def say(line: str) -> None:
    """One line of progress; to standard error, so that results can be piped."""
    print(for_terminal(line), file=sys.stderr, flush=True)


def tell(line: str) -> None:
    """One line of a result, to standard output."""
    print(for_terminal(line))


@app.command()
def report(names: Names = None, params: Params = "", languages: Languages = "", profile: Profile = False) -> None:
    """Run what is missing or stale in the named environments (default: the newest TensorFlow), then render."""
    from phasebook.commands.report import report as work

    raise typer.Exit(work(folders(), names or [], params, say, languages, profile=profile))


@app.command()
def run(
    names: Names = None,
    params: Params = "",
    profile: Profile = False,
    notebook: Annotated[list[str] | None, typer.Option(help="Run only this notebook; may be repeated.")] = None,
    jobs: Annotated[int | None, typer.Option(help="Notebooks to run in parallel.")] = None,
    out: Annotated[Path | None, typer.Option(help="A folder for all that it leaves, for `collect`.")] = None,
) -> None:
    """Run every notebook in the named environments, stale or not, without rendering."""
    from phasebook.commands.run import run as work
    from phasebook.running.run import How

    how = How(jobs=jobs, profile=profile)
    raise typer.Exit(work(folders(), names or [], notebook or [], params, say, how, out))


@app.command()
def collect(places: Annotated[list[Path], typer.Argument(help="Folders that `run --out` wrote.")]) -> None:
    """Take in runs from other machines, once each was checked against this checkout."""
    from phasebook.commands.collect import collect as work

    raise typer.Exit(work(folders(), places, say))


@app.command()
def render(languages: Languages = "") -> None:
    """Render the report from existing results, without running anything."""
    from phasebook.commands.render import render as work

    raise typer.Exit(work(folders(), say, languages=languages))


@app.command()
def translations() -> None:
    """Bring data/translations up to date with the report; exit status 1 where a translation is missing."""
    from phasebook.commands.translations import translations as work

    raise typer.Exit(work(folders(), say))


@app.command()
def blog(
    flavour: Annotated[str, typer.Argument(help="A blog generator, or `all`.")], language: Language = "en"
) -> None:
    """Write posts for a blog generator, ready to build, to outputs/blog/."""
    from phasebook import blog as posts

    for path in posts.write(folders(), flavour, say, language):
        print(path)


@app.command()
def crate() -> None:
    """Write results, locks and notebooks as an RO-Crate, ready to deposit, to outputs/phasebook-crate.zip."""
    from phasebook.commands.crate import crate as work

    raise typer.Exit(work(folders(), say))


@app.command()
def matrix(
    keep: Annotated[bool, typer.Option(help="Keep each environment after its run.")] = True,
    at_once: Annotated[int | None, typer.Option(help="Environments to run in parallel.")] = None,
    scheduler: Scheduler = None,
    names: Annotated[
        bool, typer.Option("--names", help="Print what would be run as JSON, and run nothing.")
    ] = False,
) -> None:
    """Run every environment with missing or stale results, several in parallel."""
    from phasebook.commands.matrix import due
    from phasebook.commands.matrix import matrix as work

    if names:
        print(due(folders()))
        return
    raise typer.Exit(work(folders(), keep=keep, at_once=at_once, scheduler=scheduler))


@app.command()
def pytorch(
    names: Annotated[list[str] | None, typer.Argument(help="Such as torch-2.13.")] = None,
    lock: Annotated[
        str | None, typer.Option(help="Write the lock of one, with this PyTorch; run nothing.")
    ] = None,
) -> None:
    """Run what is missing or stale in the environments with PyTorch beside Keras, which are no columns."""
    from phasebook.commands import pytorch as work

    if lock is not None:
        raise typer.Exit(work.lock(folders(), lock, names or [], say))
    raise typer.Exit(work.pytorch(folders(), names or [], say))


@app.command()
def new(
    tf: Annotated[str | None, typer.Option(help="A version such as 2.22.0 or 2.22.0rc1, or `nightly`.")] = None,
    keras: Annotated[str | None, typer.Option(help="A version of Keras 3.")] = None,
    backend: Annotated[str, typer.Option(help="`jax` or `torch`, for Keras 3 on it (or `--keras nightly`).")] = "",
) -> None:
    """Add a release (default: the newest) and print what it changes; status 3: something changed, 4: unsettled."""
    from rich.console import Console

    from phasebook.commands.alone import alone
    from phasebook.commands.new import new as work

    with alone(folders(), say):
        raise typer.Exit(work(folders(), tf, keras, Console(), say, backend))


@app.command()
def watch(
    scheduler: Scheduler = None,
) -> None:
    """Run what is newer than what is recorded, note what it changed, and render; exit statuses as `new`."""
    from phasebook.commands.watch import watch as work

    raise typer.Exit(work(folders(), say, scheduler))


@app.command()
def rules() -> None:
    """Write the data file of layermodes anew, from data/rules.toml and the recorded results."""
    from phasebook.commands import rules as writing

    raise typer.Exit(writing.rules(folders(), tell))


@app.command()
def own_model() -> None:
    """Run layermodes on the model of the page "Your own model" and record what it says."""
    from phasebook.commands.own_model import own_model_runs

    raise typer.Exit(own_model_runs(folders(), say))


@app.command()
def doctor() -> None:
    """Check interpreters, uv, disk, cache, locks and results, and say how to fix what is wrong."""
    from phasebook.commands import doctor as check

    raise typer.Exit(check.doctor(folders(), tell))


@app.command()
def compare(
    before: Name, after: Name, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """Print what changed between two environments; exit status 3: something changed, 4: some claims unsettled."""
    from phasebook.commands.compare import compare as work

    raise typer.Exit(work(folders(), before, after, as_json=as_json))


@app.command()
def bisect(
    claim: Annotated[str, typer.Argument(help="A claim, or CLAIM/CASE; of a claim alone the case that decided.")],
    good: Annotated[str | None, typer.Option(help="An environment on one side of the change.")] = None,
    bad: Annotated[str | None, typer.Option(help="An environment on its other side.")] = None,
    dry_run: Annotated[bool, typer.Option(help="Say what would be run, without running it.")] = False,
    record: Annotated[bool, typer.Option(help="Keep the answer in data/bisections.toml.")] = False,
    scheduler: Scheduler = None,
) -> None:
    """Find the two neighbouring builds (releases, then nightlies) between which a claim changed."""
    from phasebook.commands.bisect import Options
    from phasebook.commands.bisect import bisect as work

    raise typer.Exit(work(folders(), claim, Options(good, bad, dry_run, record, scheduler), say, tell))


@app.command()
def why(names: Names = None) -> None:
    """Explain why the results of the named environments are stale."""
    from phasebook.commands.why import why as work

    raise typer.Exit(work(folders(), names or [], tell))


@app.command()
def environments() -> None:
    """Print the time and disk each environment took on this machine, as a Markdown table."""
    from phasebook.commands.environments import environments as work

    print(work(folders()), end="")


@app.command()
def lab(
    name: Annotated[str, typer.Argument(help="An environment.", autocompletion=complete)] = DEFAULT,
    options: Annotated[list[str] | None, typer.Argument(help="Options for JupyterLab, after `--`.")] = None,
) -> None:
    """Open copies of the notebooks in JupyterLab, on the kernel of an environment."""
    from phasebook.commands import lab as jupyter
    from phasebook.project.environments import find, load_environments

    given = options or []
    if name.startswith("-"):  # `phasebook lab -- --no-browser` names no environment
        name, given = DEFAULT, [name, *given]
    own = folders().for_pytorch() if name.startswith("torch-") else folders()
    raise typer.Exit(jupyter.lab(own, find(load_environments(own), name)[0], say, given))


@app.command()
def bench(
    name: Annotated[str, typer.Argument(help="An environment.", autocompletion=complete)] = DEFAULT,
    runs: Annotated[int, typer.Option(help="Runs of each tool; medians are printed.")] = 5,
) -> None:
    """Benchmark Phasebook against papermill, nbconvert, jupyter-book and nbmake, and a matrix run (slow)."""
    from phasebook.commands.bench_all import bench as work

    for line in work(folders(), name, runs, say):
        print(line)


@app.command()
def clean_environments() -> None:
    """Delete the virtual environments and print the disk space freed."""
    from phasebook.environments import removal

    removal.clean_environments(say)


def main() -> None:
    """Run a command; an error that a user or the machine causes is one line on standard error, not a traceback."""
    _on_signals(_stop)
    try:
        app()
    except Problem as problem:
        say(f"phasebook: {problem}")
        sys.exit(problem.status)
    except OSError as error:  # where nothing nearer could say more: a full disk, a folder that is read-only
        what = f"{error.filename or 'a file'}: {error.strerror or error}"
        say(f"phasebook: {what}; existing files are untouched; fix this and run again")
        sys.exit(1)
    except Stopped as stopped:
        say("phasebook: stopped; completed notebooks are saved; the next run resumes")
        sys.exit(128 + stopped.args[0])
    finally:
        _on_signals(signal.SIG_IGN)  # the interpreter's own end has nothing left to stop
        gc.freeze()  # nor to collect, which takes it 0.2 s


def _stop(number: int, _: object) -> None:
    _on_signals(signal.SIG_IGN)  # once is enough: what follows is tidying up
    raise Stopped(number)


def _on_signals(action: Callable[[int, object], None] | signal.Handlers) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, action)
