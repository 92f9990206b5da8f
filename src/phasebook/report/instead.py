"""What a claim's page says at its top: what happens where the claim does not hold, why, and the code to write."""

from collections.abc import Mapping

from msgspec import Struct
from nbformat import NotebookNode

from phasebook.history.lines import TurningPoint
from phasebook.history.wording import label
from phasebook.project.claims import Claim
from phasebook.report.facts import Facts
from phasebook.report.opening import last_turn
from phasebook.report.today import code_of

DENIED = ("fails", "unavailable")


class Instead(Struct, frozen=True):
    """The heading, what happens, the change behind the newest verdict and where it came, recipes with code."""

    heading: str
    text: str
    turn: TurningPoint | None
    since: str
    recipes: list[tuple[str, str]]


def instead(claim: Claim, facts: Facts, notebooks: Mapping[str, NotebookNode]) -> Instead | None:
    """What the claim's page opens with; None where there is nothing to say."""
    if not (claim.instead or claim.recipes):
        return None
    turn = _turn(claim, facts)
    since = label(facts.environments[turn.after]) if turn else ""
    recipes = [(recipe, code_of(recipe, facts, notebooks)) for recipe in claim.recipes]
    return Instead(heading(claim, facts), claim.instead, turn, since, recipes)


def heading(claim: Claim, facts: Facts) -> str:
    """What stands over a claim's advice: where it is needed."""
    if facts.newest and facts.newest.verdict(claim.id) in DENIED:
        return "What happens instead, and what to write"
    usual = [column for column in facts.columns if column.environment.backend == "tensorflow"]
    failing = any(column.verdict(claim.id) == "fails" for column in usual)
    return "Where it does not hold" if failing else "What to write"


def _turn(claim: Claim, facts: Facts) -> TurningPoint | None:
    """The change with a known cause that brought the newest verdict, where this is not that the claim holds."""
    if facts.newest is None or facts.newest.verdict(claim.id) not in DENIED:
        return None
    turn = last_turn(facts, claim.id, facts.newest.name)
    return turn if turn and turn.verdict_before != turn.verdict_after else None
