"""For every claim a deliberate change of TensorFlow flips its verdict; without it, the verdict stays."""

import ast
from itertools import groupby
from pathlib import Path

import notebook_runs as runs
import pytest
import small_project

from phasebook.project.claims import load_claims
from phasebook.project.environments import load_environments
from phasebook.project.errors import Problem
from phasebook.project.files import write_atomically
from phasebook.project.mutants import Mutant, load_mutants, page

MUTANTS = sorted(load_mutants(runs.REAL), key=lambda mutant: mutant.environment)
ENVIRONMENTS = {name: list(group) for name, group in groupby(MUTANTS, key=lambda mutant: mutant.environment)}


def test_every_claim_has_a_mutant() -> None:
    guarded = {claim for mutant in MUTANTS for claim in mutant.guards}
    assert set(load_claims(runs.REAL)) - guarded == set()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_is_small_and_runs_in_a_known_environment(mutant: Mutant) -> None:
    assert mutant.environment in load_environments(runs.REAL)
    assert mutant.change.endswith(".")
    ast.parse(mutant.code, feature_version=(3, 7))
    assert len(mutant.code.strip().splitlines()) <= 40


def test_the_page_about_mutants_is_current() -> None:
    path = runs.REAL.root / "docs/mutants.md"
    text = path.read_text(encoding="utf-8")
    assert text == page(runs.REAL), "run `python -m phasebook.project.mutants`"
    assert "| `torch-training-loop` | [train-does-not-undo-eval](#train-does-not-undo-eval) |" in text


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("frozen-bn-infers", "no-such-claim"), "guards 'no-such-claim'"),
        (("2-freezing", "1-calls"), "not a claim of '1-calls'"),
        (('["frozen-bn-infers"]', "[]"), "guards no claim"),
        (("code =", "codes ="), "'one'"),
    ],
)
def test_a_broken_file_of_mutants_is_refused(tmp_path: Path, change: tuple[str, str], complaint: str) -> None:
    folders = small_project.make(tmp_path)
    text = (
        '[[mutant]]\nname = "one"\nguards = ["frozen-bn-infers"]\nnotebook = "2-freezing"\n'
        'environment = "tf-2.15"\nchange = "It does."\ncode = "x = 1"\n'
    )
    write_atomically(folders.mutants, text)
    assert [mutant.name for mutant in load_mutants(folders)] == ["one"]
    write_atomically(folders.mutants, text + text)
    with pytest.raises(Problem, match="used twice"):
        load_mutants(folders)
    write_atomically(folders.mutants, text.replace(*change))
    with pytest.raises(Problem, match=complaint):
        load_mutants(folders)


@pytest.mark.slow
def test_every_mutant_flips_the_claims_that_it_guards(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [row for name, mutants in ENVIRONMENTS.items() for row in flips(name, mutants, tmp_path)]
    wrong = [row for row in rows if not row[-1]]
    flipped = {claim for claim, *_, good in rows if good}
    with capsys.disabled():
        print(f"\n\n{'claim':40} {'mutant':34} {'unchanged':11} {'mutated':11} flipped")
        for claim, mutant, before, after, good in sorted(rows):
            print(f"{claim:40} {mutant:34} {before:11} {after:11} {'yes' if good else 'NO'}")
        print(f"{len(flipped)} of {len(load_claims(runs.REAL))} claims flip; none does without a mutant\n")
    assert wrong == []
    assert flipped == set(load_claims(runs.REAL))


def flips(environment: str, mutants: list[Mutant], scratch: Path) -> list[tuple[str, str, str, str, bool]]:
    """For each guarded claim: its verdict without and with the mutant, and whether it flipped."""
    with runs.runner(environment, scratch / environment) as runner:
        stems = sorted({mutant.notebook for mutant in mutants})
        plain = [runs.without(runs.notebook(stem), "figure") for stem in stems]
        changed = [runs.mutated(runs.notebook(m.notebook), m.code, m.guards) for m in mutants]
        executed = runner.run_all(plain + changed)
    unchanged = {stem: runs.verdicts(stem, one) for stem, one in zip(stems, executed, strict=False)}
    rows = []
    for mutant, one in zip(mutants, executed[len(stems) :], strict=True):
        mutated = runs.verdicts(mutant.notebook, one)
        for claim in mutant.guards:
            before, after = unchanged[mutant.notebook][claim], mutated[claim]
            good = {before.verdict, after.verdict} == {"holds", "fails"}
            rows.append((claim, mutant.name, before.verdict, after.reason or after.verdict, good))
    return rows
