"""From records to verdicts: only a notebook that came to its end, with every case, settles anything."""

import copy
from typing import Any

import pytest

from phasebook.project.claims import Claim
from phasebook.running.judging import LONGEST, RECORD, Judged, judge

CLAIM = Claim("frozen-bn-infers", ["B"], "7-freezing", "t", "s", "c", "r", ["Sequential", "Functional"])
OTHER = Claim("frozen-weights-stay", ["B"], "7-freezing", "t", "s", "c", "r", ["Dense"])
ENVIRONMENT = {
    "tensorflow": "2.15.1", "keras": "2.15.0", "flavour": "tf.keras", "backend": "tensorflow",
    "python": "3.11", "numpy": "1.26.4", "platform": "linux-x86_64",
}  # fmt: skip


def record(case: str, claim: str = CLAIM.id, observed: str = "infers") -> dict[str, Any]:
    return {"record": 1, "claim": claim, "case": case, "expected": "infers", "observed": observed,
            "holds": observed == "infers"}  # fmt: skip


def end(records: int) -> dict[str, Any]:
    return {"record": 1, "finished": True, "records": records, "environment": ENVIRONMENT}


def cells(*records: Any) -> list[Any]:
    """Executed cells, one display each."""
    return [{"outputs": [{"output_type": "display_data", "data": {RECORD: item}}]} for item in records]


def judged(*records: Any, accident: str | None = None, claims: tuple[Claim, ...] = (CLAIM,)) -> Judged:
    return judge("7-freezing", cells(*records), list(claims), accident)


def test_every_case_as_stated_holds_and_one_otherwise_fails() -> None:
    good = judged(record("Sequential"), record("Functional"), end(2)).claims[CLAIM.id]
    assert (good.verdict, good.reason, len(good.cases)) == ("holds", None, 2)
    bad = judged(record("Sequential"), record("Functional", observed="trains"), end(2)).claims[CLAIM.id]
    assert bad.verdict == "fails"
    assert [case.holds for case in bad.cases] == [True, False]


def test_the_versions_are_what_the_kernel_said() -> None:
    versions = judged(record("Sequential"), record("Functional"), end(2)).versions
    assert versions is not None
    assert versions.tensorflow == "2.15.1"


def test_unavailable_takes_every_case() -> None:
    absent = {"record": 1, "claim": CLAIM.id, "unavailable": "no such name"}
    both = judged({**absent, "case": "Sequential"}, {**absent, "case": "Functional"}, end(2)).claims[CLAIM.id]
    assert (both.verdict, both.reason) == ("unavailable", "no such name")
    one = judged({**absent, "case": "Sequential"}, record("Functional"), end(2)).claims[CLAIM.id]
    assert one.verdict == "error"


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        ([], "did not finish"),
        ([record("Sequential"), record("Functional")], "did not finish"),
        ([record("Sequential"), end(1), record("Functional")], "after its end mark"),
        ([record("Sequential"), record("Functional"), end(2), end(2)], "twice"),
        ([record("Sequential"), end(2)], "counts 2 records, 1 arrived"),
        ([record("Sequential"), end(1)], "missing, unknown or repeated cases: Functional"),
        ([record("Sequential"), record("Functional"), record("Third"), end(3)], "cases: Third"),
        ([record("Sequential"), record("Functional"), record("Functional"), end(3)], "cases: Functional"),
        ([record("Sequential"), record("Functional", claim="../else"), end(2)], "which it does not settle"),
        (["text", end(1)], "malformed"),
        ([{**record("Sequential"), "extra": 1}, record("Functional"), end(2)], "malformed"),
        ([{**record("Sequential"), "holds": "yes"}, record("Functional"), end(2)], "malformed"),
        ([record("Sequential"), record("Functional"), {**end(2), "environment": {}}], "malformed"),
        ([end(0)], "no record for this claim"),
        ([record("Sequential"), record("Functional"), {**end(2), "finished": False}], "did not finish"),
        ([record("Sequential"), record("Functional"), {**end(2), "record": 2}], "malformed"),
        ([{**record("Sequential"), "record": 2}, record("Functional"), end(2)], "malformed"),
    ],
)
def test_what_is_not_whole_settles_nothing(records: list[Any], reason: str) -> None:
    settled = judged(*records).claims[CLAIM.id]
    assert settled.verdict == "error"
    assert settled.cases == []
    assert reason in (settled.reason or "")


def test_a_broken_case_spoils_its_own_claim_alone() -> None:
    broken = {"record": 1, "claim": OTHER.id, "case": "Dense", "error": "ValueError: no"}
    both = judged(record("Sequential"), record("Functional"), broken, end(3), claims=(CLAIM, OTHER)).claims
    assert both[CLAIM.id].verdict == "holds"
    assert (both[OTHER.id].verdict, both[OTHER.id].reason) == ("error", "Dense: ValueError: no")


def test_an_accident_is_an_error_even_behind_whole_records() -> None:
    settled = judged(record("Sequential"), record("Functional"), end(2), accident="the kernel was killed")
    assert settled.claims[CLAIM.id].reason == "the kernel was killed"


def test_a_record_that_lies_about_its_verdict_is_an_error() -> None:
    lie = {**record("Functional", observed="trains"), "holds": True}
    assert judged(record("Sequential"), lie, end(2)).claims[CLAIM.id].verdict == "error"


def test_a_megabyte_on_one_line_is_cut_with_a_note() -> None:
    long = copy.copy(record("Functional", observed="x" * 1_000_000))
    seen = judged(record("Sequential"), long, end(2)).claims[CLAIM.id].cases[1].observed
    assert len(seen) < LONGEST + 100
    assert seen.endswith("(1000000 characters in all)")
