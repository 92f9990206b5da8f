"""The pairs of PyTorch and Keras: their notebook, their environments, and a mutant of PyTorch that flips each."""

import ast
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path

import nbformat
import notebook_runs as runs
import pytest

from phasebook.commands.choosing import values
from phasebook.environments import install, nightlies
from phasebook.environments.index import pins
from phasebook.kernels.pool import Kernels
from phasebook.project.claims import load_articles, load_claims
from phasebook.project.environments import load_environments, lock_text
from phasebook.project.mutants import Mutant, load_mutants
from phasebook.project.parameters import Value
from phasebook.project.results import load_results
from phasebook.running.execute import execute
from phasebook.running.judging import judge
from phasebook.running.staleness import stale

PYTORCH = runs.REAL.for_pytorch()
STEM = "10-from-pytorch"
BOOK = PYTORCH.notebooks / f"{STEM}.ipynb"
CLAIMS = load_claims(PYTORCH)
ENVIRONMENTS = load_environments(PYTORCH)


def test_every_pair_asks_both_libraries_in_cases_of_the_notebook() -> None:
    book = nbformat.read(BOOK, as_version=4)
    cases = "\n".join(cell.source for cell in runs.tagged(book, "case"))
    prose = "\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")
    for claim in CLAIMS.values():
        assert claim.notebook == STEM and claim.id.startswith("torch-")
        assert {case.partition(": ")[0].split(" to ")[0] for case in claim.cases} == {"PyTorch", "Keras"}, claim.id
        assert f'"{claim.id}"' in cases and f"Claim `{claim.id}`" in prose
    assert any(claim.articles == ["B"] for claim in CLAIMS.values()) and "B" in load_articles(PYTORCH)


def test_the_notebook_has_the_form_of_the_others() -> None:
    book = nbformat.read(BOOK, as_version=4)
    title, parameters, setup = book.cells[:3]
    assert title.source.startswith("# ") and "?" in title.source
    assert runs.tags(parameters) == ["parameters"] and "phaselab.Experiment(seed)" in setup.source
    assert runs.tags(book.cells[-1]) == ["finish"]
    for cell in book.cells:
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None and len(cell.source.splitlines()) <= 40
            ast.parse(cell.source, feature_version=(3, 7))


def test_pairs_belong_to_environments_of_their_own() -> None:
    assert set(load_environments(runs.REAL)).isdisjoint(ENVIRONMENTS)
    assert set(load_claims(runs.REAL)).isdisjoint(CLAIMS) and STEM not in runs.STEMS
    for environment in ENVIRONMENTS.values():
        version = pins(lock_text(PYTORCH, environment))["torch"]
        assert version.startswith(environment.name.removeprefix("torch-") + "."), version
        assert f"# PyTorch {version.partition('+')[0]} beside " in lock_text(PYTORCH, environment)


def test_results_are_recorded_and_up_to_date() -> None:
    for environment in ENVIRONMENTS.values():
        assert stale(PYTORCH, environment, values(PYTORCH, "")) == {}
    results = load_results(PYTORCH, ENVIRONMENTS)
    assert list(results) == list(ENVIRONMENTS)
    verdicts = {(name, claim): r.claims[claim].verdict for name, r in results.items() for claim in r.claims}
    assert set(verdicts.values()) == {"holds", "fails"}
    assert verdicts["torch-2.13", "torch-parent-undoes-child-mode"] == "holds"
    assert verdicts["torch-1.0", "torch-parent-undoes-child-mode"] == "fails"


def test_only_a_named_wheel_of_this_machine_is_downloaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(nightlies, "wheels", lambda: tmp_path)
    monkeypatch.setattr(nightlies.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(nightlies.sys, "platform", "linux")
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(nightlies, "_download", lambda *arguments: asked.append(arguments))
    text = lock_text(PYTORCH, ENVIRONMENTS["torch-2.13"])
    nightlies.keep_named(text)
    [(url, sha256)] = asked
    assert url.startswith("https://download.pytorch.org/whl/cpu/torch-2.13.0%2Bcpu-cp311-")
    assert f"--hash=sha256:{sha256}" in text
    (tmp_path / "torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl").touch()
    nightlies.keep_named(text)
    monkeypatch.setattr(nightlies.platform, "machine", lambda: "aarch64")
    nightlies.keep_named(text)
    assert len(asked) == 1


def test_every_pair_has_a_small_mutant() -> None:
    mutants = load_mutants(PYTORCH)
    assert {claim for mutant in mutants for claim in mutant.guards} == set(CLAIMS)
    for mutant in mutants:
        assert mutant.environment in ENVIRONMENTS and mutant.change.endswith(".")
        ast.parse(mutant.code, feature_version=(3, 7))
        assert len(mutant.code.strip().splitlines()) <= 40


@pytest.mark.slow
def test_every_mutant_flips_its_pairs_and_order_and_seed_flip_none(tmp_path: Path) -> None:
    python = pytorch_of("torch-2.13")
    mutants = load_mutants(PYTORCH)
    book = runs.without(nbformat.read(BOOK, as_version=4), "figure")
    books = {"unchanged": book} | {mutant.name: mutated(book, mutant) for mutant in mutants}
    books["backwards"] = runs.with_cases(book, runs.tagged(book, "case")[::-1])
    books["another seed"] = book
    with Kernels(python, {}, PYTORCH.source, tmp_path / "kernels.log", print) as kernels:
        assert kernels.failure is None, kernels.failure
        with ThreadPoolExecutor(2) as pool:
            judged = pool.map(lambda name: verdicts(kernels, tmp_path, name, books[name]), books)
        seen = dict(zip(books, judged, strict=True))
    assert seen["unchanged"] == seen["backwards"] == seen["another seed"]
    wrong = [
        (mutant.name, claim, seen["unchanged"][claim], seen[mutant.name][claim])
        for mutant in mutants
        for claim in mutant.guards
        if {seen["unchanged"][claim], seen[mutant.name][claim]} != {"holds", "fails"}
    ]
    assert wrong == []


def mutated(book: nbformat.NotebookNode, mutant: Mutant) -> nbformat.NotebookNode:
    """The notebook with a mutant behind its setup, without the cases of pairs that it does not guard."""
    copy = deepcopy(book)
    guarded = [f'"{claim}"' for claim in mutant.guards]
    copy.cells = [
        cell
        for cell in copy.cells
        if "case" not in runs.tags(cell) or any(claim in cell.source for claim in guarded)
    ]
    setup = next(place for place, cell in enumerate(copy.cells) if "setup" in runs.tags(cell))
    copy.cells.insert(setup + 1, nbformat.v4.new_code_cell(mutant.code, id="mutant"))
    return copy


def verdicts(kernels: Kernels, scratch: Path, name: str, book: nbformat.NotebookNode) -> dict[str, str]:
    """The verdicts of one run; a claim that settled nothing comes with its reason."""
    source = scratch / f"{name}.ipynb"
    nbformat.write(book, source)
    values: dict[str, Value] = {"seed": 2} if name == "another seed" else {}
    executed = execute(source, scratch / f"{name}.out.ipynb", values, kernels, 300)
    judged = judge(STEM, executed.notebook.cells, list(CLAIMS.values()), executed.accident)
    return {claim: found.reason or found.verdict for claim, found in judged.claims.items()}


def pytorch_of(name: str) -> Path:
    """The Python of an environment with PyTorch; skips where its wheel is not to be had."""
    environment = ENVIRONMENTS[name]
    if install.ready(PYTORCH, environment) is None:
        [version] = re.findall(r"^torch==(\S+\+cpu)", lock_text(PYTORCH, environment), re.MULTILINE)
        nightlies.wheels().mkdir(parents=True, exist_ok=True)
        index = ["--index-url", "https://download.pytorch.org/whl/cpu", "--retries", "0"]
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", *index]
        command += [
            "--only-binary",
            ":all:",
            "--python-version",
            environment.python,
            "--platform",
            "manylinux_2_28_x86_64",
        ]
        answer = subprocess.run([*command, "-d", str(nightlies.wheels()), f"torch=={version}"], check=False)
        if answer.returncode != 0:
            pytest.skip("PyTorch's wheel for the CPU is not to be had here")
    return install.make(PYTORCH, environment, print)
