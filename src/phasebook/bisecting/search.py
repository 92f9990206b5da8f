"""Halving with three answers: as before, as after, or cannot be told.

Builds that cannot be told are stepped around, as cargo-bisect-rustc does it:
https://github.com/rust-lang/cargo-bisect-rustc/blob/master/src/least_satisfying.rs
"""

import math
from collections.abc import Callable
from itertools import pairwise

from msgspec import Struct

Turned = Callable[[int], bool | None]
"""Whether the build at a place is as after the change (True) or as before it (False); None: cannot be told."""


class Found(Struct, frozen=True):
    """Two places between which something turned; those between them could not be told or were not tried."""

    last: int
    first: int
    unknown: list[int]

    @property
    def untried(self) -> int:
        """How many places between them lie among the unknown ones and were passed over."""
        return self.first - self.last - 1 - len(self.unknown)


def narrow(last: int, first: int, turned: Turned, ahead: Callable[[list[int]], None]) -> Found:
    """Halve between `last`, known to be as before, and `first`, known to be as after.

    Before each question `ahead` is told the place and those that either answer may lead to.
    What lies between two places that cannot be told is not tried: ten nightlies that do not import cost a few
    steps, not ten. Where the change came and went in between, this finds one of its turns.
    """
    unknown: list[int] = []
    while (place := _next(last, first, unknown)) is not None:
        after = (_next(place, first, [one for one in unknown if one > place]),
                 _next(last, place, [one for one in unknown if one < place]))  # fmt: skip
        ahead([place, *(one for one in after if one is not None)])
        answer = turned(place)
        if answer is None:
            unknown = sorted([*unknown, place])
        elif answer:
            first = place
        else:
            last = place
        unknown = [other for other in unknown if last < other < first]
    return Found(last, first, unknown)


def _next(last: int, first: int, unknown: list[int]) -> int | None:
    """The middle of the larger stretch between a known place and its nearest unknown one; None where none is."""
    ends = [last, *unknown, first]
    start, end = max([(ends[0], ends[1]), (ends[-2], ends[-1])], key=lambda ends: ends[1] - ends[0])
    return (start + end) // 2 if end - start > 1 else None


def steps(between: int) -> int:
    """About how many steps it takes to halve `between` places that are not known yet."""
    return math.ceil(math.log2(between + 1))


def find_end(start: int, other: int, count: int, wanted: bool, turned: Turned) -> int | None:
    """A place of `count` that is as `wanted`, from `start` on in steps of 1, 2, 4 ...; None where none was found.

    Away from the `other` end where the place is as that end is already, towards it where it cannot be told.
    """
    away = -1 if start < other else 1
    place, stride = start, 1
    while (place - other) * away > 0:
        answer = turned(place)
        if answer is wanted:
            return place
        direction = -away if answer is None else away
        if not 0 <= place + direction < count:
            return None
        place = min(count - 1, max(0, place + direction * stride))
        stride *= 2
    return None


def samples(last: int, first: int, known: set[int]) -> list[int]:
    """The middles of the longest stretches of places never looked at, one on each side of a turning point."""
    chosen = []
    for side in ([place for place in known if place <= last], [place for place in known if place >= first]):
        ordered = sorted(side)
        gaps = [(end - start, (start + end) // 2) for start, end in pairwise(ordered)]
        length, middle = max(gaps, default=(0, 0))
        if length > 2:
            chosen.append(middle)
    return chosen
