"""One column of a matrix run, in a process of its own that ends when the matrix does.

The order comes as one line of JSON on standard input, which then stays open for as long as the work is
wanted: when it closes, for whatever reason, the kernels are killed and the process ends. What happens goes
back on standard output, a line of JSON each. A terminal's Ctrl-C reaches the matrix alone.
"""

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from phasebook.environments import install
from phasebook.project.claims import load_claims
from phasebook.project.environments import Environment, load_environments
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders
from phasebook.project.parameters import Given
from phasebook.running import parcel, store, timings
from phasebook.running.run import How, run_environment

GRACE = 20.0  # seconds to kill kernels and delete temporary files before the process ends anyway


class Order(Struct, frozen=True):
    """What to run: a project's column, the notebooks with their parameters, how many at once.

    `out` is the folder for a parcel, "" where the project itself takes what the run leaves.
    """

    root: str
    column: str
    notebooks: Given
    jobs: int
    keep_downloads: bool
    out: str = ""


class Message(Struct, frozen=True, omit_defaults=True):
    """A line of progress, or the end: failures by notebook, seconds by phase, and bytes on disk."""

    say: str | None = None
    done: bool = False
    problem: str | None = None
    failures: dict[str, list[str]] = {}
    seconds: dict[str, float] = {}
    bytes: int = 0


def main() -> None:
    """Read the order, run it and report."""
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        tell(work(order))
    except KeyboardInterrupt:
        sys.exit(130)


def tell(message: Message) -> None:
    """Send one message to the matrix."""
    print(msgspec.json.encode(message).decode(), flush=True)


def work(order: Order) -> Message:
    """Make the environment and run the notebooks; what cannot be made or imported is recorded as such."""
    folders = Folders(Path(order.root))
    environment = load_environments(folders)[order.column]

    def say(line: str) -> None:
        tell(Message(say=line.removeprefix(f"{environment.name}: ")))

    made_before = install.ready(folders, environment)
    started = time.monotonic()
    try:
        install.make(folders, environment, say, keep_downloads=order.keep_downloads)
        set_up = time.monotonic() - started
        if order.out:
            outcome = parcel.fill(
                folders, environment, order.notebooks, Path(order.out), say, How(jobs=order.jobs)
            )
        else:
            outcome = run_environment(folders, environment, order.notebooks, say, How(jobs=order.jobs))
    except Problem as problem:
        if not order.out:
            _record(folders, environment, list(order.notebooks), str(problem))
        return Message(done=True, problem=str(problem))
    seconds = outcome.without_set_up
    if made_before is None:
        seconds[timings.SET_UP] = set_up
    size = install.size(install.folder_of(folders, environment))
    return Message(done=True, failures=outcome.failures, seconds=seconds, bytes=size)


def _record(folders: Folders, environment: Environment, notebooks: list[str], reason: str) -> None:
    """Record for the claims of these notebooks that they could not be run; earlier verdicts are kept."""
    claims = {name: claim.notebook for name, claim in load_claims(folders).items() if claim.notebook in notebooks}
    with suppress(Problem):  # its results file is invalid, which is then the reason already
        store.record_broken(folders, environment, claims, reason.removeprefix(f"{environment.name}: "))


def _end_with_parent() -> None:
    """Interrupt the work when standard input closes, and end the process if that does not."""
    while sys.stdin.buffer.read(4096):
        pass
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(GRACE)
    os._exit(130)


if __name__ == "__main__":
    main()
