"""The list of guards is true of the code, of the tests and of docs/faults.md; guards.py takes them out."""

import ast

import guards
import pytest

GUARDS = guards.load()


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.fault)
def test_a_guard_stands_where_the_list_says(guard: guards.Guard) -> None:
    text = guard.file().read_text(encoding="utf-8")
    assert text.count(guard.code) == 1, f"{guard.place} has changed: say in guards.toml what is its guard now"
    ast.parse(text.replace(guard.code, guard.without))
    assert guard.place.rpartition(".")[2] in text


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.fault)
def test_a_guard_has_its_test_and_its_row(guard: guards.Guard) -> None:
    file, _, name = guard.test.partition("::")
    assert f"def {name.partition('[')[0]}(" in (guards.REAL / "tests" / file).read_text(encoding="utf-8")
    assert guard.row() in (guards.REAL / "docs/faults.md").read_text(encoding="utf-8").splitlines()


def test_no_row_is_left_over() -> None:
    lines = (guards.REAL / "docs/faults.md").read_text(encoding="utf-8").splitlines()
    start = lines.index("| Fault | What the reader sees | Guard | Test that fails without it |") + 2
    rows = lines[start : start + len(GUARDS) + 1]
    assert rows == [*(guard.row() for guard in GUARDS), ""]
