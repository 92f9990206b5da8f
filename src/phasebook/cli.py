"""The command line: names, help and exit statuses; every command's work is done elsewhere."""

import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from phasebook.errors import Problem
from phasebook.paths import Folders

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="What training, trainable and the learning phase really do, on every TensorFlow.",
)
ROOT = Path(__file__).resolve().parents[2]

Names = Annotated[list[str] | None, typer.Argument(help="Environments, such as tf-2.15 or 2.21.")]
Params = Annotated[str, typer.Option(help='Notebook parameters: "seed=3 units=2000".')]


def folders() -> Folders:
    """The project's folders: those of $PHASEBOOK_ROOT, else of this checkout."""
    return Folders(Path(os.environ.get("PHASEBOOK_ROOT") or ROOT))


def say(line: str) -> None:
    """One line of progress; to standard error, so that results can be piped."""
    print(line, file=sys.stderr, flush=True)


@app.command()
def report(names: Names = None, params: Params = "", profile: bool = False) -> None:
    """Run what is missing or stale in the environments named (default: the newest TensorFlow), then render."""
    from phasebook import workflow

    raise typer.Exit(workflow.report(folders(), names or [], params, say, profile=profile))


@app.command()
def run(
    names: Names = None,
    params: Params = "",
    profile: Annotated[bool, typer.Option(help="Say where the seconds went.")] = False,
    notebook: Annotated[list[str] | None, typer.Option(help="Only this notebook; may be repeated.")] = None,
    jobs: Annotated[int | None, typer.Option(help="Notebooks at once.")] = None,
) -> None:
    """Run every notebook in the environments named, whether stale or not; render nothing."""
    from phasebook import workflow

    raise typer.Exit(workflow.run(folders(), names or [], notebook or [], params, say, profile=profile, jobs=jobs))


@app.command()
def render() -> None:
    """Render the report from the results that are there; runs nothing."""
    from phasebook import workflow

    raise typer.Exit(workflow.render(folders(), say))


@app.command()
def blog(flavour: Annotated[str, typer.Argument(help="A blog generator, or `all`.")]) -> None:
    """Write posts that a blog generator builds as they are, to outputs/blog/<flavour>/."""
    from phasebook import blog as posts

    for path in posts.write(folders(), flavour, say):
        print(path)


class Stopped(BaseException):
    """The user's Ctrl-C, or a request to end."""


def main() -> None:
    """Run a command; a Problem is one line on standard error, without a traceback."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        app()
    except Problem as problem:
        print(f"phasebook: {problem}", file=sys.stderr)
        sys.exit(problem.status)
    except Stopped as stopped:
        print("phasebook: stopped; what was finished is kept, the next call goes on from there", file=sys.stderr)
        sys.exit(128 + stopped.args[0])


def _stop(number: int, _: object) -> None:
    signal.signal(number, signal.SIG_IGN)  # once is enough: what follows is tidying up
    raise Stopped(number)
