"""Two columns beside each other: what differs, which case decided, and the exit status that follows."""

import io
import json

import msgspec
import pytest
import small_project as project
from rich.console import Console

from phasebook.commands.compare import as_text, lines, show
from phasebook.history.differences import compare
from phasebook.project.environments import load_environments
from phasebook.project.results import Case, ClaimResult

CLAIMS = list(project.CLAIMS)


@pytest.fixture
def pair(tmp_path):
    """Two results, from the verdicts on the three claims in each."""
    folders = project.make(tmp_path, ["tf-2.15", "tf-2.21+keras-3.15.1"])
    one, other = load_environments(folders).values()

    def from_verdicts(before, after):
        return (
            project.result(folders, one, dict(zip(CLAIMS, before, strict=False))),
            project.result(folders, other, dict(zip(CLAIMS, after, strict=False))),
        )

    return from_verdicts


def deciding(pair, before, after):
    comparison = compare(*pair([before], [after]), CLAIMS[:1])
    return [(case.case, case.before, case.after) for case in comparison.differences[0].deciding]


def test_the_same_verdicts_are_no_difference(pair):
    comparison = compare(*pair(["holds", "fails", "unavailable"], ["holds", "fails", "unavailable"]), CLAIMS)
    assert (comparison.status, comparison.differences) == (0, [])
    assert lines(comparison) == ["tf-2.15 -> tf-2.21+keras-3.15.1: no verdicts differ"]


def test_a_difference_names_its_claim_and_the_case_that_decided(pair):
    comparison = compare(*pair(["holds", "fails", "holds"], ["holds", "fails", "fails"]), CLAIMS)
    assert comparison.status == 3
    assert lines(comparison) == [
        "frozen-bn-infers: holds -> fails",
        "  Sequential: trains -> infers",
        "tf-2.15 -> tf-2.21+keras-3.15.1: 1 verdict differs",
    ]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("fails", "holds", [("Sequential", "infers", "trains")]),
        ("unavailable", "fails", [("Sequential", "it has no such name", "infers")]),
        ("holds", "unavailable", [("", "every case as expected", "it has no such name")]),
    ],
)
def test_what_decided(pair, before, after, expected):
    assert deciding(pair, before, after) == expected


def test_only_the_cases_that_turned_are_told(pair):
    one, other = pair(["fails"], ["fails"])
    cases = [Case(c, "trains", "infers", False) for c in ("Sequential", "Functional")]
    worse = ClaimResult("fails", "1-calls", cases, None)
    better = ClaimResult("holds", "1-calls", [Case(c.case, "trains", "trains", True) for c in cases], None)
    other = msgspec.structs.replace(other, claims={CLAIMS[0]: better})
    mended = compare(one, other, CLAIMS[:1])
    assert [case.case for case in mended.differences[0].deciding] == ["Sequential"]
    broken = compare(other, msgspec.structs.replace(one, claims={CLAIMS[0]: worse}), CLAIMS[:1])
    assert [case.case for case in broken.differences[0].deciding] == ["Sequential", "Functional"]


def test_a_claim_without_a_verdict_is_not_taken_for_equal(pair):
    comparison = compare(*pair(["holds", "holds", "holds"], ["holds"]), CLAIMS)
    assert comparison.status == 4
    assert lines(comparison)[-1].endswith("no verdict: call-false-infers, frozen-bn-infers")
    assert compare(*pair(["holds", "holds"], ["fails"]), CLAIMS).status == 3


def test_the_json_holds_all_of_it(pair):
    comparison = compare(*pair(["holds"], ["fails"]), CLAIMS[:1])
    assert json.loads(as_text(comparison)) == {
        "before": "tf-2.15",
        "after": "tf-2.21+keras-3.15.1",
        "differences": [
            {
                "claim": "call-true-trains",
                "before": "holds",
                "after": "fails",
                "deciding": [{"case": "Sequential", "expected": "trains", "before": "trains", "after": "infers"}],
            }
        ],
        "not_settled": [],
        "not_compared": [],
    }


def test_what_was_expected_is_told_where_neither_side_saw_it(pair):
    comparison = compare(*pair(["unavailable"], ["fails"]), CLAIMS[:1])
    assert lines(comparison)[1] == "  Sequential: it has no such name -> infers (expected: trains)"


def printed(comparison, *, terminal):
    file = io.StringIO()
    show(comparison, Console(file=file, width=100, force_terminal=terminal, color_system=None))
    return file.getvalue()


def test_plain_lines_never_wrap_and_a_table_is_for_a_terminal(pair):
    one, other = pair(["holds"], ["fails"])
    found = other.claims[CLAIMS[0]]
    long = [msgspec.structs.replace(found.cases[0], observed="[red]infers[/red] " * 10), found.cases[1]]
    other = msgspec.structs.replace(other, claims={CLAIMS[0]: msgspec.structs.replace(found, cases=long)})
    comparison = compare(one, other, CLAIMS[:1])
    assert printed(comparison, terminal=False).splitlines() == lines(comparison)
    table = printed(comparison, terminal=True)
    assert all(word in table for word in ("claim", "decided by", "call-true", "[red]infers[/red]"))
    assert max(map(len, table.splitlines())) <= 100


@pytest.mark.parametrize(("before", "after"), [("holds", "error"), ("error", "fails"), ("error", "error")])
def test_an_error_is_no_change_of_verdict_but_something_that_could_not_be_settled(pair, before, after):
    comparison = compare(*pair(["holds", before], ["holds", after]), CLAIMS[:2])
    assert (comparison.status, comparison.differences, comparison.not_settled) == (4, [], [CLAIMS[1]])
    assert lines(comparison)[-1] == f"not settled, the experiment itself broke: {CLAIMS[1]}"
    assert json.loads(as_text(comparison))["not_settled"] == [CLAIMS[1]]
    both = compare(*pair(["holds", before], ["fails", after]), CLAIMS[:2])
    assert both.status == 3 and both.not_settled == [CLAIMS[1]], "a change is told first, the rest beside it"


def test_a_case_that_turned_under_the_same_verdict_is_a_difference(pair):
    one, other = pair(["fails"], ["fails"])
    found = other.claims[CLAIMS[0]]
    worse = msgspec.structs.replace(found, cases=[Case(c.case, "trains", "infers", False) for c in found.cases])
    other = msgspec.structs.replace(other, claims={CLAIMS[0]: worse})
    comparison = compare(one, other, CLAIMS[:1])
    assert comparison.status == 3
    assert lines(comparison) == [
        f"{CLAIMS[0]}: fails in both, but for different cases",
        "  Functional: trains -> infers",
        "tf-2.15 -> tf-2.21+keras-3.15.1: no verdicts differ, cases of 1 more claim turned",
    ]


def test_a_case_that_only_one_side_ran_is_no_difference(pair):
    one, other = pair(["holds"], ["holds"])
    found = other.claims[CLAIMS[0]]
    grown = msgspec.structs.replace(found, cases=[*found.cases, Case("new", "trains", "trains", True)])
    other = msgspec.structs.replace(other, claims={CLAIMS[0]: grown})
    assert compare(one, other, CLAIMS[:1]).differences == []
