"""Neighbours that are alike, together: columns with one verdict, columns that agree on every claim."""

from collections.abc import Callable, Hashable, Iterable
from itertools import groupby
from typing import TypeVar

Item = TypeVar("Item")


def merged(items: Iterable[Item], alike: Callable[[Item], Hashable]) -> list[list[Item]]:
    """The items in their order, neighbours for which `alike` says the same in one list."""
    return [list(group) for _, group in groupby(items, key=alike)]
