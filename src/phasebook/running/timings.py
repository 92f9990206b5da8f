"""How long each column took and how much disk it needs, kept in the cache.

Seconds are those of past runs on this machine; a column without any is estimated from the others.
"""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from statistics import median

import msgspec
from msgspec import Struct

from phasebook.environments import holding
from phasebook.project.errors import Problem
from phasebook.project.files import write_atomically
from phasebook.project.folders import cache

SET_UP, IMPORT = "set-up", "import"  # the phases beside the notebooks, as run's Outcome calls them
_FIRST_GUESS = {SET_UP: 60.0, IMPORT: 6.0}  # seconds, where nothing was ever run
_NOTEBOOK, _BYTES = 8.0, 1_500_000_000


class Timing(Struct, frozen=True):
    """One column: seconds by phase (`set-up`, `import` and the notebooks) and bytes on disk."""

    seconds: dict[str, float]
    bytes: int = 0


def load() -> dict[str, Timing]:
    """The timings by column; none where none were kept in a form we read."""
    try:
        return msgspec.json.decode((cache() / "timings.json").read_bytes(), type=dict[str, Timing])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return {}


def note(column: str, seconds: Mapping[str, float], size: int) -> None:
    """Keep what a run of a column took; phases that it did not have stay as they were."""
    rounded = {phase: round(length, 1) for phase, length in seconds.items()}
    path = cache() / "timings.json"
    with suppress(Problem, OSError), holding.alone(path, lambda _: None):  # a guess less is no reason to fail
        timings = load()
        known = timings.get(column, Timing({}))
        timings[column] = Timing(known.seconds | rounded, size or known.bytes)
        encoded = msgspec.json.encode(timings, order="sorted")
        write_atomically(path, msgspec.json.format(encoded, indent=2) + b"\n")


def seconds(timings: Mapping[str, Timing], column: str, phases: Iterable[str]) -> float:
    """How long these phases of a column will take, one after the other."""
    return sum(_length(timings, column, phase) for phase in phases)


def size(timings: Mapping[str, Timing], column: str) -> int:
    """How many bytes a column's virtual environment will take."""
    known = [timing.bytes for timing in timings.values() if timing.bytes]
    own = timings.get(column, Timing({})).bytes
    return own or int(median(known) if known else _BYTES)


def as_markdown(columns: Iterable[str], notebooks: Collection[str]) -> str:
    """A table for docs/ of what these notebooks took here; columns that were not run are left out."""
    known = load()
    lines = [
        "| column | set-up (s) | import (s) | notebooks (s) | all (min) | disk (GB) |",
        "|---|--:|--:|--:|--:|--:|",
    ]
    for column in columns:
        if column not in known:
            continue
        phases = known[column].seconds
        set_up, imported = phases.get(SET_UP), phases.get(IMPORT, 0.0)
        cells = sum(length for name, length in phases.items() if name in notebooks)
        made = "?" if set_up is None else f"{set_up:.0f}"  # it was there before anything was timed
        minutes = ((set_up or 0.0) + imported + cells) / 60
        size = known[column].bytes / 1e9
        lines.append(f"| `{column}` | {made} | {imported:.0f} | {cells:.0f} | {minutes:.1f} | {size:.1f} |")
    return "\n".join(lines) + "\n"


def _length(timings: Mapping[str, Timing], column: str, phase: str) -> float:
    """Seconds of one phase: of this column, else the middle one of the others, else a first guess."""
    own = timings.get(column, Timing({})).seconds.get(phase)
    if own is not None:
        return own
    others = [timing.seconds[phase] for timing in timings.values() if phase in timing.seconds]
    return median(others) if others else _FIRST_GUESS.get(phase, _NOTEBOOK)


def in_words(length: float) -> str:
    """Seconds for readers: "40 s", "12 min", "1 h 20 min"."""
    if length < 90:
        return f"{length:.0f} s"
    minutes = round(length / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"
