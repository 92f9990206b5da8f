"""Every guard of docs/faults.md can be taken out of the code, and has its test; guards.py sees the tests fail."""

import ast
import subprocess
import sys
import tomllib

import guards
import pytest
from mutations import mutated

GUARDS = guards.load()


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.fault)
def test_a_guard_stands_where_the_page_says(guard: guards.Guard) -> None:
    whole = (guards.REAL / guard.file).read_text(encoding="utf-8")
    without, now = ast.parse(guard.without()), ast.parse(whole)
    assert ast.dump(without) != ast.dump(now), f"say in guards.toml what is the guard of {guard.place}"


def test_every_guard_has_its_test() -> None:
    nodes = {guard.node() for guard in GUARDS}
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *sorted(nodes)]
    done = subprocess.run(command, cwd=guards.REAL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(any(line.startswith(node) for line in done.stdout.splitlines()) for node in nodes)


def test_no_change_is_left_over() -> None:
    changes = tomllib.loads((guards.REAL / "tests/guards.toml").read_text(encoding="utf-8"))
    assert list(changes) == [guard.fault for guard in GUARDS]


@pytest.mark.parametrize(
    ("change", "after"),
    [
        ("never a", "c()\nif False:\n    f(1)"),
        ("always f", "c()\nif True:\n    f(1)"),
        ("skip f", "c()\nif a and b:\n    pass"),
        ("bare f", "c()\nif a and b:\n    1"),
        ("without b", "c()\nif a:\n    f(1)"),
        ("swap f(...) -> g()", "c()\nif a and b:\n    g()"),
        ("sooner f", "if a and b:\n    f(1)\nc()"),
    ],
)
def test_a_change_is_made_in_its_one_place(change: str, after: str) -> None:
    source = "def one():\n    c()\n    if a and b:\n        f(1)\n\ndef two():\n    if a or b:\n        f(2)"
    changed = ast.parse(mutated(source, "one", change)).body[0]
    assert isinstance(changed, ast.FunctionDef)
    assert "\n".join(map(ast.unparse, changed.body)) == after


@pytest.mark.parametrize(("change", "number"), [("never d", 0), ("skip f", 2), ("uncaught OSError", 0)])
def test_a_change_without_its_one_place_is_refused(change: str, number: int) -> None:
    source = "def one():\n    f(1)\n    if a:\n        f(2)"
    with pytest.raises(ValueError, match=f"{number} places in one"):
        mutated(source, "one", change)
