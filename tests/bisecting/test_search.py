"""Halving with three answers: whatever cannot be told, both sides of the answer were seen to differ."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook.bisecting import search

ANSWERS = st.lists(st.sampled_from([True, False, None]), max_size=60).map(lambda inner: [False, *inner, True])
SHAPES = st.tuples(st.integers(1, 300), st.integers(1, 300))


def asked(answers: list[bool | None]) -> tuple[list[int], search.Turned]:
    """A list that fills with the places that are asked for, and what answers."""
    places: list[int] = []

    def turned(place: int) -> bool | None:
        places.append(place)
        return answers[place]

    return places, turned


def silent(_: list[int]) -> None:
    """Nothing is run ahead."""


@settings(deadline=None)
@given(ANSWERS)
def test_both_sides_differ_and_nothing_between_them_is_known(answers: list[bool | None]) -> None:
    places, turned = asked(answers)
    found = search.narrow(0, len(answers) - 1, turned, silent)
    assert (answers[found.last], answers[found.first]) == (False, True)
    between = range(found.last + 1, found.first)
    assert found.unknown == sorted(place for place in places if place in between)
    assert all(answers[place] is None for place in found.unknown)
    assert not between or {between[0], between[-1]} <= set(found.unknown)  # what is passed over lies among those
    assert found.untried == len(between) - len(found.unknown)
    assert len(places) == len(set(places))


@settings(deadline=None)
@given(SHAPES)
def test_where_all_can_be_told_it_finds_the_turn_in_logarithmic_steps(shape: tuple[int, int]) -> None:
    before, after = shape
    places, turned = asked([False] * before + [True] * after)
    assert search.narrow(0, before + after - 1, turned, silent) == search.Found(before - 1, before, [])
    assert len(places) <= search.steps(before + after - 2)


@settings(deadline=None)
@given(SHAPES, st.integers(1, 40))
def test_a_long_stretch_that_cannot_be_told_costs_few_steps(shape: tuple[int, int], broken: int) -> None:
    before, after = shape
    answers = [False] * before + [None] * broken + [True] * after
    places, turned = asked(answers)
    found = search.narrow(0, len(answers) - 1, turned, silent)
    assert (found.last, found.first) == (before - 1, before + broken)
    assert len(places) <= 3 * math.ceil(math.log2(len(answers))) + 2


@settings(deadline=None)
@given(ANSWERS)
def test_what_may_be_asked_next_is_told_ahead(answers: list[bool | None]) -> None:
    places, turned = asked(answers)
    told: list[list[int]] = []
    search.narrow(0, len(answers) - 1, turned, told.append)
    assert [one[0] for one in told] == places
    for one, place, following in zip(told, places, [*places, None][1:], strict=True):
        assert len(one) <= 3 and not set(one) & set(places[: places.index(place)])
        assert answers[place] is None or following is None or following in one


@settings(deadline=None)
@given(SHAPES, st.integers(0, 299))
def test_an_end_is_looked_for_further_and_further_away(shape: tuple[int, int], start: int) -> None:
    before, after = shape
    places, turned = asked([False] * before + [True] * after)
    start = min(start, before + after - 2)
    found = search.find_end(start, before + after - 1, before + after, False, turned)
    assert found is not None and found < before
    assert len(places) <= math.ceil(math.log2(before + after)) + 2


def test_an_end_that_cannot_be_told_is_looked_for_on_its_other_side() -> None:
    _, turned = asked([None, None, None, False, False, True])
    assert search.find_end(0, 5, 6, False, turned) == 3
    _, turned = asked([True, True, True])
    assert search.find_end(1, 2, 3, False, turned) is None
    _, turned = asked([False, True, None])
    assert search.find_end(2, 0, 3, True, turned) == 1


def test_samples_lie_on_both_sides_where_nothing_was_looked_at() -> None:
    assert search.samples(10, 11, {0, 8, 10, 11, 15, 40}) == [4, 27]
    assert search.samples(1, 2, {0, 1, 2, 3}) == []
