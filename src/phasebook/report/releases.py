"""What the pages say about one release: its answer, its score, the articles, and what an upgrade changes."""

import html
import json
import re
from functools import cache
from pathlib import Path

from markupsafe import Markup
from msgspec import Struct

from phasebook.history.differences import Difference, compare
from phasebook.project.claims import Article, Claim
from phasebook.project.files import read_toml
from phasebook.project.situations import Situation
from phasebook.report import answers, text
from phasebook.report.columns import Column
from phasebook.report.facts import Facts

_RAISES = re.compile(r"\b[A-Z]\w*Error\b|\braises an error\b")


class _Sentence(Struct, frozen=True, forbid_unknown_fields=True):
    when: dict[str, str]
    text: str


class _File(Struct, forbid_unknown_fields=True):
    sentence: list[_Sentence]


class Upgrade(Struct, frozen=True):
    """What changes from one column to another, by how one notices."""

    before: Column
    after: Column
    silent: list[Difference]
    raising: list[Difference]
    gone: list[Difference]

    @property
    def count(self) -> int:
        """How many claims come out differently."""
        return len(self.silent) + len(self.raising) + len(self.gone)

    @property
    def groups(self) -> list[tuple[str, list[Difference]]]:
        """The differences under the words for how one notices; groups without any are left out."""
        words = (
            ("Changes without a word", self.silent),
            ("Raises an error now", self.raising),
            ("Removed or added: one of the two cannot run it", self.gone),
        )
        return [(title, found) for title, found in words if found]

    @staticmethod
    def moves(differences: list[Difference]) -> dict[tuple[str, str], list[Difference]]:
        """Differences by the two verdicts they lie between."""
        found: dict[tuple[str, str], list[Difference]] = {}
        for one in differences:
            found.setdefault((one.before, one.after), []).append(one)
        return found


def answer(column: Column) -> list[str]:
    """The sentences of releases.toml that a column's results bear out."""
    return [
        sentence.text
        for sentence in _sentences()
        if all(outcome(column, place) == word for place, word in sentence.when.items())
    ]


@cache
def _sentences() -> list[_Sentence]:
    return read_toml(Path(__file__).with_name("releases.toml"), _File).sentence


def outcome(column: Column, place: str) -> str:
    """What came out for a claim, or for one "claim/case"."""
    claim, _, name = place.partition("/")
    settled = column.settled(claim)
    for case in settled.cases if settled and name else []:
        if case.case == name:
            return "holds" if case.holds else "fails"
    return column.verdict(claim)


def upgrade(facts: Facts, before: Column, after: Column) -> Upgrade:
    """What changes for code that moves from one column to another."""
    assert before.result and after.result
    found = compare(before.result, after.result, list(facts.claims)).differences
    gone = [one for one in found if "unavailable" in (one.before, one.after)]
    rest = [one for one in found if one not in gone]
    raising = [one for one in rest if any(_RAISES.search(case.after) for case in one.deciding)]
    return Upgrade(before, after, [one for one in rest if one not in raising], raising, gone)


def next_step(facts: Facts, column: Column) -> Upgrade | None:
    """What changes from a column to the newest; or from TensorFlow with the same Keras, to one on JAX or Torch."""
    if column.environment.backend != "tensorflow":
        counterpart = facts.counterparts.get(column.name)
        return upgrade(facts, counterpart, column) if counterpart else None
    return upgrade(facts, column, facts.newest) if facts.newest and facts.newest is not column else None


def articles(facts: Facts, column: Column) -> list[tuple[Article, list[Claim], int]]:
    """For each article its claims and how many of them hold on a release."""
    found = []
    for article in facts.articles.values():
        claims = [claim for claim in facts.claims.values() if article.id in claim.articles]
        found.append((article, claims, sum(column.verdict(claim.id) == "holds" for claim in claims)))
    return found


def others(facts: Facts, column: Column) -> dict[str, list[Claim]]:
    """The claims of no article that do not hold on a release, by verdict."""
    found: dict[str, list[Claim]] = {}
    for claim in facts.claims.values():
        verdict = column.verdict(claim.id)
        if not claim.articles and verdict != "holds":
            found.setdefault(verdict, []).append(claim)
    return found


def score(facts: Facts, column: Column) -> list[tuple[str, int]]:
    """How many claims have each verdict on a release, verdicts that none has left out."""
    counts = [(word, facts.count(column, word)) for word in ("holds", "fails", "unavailable", "error")]
    return [(word, count) for word, count in counts if count]


def for_script(facts: Facts, situations: list[Situation]) -> Markup:
    """What the first page's script needs to speak of any release, as JSON in HTML.

    `sentences` are HTML. For each column, `says` are their numbers, `score` the verdicts with their counts, and
    `upgrade` how many claims change silently, with an error, and by what was removed or added.
    """
    sentences = [sentence.text for sentence in _sentences()]
    content = {
        "sentences": [str(text.inline(sentence)) for sentence in sentences],
        "columns": [
            {
                "name": column.name,
                "says": [sentences.index(sentence) for sentence in answer(column)],
                "score": score(facts, column),
                "upgrade": _counts(facts, column),
            }
            for column in facts.columns
        ],
        **answers.for_script(situations, facts.columns),
    }
    # In an element, quotes need no escapes, which would make a fifth of it.
    return Markup(html.escape(json.dumps(content, ensure_ascii=False, separators=(",", ":")), quote=False))


def _counts(facts: Facts, column: Column) -> list[int] | None:
    if facts.newest is None or column is facts.newest or column.environment.backend != "tensorflow":
        return None
    found = upgrade(facts, column, facts.newest)
    return [len(found.silent), len(found.raising), len(found.gone)]
