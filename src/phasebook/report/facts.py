"""All that the pages tell, gathered from the data files into one object."""

from collections.abc import Mapping
from datetime import date
from functools import cached_property

import msgspec
from msgspec import Struct

from phasebook.history import lines, wording
from phasebook.history.neighbours import merged
from phasebook.project import causes
from phasebook.project.bisections import Bisection, load_bisections
from phasebook.project.claims import (
    Article,
    Claim,
    Source,
    by_notebook,
    load_articles,
    load_claims,
    load_sources,
    place_of,
)
from phasebook.project.environments import load_environments
from phasebook.project.folders import Folders
from phasebook.project.mutants import load_mutants
from phasebook.project.results import ClaimResult, load_results
from phasebook.report.columns import FAMILIES, NOT_RUN, Column, Span, spans, where
from phasebook.running.store import with_failures


class Evidence(Struct, frozen=True):
    """What was seen of a claim, and all columns in which exactly this was seen."""

    settled: ClaimResult
    spans: list[Span]
    where: str


class Turn(Struct, frozen=True):
    """All claims of which something changed between the same two columns for the same cause."""

    before: Column
    after: Column
    points: list[lines.TurningPoint]
    cause: causes.Cause | None

    @property
    def changes_backend(self) -> bool:
        """Whether it lies between two backends of one Keras, and not between releases."""
        return self.before.environment.backend != self.after.environment.backend

    @property
    def moves(self) -> dict[tuple[str, str], list[lines.TurningPoint]]:
        """The points by the two verdicts they lie between."""
        found: dict[tuple[str, str], list[lines.TurningPoint]] = {}
        for point in self.points:
            found.setdefault((point.verdict_before, point.verdict_after), []).append(point)
        return found


class Facts:
    """Claims, articles, mutants, columns with their results, and what follows from them."""

    def __init__(self, folders: Folders, stale: Mapping[str, list[str]]) -> None:
        self.folders = folders
        self.articles: dict[str, Article] = load_articles(folders)
        self.sources: dict[str, Source] = load_sources(folders)
        self.claims: dict[str, Claim] = load_claims(folders)
        self.environments = load_environments(folders)
        results = load_results(folders, self.environments)
        self.results = {name: with_failures(folders, result) for name, result in results.items()}
        self.causes = causes.load_causes(folders, self.claims, self.environments)
        self.bisections = load_bisections(folders, self.claims, self.environments)
        mutants = load_mutants(folders)
        self.mutants = {claim: [m for m in mutants if claim in m.guards] for claim in self.claims}
        self.all_columns = [
            Column(environment, self.results.get(name), self._is_live(name), list(stale.get(name, [])))
            for name, environment in self.environments.items()
        ]
        self.columns = [column for column in self.all_columns if column.result]
        self.missing = [column for column in self.all_columns if not column.result]

    def _is_live(self, environment: str) -> bool:
        return any((self.folders.executed / environment).glob("*.ipynb"))

    @cached_property
    def notebooks(self) -> dict[str, list[Claim]]:
        """The claims of each notebook; a notebook that settles none has an empty list."""
        claims = by_notebook(self.claims)
        found = {path.stem for path in self.folders.notebooks.glob("*.ipynb")}
        stems = sorted(found | set(claims), key=place_of)
        return {stem: claims.get(stem, []) for stem in stems}

    @cached_property
    def merged(self) -> list[Span]:
        """The matrix's columns: neighbours of one family that agree on every claim."""
        return spans(self.columns, lambda column: tuple(column.verdict(claim) for claim in self.claims))

    @cached_property
    def families(self) -> dict[str, list[Span]]:
        """The matrix's columns by family, only families that have any."""
        found = {name: [span for span in self.merged if span.family == name] for name in FAMILIES}
        return {name: those for name, those in found.items() if those}

    @cached_property
    def newest(self) -> Column | None:
        """The newest release with Keras 3 that has results, else the last column."""
        released = [column for column in self.columns if lines.is_released(column.environment)]
        three = [column for column in released if column.family == "Keras 3"]
        found = three or released or self.columns
        return found[-1] if found else None

    @cached_property
    def counterparts(self) -> dict[str, Column]:
        """For each column on JAX or Torch, the last one on TensorFlow with the same Keras."""
        on_tensorflow = [column for column in self.columns if column.environment.backend == "tensorflow"]
        known = {column.environment.keras: column for column in on_tensorflow}
        others = [column for column in self.columns if column.environment.backend != "tensorflow"]
        pairs = {column.name: known.get(column.environment.keras) for column in others}
        return {name: counterpart for name, counterpart in pairs.items() if counterpart}

    def as_on_tensorflow(self, claim: str) -> list[str]:
        """The columns on JAX and Torch that have the verdict of their counterpart."""
        pairs = [(column, self.counterparts.get(column.name)) for column in self.columns]
        return [own.name for own, other in pairs if other and other.verdict(claim) == own.verdict(claim)]

    def strip(self, claim: str) -> list[tuple[str, str]]:
        """A claim's verdicts along the columns: (verdict, columns in words) with equal neighbours merged."""
        found = spans(self.columns, lambda column: column.verdict(claim))
        runs = merged(found, lambda span: span.columns[0].verdict(claim))
        return [(those[0].columns[0].verdict(claim), where(those, self.columns)) for those in runs]

    def sentence(self, claim: str) -> str:
        """A claim's history in one sentence, with a capital and a full stop."""
        words = wording.sentence(claim, self.environments, self.results)
        return f"{words[:1].upper()}{words[1:]}."

    def changes(self, claim: str) -> bool:
        """Whether a claim has more than one verdict among the columns."""
        return len({column.verdict(claim) for column in self.columns}) > 1

    def evidence(self, claim: str) -> list[Evidence]:
        """What was seen of a claim, each thing once, with the columns where it was seen."""

        def seen(column: Column) -> bytes:
            settled = column.settled(claim)
            return msgspec.json.encode(settled and msgspec.structs.replace(settled, observed_on=""))

        found: dict[bytes, list[Span]] = {}
        for span in spans(self.columns, seen):
            found.setdefault(seen(span.columns[0]), []).append(span)
        settled = [(those[0].columns[0].settled(claim), those) for those in found.values()]
        return [Evidence(result, those, where(those, self.columns)) for result, those in settled if result]

    def count(self, column: Column, verdict: str) -> int:
        """How many claims have a verdict in a column."""
        return sum(column.verdict(claim) == verdict for claim in self.claims)

    @cached_property
    def turning_points(self) -> list[lines.TurningPoint]:
        """Every change of a verdict or a case between neighbouring columns of a line."""
        return lines.turning_points(list(self.claims), self.environments, self.results, self.causes)

    @cached_property
    def turns(self) -> list[Turn]:
        """The turning points, those of the same columns and cause together."""
        columns = {column.name: column for column in self.all_columns}
        groups: dict[tuple[str, str, str], list[lines.TurningPoint]] = {}
        for point in self.turning_points:
            because = point.cause.because if point.cause else ""
            groups.setdefault((point.before, point.after, because), []).append(point)
        return [
            Turn(columns[before], columns[after], points, points[0].cause)
            for (before, after, _), points in groups.items()
        ]

    @cached_property
    def boundaries(self) -> list[list[Turn]]:
        """The turns between the same two columns together; newest first, the other lines after the main one."""
        order = {name: place for place, name in enumerate(self.environments)}
        beside = ["tf-keras", "JAX", "Torch"]

        def place(turn: Turn) -> tuple[int, int, int]:
            line = beside.index(turn.after.family) + 1 if turn.after.family in beside else 0
            return line, -order[turn.after.name], -order[turn.before.name]

        return merged(sorted(self.turns, key=place), place)

    def turns_of(self, claim: str) -> list[lines.TurningPoint]:
        """The turning points of one claim."""
        return [point for point in self.turning_points if point.claim == claim]

    def bisected(self, points: list[lines.TurningPoint]) -> list[tuple[Bisection, list[str]]]:
        """Between which builds these turning points lie: each pair, with its claims where those are not all."""
        known = {(item.claim, item.before, item.after): item for item in self.bisections}
        found: dict[tuple[str, str], list[Bisection]] = {}
        for point in points:
            item = known.get((point.claim, point.before, point.after))
            if item is not None:
                found.setdefault((item.last, item.first), []).append(item)
        return [
            (items[0], [] if len(items) == len(points) else [item.claim for item in items])
            for items in found.values()
        ]

    @cached_property
    def updated(self) -> date:
        """The date of the newest release among the columns; stands for a time of change that is no clock's."""
        return max((column.environment.released for column in self.columns), default=date(2026, 1, 1))

    def letters(self, claim: str) -> str:
        """A claim's verdicts in all columns, a letter each, for the script: "hhfu", with "n" for not run."""
        return "".join(column.verdict(claim)[0] for column in self.columns)

    @staticmethod
    def is_run(verdict: str) -> bool:
        """Whether a word is a verdict, not the lack of one."""
        return verdict != NOT_RUN
