"""The experiments teach: a question comes before the cases that answer it, and the mutants are exercises."""

import re

import notebook_runs as runs
import pytest

QUESTION = re.compile(r"\*(Before you run it|Predict,\s+then run):\*.*?[.?!]", re.DOTALL)


@pytest.mark.parametrize("stem", runs.STEMS)
def test_a_question_stands_before_every_group_of_cases(stem: str) -> None:
    without = []
    prose = ""
    for cell in runs.notebook(stem).cells:
        if cell.cell_type == "markdown":
            prose += cell.source
        elif "case" in runs.tags(cell):
            if prose and not QUESTION.search(prose):
                without.append(cell.id)
            prose = ""
    assert without == []


@pytest.mark.parametrize("stem", runs.STEMS)
def test_readers_are_told_how_to_run_a_mutant(stem: str) -> None:
    prose = " ".join(cell.source for cell in runs.notebook(stem).cells if cell.cell_type == "markdown")
    told = " ".join(prose.split())
    assert "*mutant*" in told and "`docs/mutants.md`" in told
    assert re.search(r"paste (the lines|it|your change) below the cell that imports TensorFlow", told)
