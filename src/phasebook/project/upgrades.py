"""The upgrades that people make, from data/upgrades.toml, and what to look for in one's code."""

import re
from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, Struct

from phasebook.project.claims import Claim, load_claims
from phasebook.project.environments import load_environments
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders
from phasebook.project.results import Verdict

MOST = 5  # sentences that a guide may open with


class Change(Struct, frozen=True, forbid_unknown_fields=True):
    """A sentence that a guide opens with, shown where `claim`, or "claim/case", turned from `was` to `now`."""

    claim: str
    was: Verdict
    now: Verdict
    text: str


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """An upgrade from the release of one column to that of another; `first` are the changes that matter most."""

    before: str
    after: str
    title: str
    first: Annotated[list[Change], Meta(max_length=MOST)] = []

    @property
    def page(self) -> str:
        """The name of its page."""
        return f"{self.before}--{self.after}"


class Hint(Struct, frozen=True, forbid_unknown_fields=True):
    """Where some claims change: patterns for `grep -E`, what to write, and the claim that proves it."""

    claims: list[str]
    search: list[str]
    write: str
    proof: str


class Upgrades(Struct, frozen=True, forbid_unknown_fields=True):
    """All steps and hints, in the order of the file."""

    step: list[Step] = []
    hint: list[Hint] = []


def load_upgrades(folders: Folders) -> Upgrades:
    """The upgrades, none where there is no file.

    Raises Problem for a broken file, an unknown column, claim or case, a change that is none, or a pattern that is
    no regular expression.
    """
    if not folders.upgrades.is_file():
        return Upgrades()
    found = folders.toml(folders.upgrades, Upgrades)
    columns, claims = load_environments(folders), load_claims(folders)
    for name in (name for step in found.step for name in (step.before, step.after)):
        if name not in columns:
            raise Problem(f"{folders.upgrades}: unknown column {name!r}; known are {', '.join(columns)}")
    for change in (change for step in found.step for change in step.first):
        _check(folders, change, claims)
    for hint in found.hint:
        for claim in (*hint.claims, hint.proof):
            if claim not in claims:
                raise Problem(f"{folders.upgrades}: unknown claim {claim!r}")
        for pattern in hint.search:
            try:
                re.compile(pattern)
            except re.error as error:
                raise Problem(f"{folders.upgrades}: {pattern!r} is no regular expression ({error})") from None
    return found


def _check(folders: Folders, change: Change, claims: Mapping[str, Claim]) -> None:
    claim, _, case = change.claim.partition("/")
    if claim not in claims or (case and case not in claims[claim].cases):
        raise Problem(f"{folders.upgrades}: no claim has the case {change.claim!r}")
    if change.was == change.now:
        raise Problem(
            f"{folders.upgrades}: {change.claim!r} is {change.now!r} before and after: that is no change"
        )
