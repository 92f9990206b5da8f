"""Between which builds verdicts changed, from data/bisections.toml; `phasebook bisect --record` writes it."""

from collections.abc import Collection, Mapping
from datetime import date

import msgspec
from msgspec import Struct

from phasebook.project.claims import Claim
from phasebook.project.errors import Problem
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders

_HEAD = "# Between which builds a case turned. Written by `phasebook bisect --record`; see docs/bisect.md.\n\n"


class Bisection(Struct, frozen=True, forbid_unknown_fields=True):
    """The last build as before a turning point and the first as after it, both run: "keras 3.9.2", with its day.

    `before` and `after` are the turning point's columns, `case` the case that was followed ("" for the verdict),
    `beside` what both builds were installed with, `commits` the address of the changes between them.
    """

    claim: str
    case: str
    before: str
    after: str
    last: str
    last_released: date
    last_seen: str
    first: str
    first_released: date
    first_seen: str
    beside: str
    commits: str


class _File(Struct, forbid_unknown_fields=True):
    bisection: list[Bisection] = []


def load_bisections(
    folders: Folders, claims: Mapping[str, Claim], environments: Collection[str]
) -> list[Bisection]:
    """What was recorded, none where the file is missing; raises Problem for an unknown claim, case or column."""
    if not folders.bisections.exists():
        return []
    found = folders.toml(folders.bisections, _File).bisection
    for item in found:
        place = f"{folders.bisections}: the bisection of {item.claim!r}"
        if item.claim not in claims:
            raise Problem(f"{place}: there is no such claim; see {folders.claims}")
        if item.case and item.case not in claims[item.claim].cases:
            raise Problem(f"{place}: it has no case {item.case!r}; see {folders.claims}")
        for name in (item.before, item.after):
            if name not in environments:
                raise Problem(f"{place}: there is no environment {name!r}; known are {', '.join(environments)}")
        if not item.commits.startswith("https://"):
            raise Problem(f"{place}: {item.commits!r} is no https:// link")
    return found


def record(folders: Folders, known: list[Bisection], added: list[Bisection], claims: Collection[str]) -> None:
    """Write `known` with `added`, which replace those of the same turning points, in the order of the claims."""
    import tomlkit  # takes longer than all the rest of a report with nothing to do

    entries = {(item.claim, item.before, item.after): item for item in [*known, *added]}
    order = list(claims)
    ordered = sorted(entries.values(), key=lambda item: (order.index(item.claim), item.first_released))
    text = tomlkit.dumps({"bisection": [msgspec.to_builtins(item, builtin_types=[date]) for item in ordered]})
    write_atomically(folders.bisections, _HEAD + text)
