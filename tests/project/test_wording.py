"""Pages, templates and messages keep to the words of docs/glossary.md."""

import ast
import re
from pathlib import Path

import pytest
from small_project import REAL

GLOSSARY = REAL / "docs/glossary.md"
MADE = REAL / "docs/mutants.md"  # from data/mutants.toml
SOURCE = REAL / "src/phasebook"
# A changed line in these makes every result stale.
LATER = {SOURCE / name for name in ("running/judging.py", "running/tidying.py")}
TEXTS = [REAL / "README.md", *sorted((REAL / "docs").glob("*.md")), *sorted(SOURCE.rglob("*.j2"))]
PAGES = [path for path in TEXTS if path not in (GLOSSARY, MADE)]
CODE = sorted(SOURCE.rglob("*.py"))


def avoided() -> list[str]:
    """The phrases in the glossary's last column, without the code marks that some hold."""
    rows = [line for line in GLOSSARY.read_text(encoding="utf-8").splitlines() if line.startswith("|")][2:]
    return [phrase.strip() for row in rows for phrase in row.split("|")[3].split(";") if phrase.strip()]


def found_in(text: str) -> list[str]:
    plain = re.sub(r"\s+", " ", text)
    return [phrase for phrase in avoided() if re.search(rf"\b{re.escape(phrase)}", plain)]


def test_the_glossary_says_what_to_avoid_and_the_search_finds_it() -> None:
    assert len(avoided()) > 10
    assert found_in("an old file is\nmade anew") == ["made anew"]
    assert found_in("a `fit` that infers") == ["a `fit` that infers"]


@pytest.mark.parametrize(
    "path",
    [path for path in TEXTS if path not in (GLOSSARY, MADE)],
    ids=lambda path: str(path.relative_to(REAL)),
)
def test_a_page_keeps_to_the_glossary(path: Path) -> None:
    assert found_in(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "path", [path for path in CODE if path not in LATER], ids=lambda path: str(path.relative_to(SOURCE))
)
def test_messages_and_docstrings_keep_to_the_glossary(path: Path) -> None:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    strings = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    assert [(phrase, text) for text in strings for phrase in found_in(text)] == []
