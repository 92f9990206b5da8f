"""The turning points as an Atom feed (RFC 4287), newest first; dates are those of the first releases."""

from typing import Any
from uuid import NAMESPACE_URL, uuid5

from phasebook.history.lines import TurningPoint
from phasebook.history.wording import label
from phasebook.report.facts import Facts
from phasebook.report.text import without_marks


def _identifier(name: str) -> str:
    """An id that is the same whenever and wherever the feed is made."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'phasebook/{name}')}"


ID = _identifier("turning-points")


def entries(facts: Facts) -> list[dict[str, Any]]:
    """What feed.xml.j2 shows: a title, an id that stays, an address, a date and a summary for each point."""
    releases = [point for turn in facts.turns if not turn.changes_backend for point in turn.points]
    points = sorted(releases, key=lambda point: (point.released, point.claim), reverse=True)
    return [_entry(point, facts) for point in points]


def _entry(point: TurningPoint, facts: Facts) -> dict[str, Any]:
    before, after = (label(facts.environments[name]) for name in (point.before, point.after))
    outcome = f"{point.verdict_before} in {before}, {point.verdict_after} in {after}"
    if point.verdict_before == point.verdict_after:
        outcome = f"{point.verdict_after} in {before} and in {after}, but not for the same cases"
    return {
        "title": f"{without_marks(facts.claims[point.claim].title)}: {outcome}",
        "id": _identifier(f"{point.claim}/{point.before}/{point.after}"),
        "address": f"claims/{point.claim}.html#{point.after}",
        "released": point.released,
        "summary": without_marks(point.cause.because) if point.cause else "Cause not known yet.",
    }
