"""The data to take away: results.json with its schema, results.csv and the Atom feed; pages writes them."""

import csv
import io
import json
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from xml.sax.saxutils import escape, quoteattr

import msgspec

from phasebook.history.wording import label
from phasebook.project.results import VERDICTS
from phasebook.report.facts import Facts
from phasebook.report.text import plain, visible, without_marks

CSV_COLUMNS = [
    ("claim", "the claim's id, which stays"),
    ("title", "the claim in a few words"),
    ("articles", "letters of the articles that make it, separated by spaces; empty where an experiment raised it"),
    ("notebook", "the experiment that settles it"),
    ("environment", "the environment's name, as in `data/environments.toml`"),
    ("family", "`TF 1`, `TF 2`, `Keras 3`, `tf-keras` or `nightly`"),
    ("tensorflow", "version of TensorFlow, as told from inside the kernel"),
    ("keras", "version of the Keras (or tf-keras) in use"),
    ("python", "version of Python"),
    ("released", "date of the first release that the column stands for"),
    ("tested", "date of the patch that was tested"),
    ("verdict", "`holds`, `fails`, `unavailable` or `error`"),
    ("cases", "number of cases observed"),
    ("cases_as_stated", "number of those that came out as the claim states"),
    ("reason", "why there is no observation, for `unavailable` and `error`"),
]
JSON_FIELDS = [
    ("schema", "version of this form: 1"),
    ("articles", "the articles by letter: `title`, `author`, `date`, `url`, `language`"),
    ("claims", "the claims by id: `title`, `articles`, `notebook`, `history` (one sentence)"),
    ("environments", "the environments by name, in the order of the matrix: what ran, `family` and `released`"),
    ("results", "by claim and environment: `verdict`, `cases` and `reason`"),
    ("results.*.*.cases", "`case`, `expected`, `observed` and whether it `holds`"),
    ("turning_points", "changes: `claim`, `before`, `after`, both verdicts, deciding `cases`, the `cause`"),
]  # fmt: skip


def as_json(facts: Facts) -> bytes:
    """Everything in the matrix, for machines."""
    content = {
        "schema": 1,
        "articles": {id: _without_about(article) for id, article in facts.articles.items()},
        "claims": {
            claim.id: {
                "title": claim.title,
                "articles": claim.articles,
                "notebook": claim.notebook,
                "history": facts.sentence(claim.id),
            }
            for claim in facts.claims.values()
        },
        "environments": {
            column.name: msgspec.to_builtins(column.info)
            | {
                "family": column.family,
                "released": str(column.environment.first_released),
                "tested": str(column.environment.released),
            }
            for column in facts.columns
        },
        "results": {
            claim: {
                column.name: {
                    "verdict": settled.verdict,
                    "cases": msgspec.to_builtins(settled.cases),
                    "reason": settled.reason,
                }
                for column in facts.columns
                if (settled := column.settled(claim))
            }
            for claim in facts.claims
        },
        "turning_points": [_turn(point) for point in facts.turning_points],
    }  # fmt: skip
    return (json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n").encode(errors="replace")


def _without_about(article: Any) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(article)
    return {key: fields[key] for key in ("title", "author", "date", "url", "language")}


def _turn(point: Any) -> dict[str, Any]:
    cause = {"because": point.cause.because, "link": point.cause.link} if point.cause else None
    return {
        "claim": point.claim,
        "before": point.before,
        "after": point.after,
        "verdict_before": point.verdict_before,
        "verdict_after": point.verdict_after,
        "cases": [case.case for case in point.deciding if case.case],
        "cause": cause,
    }


def schema() -> bytes:
    """The JSON schema of results.json."""

    def table(fields: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
        required = [name for name in fields if name not in optional]
        return {"type": "object", "properties": fields, "required": required, "additionalProperties": False}

    def by_name(of: dict[str, Any]) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": of}

    text, perhaps = {"type": "string"}, {"type": ["string", "null"]}
    texts = {"type": "array", "items": text}
    verdict = {"enum": list(VERDICTS)}
    case = table({"case": text, "expected": text, "observed": text, "holds": {"type": "boolean"}})
    ran = ("name", "tensorflow", "keras", "flavour", "backend", "python", "numpy", "platform", "lock")
    turn = {"claim": text, "before": text, "after": text, "verdict_before": verdict, "verdict_after": verdict}
    cause = {"anyOf": [{"type": "null"}, table({"because": text, "link": text})]}
    article = {"title": text, "author": text, "date": perhaps, "url": perhaps, "language": text}
    claim = {"title": text, "articles": {"type": "array", "items": text}, "notebook": text, "history": text}
    result = {"verdict": verdict, "cases": {"type": "array", "items": case}, "reason": perhaps}
    content = table({
        "schema": {"const": 1},
        "articles": by_name(table(article)),
        "claims": by_name(table(claim)),
        "environments": by_name(table(dict.fromkeys((*ran, "family", "released", "tested"), text))),
        "results": by_name(by_name(table(result))),
        "turning_points": {"type": "array", "items": table(turn | {"cases": texts, "cause": cause})},
    })  # fmt: skip
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Phasebook's results"}
    return (json.dumps(head | content, indent=1) + "\n").encode()


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


def feed(facts: Facts) -> bytes:
    """The turning points as an Atom feed (RFC 4287), newest first; dates are those of the releases."""
    points = sorted(facts.turning_points, key=lambda point: (point.released, point.claim), reverse=True)
    entries = "".join(_entry(point, facts) for point in points)
    return visible(f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
<title>Phasebook: turning points</title>
<subtitle>Where a verdict on training mode changed from one release of TensorFlow or Keras to the next</subtitle>
<id>urn:uuid:{uuid5(NAMESPACE_URL, "phasebook/turning-points")}</id>
<link rel="self" type="application/atom+xml" href="feed.xml"/>
<link rel="alternate" type="text/html" href="index.html#changed"/>
<updated>{facts.updated}T00:00:00Z</updated>
<author><name>Phasebook</name></author>
<rights>CC BY 4.0</rights>
{entries}</feed>
""").encode()


def _entry(point: Any, facts: Facts) -> str:
    before, after = (label(facts.environments[name]) for name in (point.before, point.after))
    title = f"{point.claim}: {point.verdict_before} in {before}, {point.verdict_after} in {after}"
    if point.verdict_before == point.verdict_after:
        cases = ", ".join(case.case for case in point.deciding)
        title = f"{point.claim}: {point.verdict_after} in {before} and {after}, but other cases ({cases})"
    claim = facts.claims[point.claim]
    cause = without_marks(point.cause.because) if point.cause else "The cause is not known yet."
    address = f"claims/{point.claim}.html#{point.after}"
    return f"""<entry>
<title>{escape(plain(title))}</title>
<id>urn:uuid:{uuid5(NAMESPACE_URL, f"phasebook/{point.claim}/{point.before}/{point.after}")}</id>
<link rel="alternate" type="text/html" href={quoteattr(address)}/>
<updated>{point.released}T00:00:00Z</updated>
<summary>{escape(without_marks(claim.title))}. {escape(cause)}</summary>
</entry>
"""
