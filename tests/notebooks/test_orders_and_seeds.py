"""No case leaks into another and none hangs on chance: other orders, each cell alone, five seeds; real kernels."""

from collections.abc import Iterator
from pathlib import Path

import notebook_runs as runs
import pytest

pytestmark = pytest.mark.slow
SEEDS = (2, 3, 5, 8)  # and 1, the one that the notebooks have


@pytest.fixture(scope="module")
def default(tmp_path_factory: pytest.TempPathFactory) -> Iterator[runs.Runner]:
    with runs.runner(runs.DEFAULT, tmp_path_factory.mktemp("orders")) as runner:
        yield runner


@pytest.fixture(scope="module")
def straight(default: runs.Runner) -> dict[str, runs.Executed]:
    """Every notebook as it is, figures and all, by its name."""
    return dict(zip(runs.STEMS, default.run_all([runs.notebook(stem) for stem in runs.STEMS]), strict=True))


@pytest.mark.parametrize("stem", runs.STEMS)
def test_a_notebook_records_exactly_the_cases_of_its_claims(stem: str, straight: dict[str, runs.Executed]) -> None:
    settled = runs.verdicts(stem, straight[stem])
    assert {claim: result.reason for claim, result in settled.items() if result.verdict == "error"} == {}
    stated = {(claim.id, case) for claim in runs.CLAIMS[stem] for case in claim.cases}
    assert set(runs.records(straight[stem])) == stated


@pytest.mark.parametrize("stem", runs.STEMS)
def test_cases_in_the_opposite_order_and_each_alone_give_the_same_records(
    stem: str, default: runs.Runner, straight: dict[str, runs.Executed]
) -> None:
    book = runs.notebook(stem)
    cases = runs.tagged(book, "case")
    changed = [runs.with_cases(book, cases[::-1]), *(runs.with_cases(book, [case]) for case in cases)]
    backwards, *alone = [runs.records(executed) for executed in default.run_all(changed)]
    expected = runs.records(straight[stem])
    assert backwards == expected
    together: runs.Records = {}
    for found in alone:
        assert found, "a case cell that records nothing"
        assert found.items() <= expected.items()
        together |= found
    assert together == expected


@pytest.mark.parametrize("stem", runs.STEMS)
def test_five_seeds_give_the_same_records(
    stem: str, default: runs.Runner, straight: dict[str, runs.Executed]
) -> None:
    book = runs.without(runs.notebook(stem), "figure")
    executed = default.run_all([book] * len(SEEDS), [{"seed": seed} for seed in SEEDS])
    expected = runs.records(straight[stem])
    for seed, one in zip(SEEDS, executed, strict=True):
        assert f"seed = {seed}" in str([cell.source for cell in one.notebook.cells]), "the seed did not arrive"
        assert runs.records(one) == expected, f"seed {seed}"


def test_running_a_notebook_twice_gives_the_same_figures_to_the_byte(
    default: runs.Runner, straight: dict[str, runs.Executed], tmp_path: Path
) -> None:
    again = default.run_all([runs.notebook(stem) for stem in runs.STEMS])
    for stem, second in zip(runs.STEMS, again, strict=True):
        first = figures(straight[stem])
        assert first, f"{stem} draws nothing"
        assert figures(second) == first, stem


def figures(executed: runs.Executed) -> list[tuple[str, str]]:
    """All drawings of a run with their alternative texts."""
    outputs = [output for cell in executed.notebook.cells for output in cell.get("outputs", [])]
    return [
        (output["data"]["image/svg+xml"], output["metadata"]["image/svg+xml"]["alt"])
        for output in outputs
        if "image/svg+xml" in output.get("data", {})
    ]
