"""The upstream changes behind turning points, from data/causes.toml."""

from collections.abc import Collection, Mapping
from itertools import combinations

from msgspec import Struct

from phasebook.project.claims import Claim
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders


class Cause(Struct, frozen=True, forbid_unknown_fields=True):
    """Why something changed between two neighbouring columns: one sentence and its evidence.

    `claims` are ids, or `id/case` for a case that turned under the same verdict.
    """

    claims: list[str]
    before: str
    after: str
    because: str
    link: str


class _File(Struct, forbid_unknown_fields=True):
    cause: list[Cause]


def load_causes(folders: Folders, claims: Mapping[str, Claim], environments: Collection[str]) -> list[Cause]:
    """The causes, none where the file is missing.

    Raises Problem for an unknown claim or environment, a link that is none, or two causes of one change.
    """
    if not folders.causes.exists():
        return []
    causes = folders.toml(folders.causes, _File).cause
    for cause in causes:
        place = f"{folders.causes}: the cause between {cause.before!r} and {cause.after!r}"
        for name in (cause.before, cause.after):
            if name not in environments:
                raise Problem(f"{place}: there is no environment {name!r}; known are {', '.join(environments)}")
        for name in cause.claims:
            claim, slash, case = name.partition("/")
            if claim not in claims:
                raise Problem(f"{place}: there is no claim {claim!r}; see {folders.claims}")
            if slash and case not in claims[claim].cases:
                raise Problem(f"{place}: {claim!r} has no case {case!r}; see {folders.claims}")
        if not (cause.claims and cause.because.strip() and cause.link.startswith("https://")):
            raise Problem(f"{place}: needs at least one claim, a sentence and an https:// link")
    for one, other in combinations(causes, 2):
        twice = set(one.claims) & set(other.claims)
        if twice and (one.before, one.after) == (other.before, other.after):
            change = f"{min(twice)!r} between {one.before!r} and {one.after!r}"
            raise Problem(f"{folders.causes}: two causes for {change}; keep one")
    return causes
