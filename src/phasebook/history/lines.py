"""From columns to history: ranges of equal verdicts, turning points by verdict and by case, with their causes.

The columns form lines, in which neighbours are compared:

    tf-1.14 .. tf-2.15 - Keras 3.0 .. 3.15 (by Keras, then TensorFlow) - release candidates, tf-nightly
                    |                   |--- Keras 3.15 on JAX .. nightly on JAX
                    |                   `--- Keras 3.15 on Torch .. nightly on Torch
                    `--- tf-2.16+tf-keras .. tf-2.21+tf-keras
"""

from collections.abc import Mapping
from datetime import date
from itertools import pairwise

from msgspec import Struct
from packaging.version import Version

from phasebook.history.differences import Deciding, deciding, turned
from phasebook.history.neighbours import merged
from phasebook.project.causes import Cause
from phasebook.project.environments import Environment
from phasebook.project.results import Result, Verdict

Environments = Mapping[str, Environment]
Results = Mapping[str, Result]


class Lines(Struct, frozen=True):
    """The columns in the order in which history goes through them.

    `legacy` starts with the last TF 2 column; each of `backends`, with the column of the main line that has the
    same Keras on the newest TensorFlow.
    """

    main: list[str]
    legacy: list[str]
    backends: list[list[str]] = []

    @property
    def every(self) -> list[list[str]]:
        """The main line, and those that leave it."""
        return [self.main, self.legacy, *self.backends]

    def of(self, column: str) -> list[str]:
        """The line on which a column has the one before it."""
        return next((line for line in self.every[1:] if column in line[1:]), self.main)


class Range(Struct, frozen=True):
    """Neighbouring columns of one line with the same verdict; columns without a verdict are left out."""

    verdict: Verdict
    columns: list[str]


class TurningPoint(Struct, frozen=True):
    """A change between neighbouring columns of a line: of a verdict, or of cases under the same verdict."""

    claim: str
    before: str
    after: str
    verdict_before: Verdict
    verdict_after: Verdict
    deciding: list[Deciding]
    released: date  # first release of the minor that the column `after` stands for
    tested: str  # "2.0.4 of 2021-01-06" where a later patch was tested, which may have brought the change; else ""
    is_released: bool  # both columns are releases, neither candidates nor nightlies
    cause: Cause | None


def lines_of(environments: Environments) -> Lines:
    """The lines of the columns."""

    def versions(environment: Environment) -> tuple[Version, Version]:
        return Version(environment.keras), Version(environment.tensorflow)

    def newest_last(environment: Environment) -> tuple[bool, Version]:
        # a nightly is called 2.22.0.dev..., which counts as older than the candidate 2.22.0rc1
        return environment.family == "nightly", Version(environment.tensorflow)

    every = [e for e in environments.values() if e.backend == "tensorflow"]
    classic = sorted((e for e in every if e.flavour == "tf.keras"), key=lambda e: Version(e.tensorflow))
    three = sorted((e for e in every if e.flavour == "keras-3" and is_released(e)), key=versions)
    coming = sorted((e for e in every if e.flavour == "keras-3" and not is_released(e)), key=newest_last)
    legacy = sorted((e for e in every if e.flavour == "tf-keras"), key=lambda e: Version(e.tensorflow))
    return Lines(
        main=[e.name for e in (*classic, *three, *coming)],
        legacy=[e.name for e in (*classic[-1:], *legacy)],
        backends=[_beside(three, [e for e in environments.values() if e.backend == b]) for b in ("jax", "torch")],
    )


def _beside(three: list[Environment], columns: list[Environment]) -> list[str]:
    """The line of a backend's columns; empty where it has none."""
    own = sorted(columns, key=lambda column: Version(column.keras))
    start = [column.name for column in three if own and column.keras == own[0].keras][-1:]
    return [*start, *(column.name for column in own)]


def is_released(environment: Environment) -> bool:
    """Whether a column stands for releases, not for a candidate or a nightly."""
    if Version(environment.tensorflow).is_prerelease:
        return False
    # the Keras inside an old TensorFlow has numbers such as 2.2.4-tf, which are no versions
    return environment.flavour == "tf.keras" or not Version(environment.keras).is_prerelease


def tested(environment: Environment) -> str:
    """The version and date of the patch that was tested, where it is not the first release; else ""."""
    if environment.released == environment.first_released:
        return ""
    version = environment.keras if environment.flavour == "keras-3" else environment.tensorflow
    return f"{version} of {environment.released}"


def verdicts(claim: str, columns: list[str], results: Results) -> dict[str, Verdict]:
    """The verdicts on a claim in those of the columns that have one."""
    return {
        column: results[column].claims[claim].verdict
        for column in columns
        if column in results and claim in results[column].claims
    }


def ranges(claim: str, columns: list[str], results: Results) -> list[Range]:
    """The runs of equal verdicts along a line; columns with `error` or no verdict are passed over."""
    found = {column: word for column, word in verdicts(claim, columns, results).items() if word != "error"}
    return [Range(found[part[0]], part) for part in merged(found, lambda column: found[column])]


def turning_points(
    claims: list[str], environments: Environments, results: Results, causes: list[Cause]
) -> list[TurningPoint]:
    """Every change of a verdict or a case on the main line, claim by claim, and then those on the other lines.

    Columns with `error` or no verdict are passed over.
    """
    lines = lines_of(environments)
    return [
        _turn(claim, before, after, environments, results, causes)
        for columns in lines.every
        for claim in claims
        for before, after in pairwise(
            column for column, word in verdicts(claim, columns, results).items() if word != "error"
        )
        if turned(results[before].claims[claim], results[after].claims[claim])
    ]


def _turn(
    claim: str, before: str, after: str, environments: Environments, results: Results, causes: list[Cause]
) -> TurningPoint:
    old, new = results[before].claims[claim], results[after].claims[claim]
    decided = deciding(old, new)
    names = {claim, *(f"{claim}/{case.case}" for case in decided)}
    matching = [c for c in causes if c.before == before and c.after == after and names & set(c.claims)]
    return TurningPoint(
        claim=claim,
        before=before,
        after=after,
        verdict_before=old.verdict,
        verdict_after=new.verdict,
        deciding=decided,
        released=environments[after].first_released,
        tested=tested(environments[after]),
        is_released=is_released(environments[before]) and is_released(environments[after]),
        cause=matching[0] if matching else None,
    )
