"""The pictures that stand for claims and experiments where others link to them: 1200 by 630 pixels, as PNG."""

import hashlib
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import msgspec
from msgspec import Struct

from phasebook.report.columns import Span
from phasebook.report.facts import Facts
from phasebook.report.text import without_marks
from phasebook.report.timeline import Timeline

_LEGEND = "A row is a claim, a mark a release. Tall: it holds; half as tall: it fails; a line: unavailable."
_END = b"IEND\xaeB`\x82"  # the last bytes of every whole PNG


class Card(Struct, frozen=True):
    """What a card shows; a row has one verdict for each column, and `families` says how many columns each has."""

    kind: str
    title: str
    verdict: str
    words: str
    told: str
    rows: list[list[str]]
    families: list[tuple[str, int]]

    @property
    def alternative(self) -> str:
        """The card in words."""
        return f"{self.title}{'' if self.title.endswith('?') else ':'} {self.words}. {self.told}"

    @property
    def digest(self) -> str:
        """Stands for the picture: what it shows, the code that draws it, and the release of Pillow."""
        parts = [msgspec.json.encode(self), Path(__file__).with_name("card_picture.py").read_bytes()]
        return hashlib.sha256(b"\0".join([*parts, version("pillow").encode()])).hexdigest()


def cards(facts: Facts, titles: Mapping[str, str]) -> dict[str, Card]:
    """The cards by their path, which is that of the page with another ending; none before anything was run."""
    if facts.newest is None:
        return {}
    families = [(name, sum(len(span.columns) for span in spans)) for name, spans in _shown(facts).items()]
    found = {}
    for claim in facts.claims.values():
        verdict = facts.newest.verdict(claim.id)
        found[f"claims/{claim.id}.png"] = Card(
            "A claim, tested", without_marks(claim.title), verdict, f"{verdict} on {facts.newest.words}",
            without_marks(facts.sentence(claim.id)), [_row(facts, claim.id)], families,
        )  # fmt: skip
    for stem, claims in facts.notebooks.items():
        holding = sum(facts.newest.verdict(claim.id) == "holds" for claim in claims)
        found[f"experiments/{stem}.png"] = Card(
            "An experiment", without_marks(titles[stem]), "",
            f"{holding} of {len(claims)} claims hold on {facts.newest.words}", _LEGEND,
            [_row(facts, claim.id) for claim in claims], families,
        )  # fmt: skip
    return found


def previews(cards: Mapping[str, Card], timeline: Timeline) -> dict[str, str]:
    """The cards' alternative texts by path, with that of the whole report, where there is one.

    That one stands on most pages, and holds no numbers: they need not be written again when a verdict changes.
    """
    words = "The claims whose verdict changed, each as a line through the releases of TensorFlow."
    whole = {"card.png": words} if timeline.rows else {}
    return whole | {name: card.alternative for name, card in cards.items()}


def files(cards: Mapping[str, Card], report: Path) -> dict[str, bytes]:
    """The cards as PNG by path: those in the folder `report` as they are, where they still show the same."""
    return {name: _kept(report / name, card.digest) or _drawn(card) for name, card in cards.items()}


def _kept(path: Path, digest: str) -> bytes | None:
    """A card that was drawn before, if it is whole and shows what `digest` stands for."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    return content if digest.encode() in content and content.endswith(_END) else None


def _drawn(card: Card) -> bytes:
    from phasebook.report import card_picture  # imports Pillow: only where something is drawn

    return card_picture.png(card, card.digest)


def _row(facts: Facts, claim: str) -> list[str]:
    return [column.verdict(claim) for spans in _shown(facts).values() for span in spans for column in span.columns]


def _shown(facts: Facts) -> dict[str, list[Span]]:
    """The families that a card has room for: those on TensorFlow."""
    return {name: spans for name, spans in facts.families.items() if name not in ("JAX", "Torch")}
