"""The upgrade guides: what changes between two releases, grouped by what to look for in one's code."""

from typing import Any

from phasebook.history.differences import Difference
from phasebook.project.upgrades import Change, Hint, Upgrades
from phasebook.report import releases
from phasebook.report.columns import Column
from phasebook.report.facts import Facts

Hinted = list[tuple[Hint | None, list[Difference]]]


def pages(facts: Facts, upgrades: Upgrades) -> dict[str, dict[str, Any]]:
    """What each guide's template needs, by the name of its page; columns without results are left out."""
    columns = {column.name: column for column in facts.columns}
    found: dict[str, dict[str, Any]] = {}
    for step in upgrades.step:
        if step.before in columns and step.after in columns:
            before, after = columns[step.before], columns[step.after]
            upgrade = releases.upgrade(facts, before, after)
            shown = first(step.first, before, after)
            groups = [(title, hinted(upgrades.hint, differences)) for title, differences in upgrade.groups]
            found[step.page] = {
                "step": step,
                "before": before,
                "upgrade": upgrade,
                "groups": groups,
                "places": {
                    one.claim: those[0].claim for _, pairs in groups for _, those in pairs for one in those
                },
                "first": shown,
                "ways": ways(upgrade, shown),
            }
    for page in found.values():
        beside = [other for other in found.values() if other["before"] == page["before"]]
        page["beside"] = [other for other in beside if other["upgrade"].count < page["upgrade"].count]
    return found


def first(changes: list[Change], before: Column, after: Column) -> list[Change]:
    """The sentences that the results of both columns bear out."""
    return [
        one
        for one in changes
        if (releases.outcome(before, one.claim), releases.outcome(after, one.claim)) == (one.was, one.now)
    ]


def ways(upgrade: releases.Upgrade, changes: list[Change]) -> dict[str, list[str]]:
    """How one notices each change."""
    groups = {"Silently": upgrade.silent, "With an error": upgrade.raising, "Removed": upgrade.gone}
    found = {way: {one.claim for one in those} for way, those in groups.items()}
    return {way: [one.claim for one in changes if one.claim.partition("/")[0] in found[way]] for way in groups}


def hinted(hints: list[Hint], differences: list[Difference]) -> Hinted:
    """The differences under the hint that speaks of them, in the order of the hints; those without one last."""
    found: Hinted = [(hint, [one for one in differences if one.claim in hint.claims]) for hint in hints]
    known = {claim for hint in hints for claim in hint.claims}
    found.append((None, [one for one in differences if one.claim not in known]))
    return [(hint, those) for hint, those in found if those]
