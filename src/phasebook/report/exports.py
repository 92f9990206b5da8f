"""The matrix as files: results.json with its schema, and results.csv."""

import csv
import io
import json
from datetime import date
from typing import Literal

import msgspec
from msgspec import Struct

from phasebook.history.lines import TurningPoint
from phasebook.project.results import Case, EnvironmentInfo, Verdict
from phasebook.report.facts import Facts
from phasebook.report.text import plain, without_marks

CSV_COLUMNS = [
    ("claim", "the claim's id, which stays"),
    ("title", "the claim in a few words"),
    ("articles", "letters of the articles that make it, separated by spaces; empty where an experiment raised it"),
    ("notebook", "the experiment that settles it"),
    ("environment", "the environment's name, as in `data/environments.toml`"),
    ("family", "`TF 1`, `TF 2`, `Keras 3`, `tf-keras`, `JAX`, `Torch` or `nightly`"),
    ("tensorflow", "version of TensorFlow, as told from inside the kernel"),
    ("keras", "version of the Keras (or tf-keras) in use"),
    ("python", "version of Python"),
    ("released", "date of the first release that the column stands for"),
    ("tested", "date of the patch that was tested"),
    ("verdict", "`holds`, `fails`, `unavailable` or `error`"),
    ("cases", "number of cases observed"),
    ("cases_as_stated", "number of cases that came out as the claim states"),
    ("reason", "why there is no observation, for `unavailable` and `error`"),
]
JSON_FIELDS = [
    ("schema", "version of this form: 2"),
    ("articles", "the articles by letter: `title`, `author`, `date`, `url`, `language`"),
    ("claims", "the claims by id: `title`, `articles`, `notebook`, `history` (one sentence)"),
    ("environments", "the environments by name, in the order of the matrix: what ran, `family` and `released`"),
    ("results", "by claim and environment: `verdict`, `cases` and `reason`"),
    ("results.*.*.cases", "`case`, `expected`, `observed` and whether it `holds`"),
    ("turning_points", "changes: `claim`, `before`, `after`, both verdicts, deciding `cases`, the `cause`"),
]  # fmt: skip


class _Article(Struct, forbid_unknown_fields=True):
    title: str
    author: str
    date: date | None
    url: str | None
    language: str


class _Claim(Struct, forbid_unknown_fields=True):
    title: str
    articles: list[str]
    notebook: str
    history: str


class _Environment(EnvironmentInfo, frozen=True, forbid_unknown_fields=True):
    family: str
    released: date
    tested: date


class _Result(Struct, forbid_unknown_fields=True):
    verdict: Verdict
    cases: list[Case]
    reason: str | None


class _Cause(Struct, forbid_unknown_fields=True):
    because: str
    link: str


class _Turn(Struct, forbid_unknown_fields=True):
    claim: str
    before: str
    after: str
    verdict_before: Verdict
    verdict_after: Verdict
    cases: list[str]
    cause: _Cause | None


class _Results(Struct, forbid_unknown_fields=True):
    schema: Literal[2]
    articles: dict[str, _Article]
    claims: dict[str, _Claim]
    environments: dict[str, _Environment]
    results: dict[str, dict[str, _Result]]
    turning_points: list[_Turn]


def as_json(facts: Facts) -> bytes:
    """Everything in the matrix, for machines."""
    content = _Results(
        schema=2,
        articles={
            name: _Article(article.title, article.author, article.date, article.url, article.language)
            for name, article in facts.articles.items()
        },
        claims={
            claim.id: _Claim(claim.title, claim.articles, claim.notebook, facts.sentence(claim.id))
            for claim in facts.claims.values()
        },
        environments={
            column.name: _Environment(
                **msgspec.structs.asdict(column.info), family=column.family,
                released=column.environment.first_released, tested=column.environment.released,
            )
            for column in facts.columns
            if column.info
        },
        results={
            claim: {
                column.name: _Result(settled.verdict, settled.cases, settled.reason)
                for column in facts.columns
                if (settled := column.settled(claim))
            }
            for claim in facts.claims
        },
        turning_points=[_turn(point) for point in facts.turning_points],
    )  # fmt: skip
    return msgspec.json.encode(content) + b"\n"


def _turn(point: TurningPoint) -> _Turn:
    return _Turn(
        point.claim,
        point.before,
        point.after,
        point.verdict_before,
        point.verdict_after,
        [case.case for case in point.deciding if case.case],
        _Cause(point.cause.because, point.cause.link) if point.cause else None,
    )


def schema() -> bytes:
    """The JSON schema of results.json."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Phasebook's results"}
    return (json.dumps(head | msgspec.json.schema(_Results), indent=1) + "\n").encode()


def as_csv(facts: Facts) -> bytes:
    """A line for each claim in each environment."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(name for name, _ in CSV_COLUMNS)
    for claim in facts.claims.values():
        for column in facts.columns:
            settled, ran = column.settled(claim.id), column.info
            if settled is None or ran is None:
                continue
            writer.writerow([
                claim.id, _cell(without_marks(claim.title)), " ".join(claim.articles), claim.notebook,
                column.name, column.family, ran.tensorflow, ran.keras, ran.python,
                column.environment.first_released, column.environment.released,
                settled.verdict, len(settled.cases), sum(case.holds for case in settled.cases),
                _cell(plain(settled.reason or "")),
            ])  # fmt: skip
    return file.getvalue().encode(errors="replace")


def _cell(words: str) -> str:
    """Free text for a table; after an apostrophe no spreadsheet takes it for a formula."""
    return f"'{words}" if words[:1] in ("=", "+", "-", "@", "\t") else words
