"""The columns with what each costs on this machine, as a table in Markdown; cli prints it, docs keep a copy."""

from collections.abc import Iterator

from phasebook import timings
from phasebook.environments import load_environments
from phasebook.paths import Folders
from phasebook.results import load_results


def lines(folders: Folders) -> Iterator[str]:
    """The table: minutes and disk as measured by the runs of this machine, a dash where nothing was."""
    environments = load_environments(folders)
    results = load_results(folders, list(environments))
    known = timings.load()
    yield "| column | Python | released | verdicts | set-up | run | disk |"
    yield "| --- | --- | --- | ---: | ---: | ---: | ---: |"
    for name, environment in environments.items():
        timing = known.get(name, timings.Timing({}))
        ran = sum(length for phase, length in timing.seconds.items() if phase != timings.SET_UP)
        cells = [
            name,
            environment.python,
            environment.released.isoformat(),
            str(len(results[name].claims)) if name in results else "–",
            _minutes(timing.seconds.get(timings.SET_UP, 0)),
            _minutes(ran),
            f"{timing.bytes / 1e9:.1f} GB" if timing.bytes else "–",
        ]
        yield f"| {' | '.join(cells)} |"
    yield f"| all {len(environments)} | | | | | {_minutes(_all_runs(known, set(environments)))} | |"


def _all_runs(known: dict[str, timings.Timing], names: set[str]) -> float:
    return sum(
        length
        for name, timing in known.items()
        if name in names
        for phase, length in timing.seconds.items()
        if phase != timings.SET_UP
    )


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f} min" if seconds else "–"
