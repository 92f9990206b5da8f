"""What a reader must find on the report's pages."""

from pathlib import Path

import pytest
import report_project
import small_project
from report_project import ALTERNATIVE, COLUMNS, LEGACY, MAIN, page, words

from phasebook.project.environments import load_environments
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders
from phasebook.project.results import load_result
from phasebook.report import text

# --- The first page -----------------------------------------------------------------------------------------


def test_the_first_page_answers_before_it_shows_the_matrix(report_folder: Path) -> None:
    index = page(report_folder, "index.html")
    order = [
        "answer",
        "yours",
        "picture",
        "write",
        "changed",
        "matrix",
        "experiments",
        "rerun",
        "limits",
        "provenance",
    ]
    assert [section["id"] for section in index.select("main > section")] == order
    assert "the learning phase really do?" in words(index.h1)


def test_every_cell_says_its_verdict_and_leads_to_what_was_seen(rendered: tuple[Folders, Path]) -> None:
    folders, folder = rendered
    index = page(folder, "index.html")
    names = [head["data-name"] for head in index.select(".names th")]
    assert names == list(load_environments(folders)) == list(COLUMNS)
    for claim in small_project.CLAIMS:
        row = index.select_one(f"tr[id='{claim}']")
        verdicts = [result.claims[claim].verdict for name in names if (result := load_result(folders, name))]
        assert row and row["data-verdicts"] == "".join(verdict[0] for verdict in verdicts)
        shown = [place for place, head in enumerate(index.select(".names th")) if not head.has_attr("hidden")]
        before = ""
        for place, cell in zip(shown, row.select("td"), strict=True):
            assert words(cell) == verdicts[place] and cell["class"] == [verdicts[place]]
            leads = cell.a["href"] if cell.a else None  # the script adds the other links
            assert leads == (None if words(cell) == before else f"claims/{claim}.html#{names[place]}")
            before = words(cell)


def test_neighbours_that_agree_stand_in_one_column(report_folder: Path) -> None:
    heads = {head["data-name"]: head for head in page(report_folder, "index.html").select(".names th")}
    assert not heads["tf-2.14"].has_attr("hidden") and heads["tf-2.15"].has_attr("hidden")
    assert words(heads["tf-2.14"].select_one(".range")) == "2.14–2.15 2 releases"
    assert not heads["tf-2.18+keras-3.8.0"].has_attr("hidden") and not heads[MAIN].has_attr("hidden")


def test_a_row_tells_its_history_in_a_sentence(report_folder: Path) -> None:
    row = page(report_folder, "index.html").select_one("tr[id='frozen-bn-infers'] th")
    assert "Fails in TF 1.15, holds from TF 2.14 on." in words(row)


def test_columns_run_here_and_stale_columns_are_marked(report_folder: Path) -> None:
    heads = {head["data-name"]: words(head) for head in page(report_folder, "index.html").select(".names th")}
    assert [name for name, told in heads.items() if "run here" in told] == [MAIN, LEGACY]
    assert [name for name, told in heads.items() if "stale" in told] == ["tf-2.14"]


def test_the_turning_points_stand_with_their_causes(report_folder: Path) -> None:
    changed = words(page(report_folder, "index.html").select_one("#changed"))
    assert "TF 2.14 after TF 1.15, 2023-09-26 BatchNormalization V2 infers when trainable is False." in changed
    assert "fails → holds frozen-bn-infers" in changed


@pytest.mark.parametrize(
    ("link", "name"),
    [
        ("https://github.com/keras-team/keras/pull/13892", "keras-team/keras, pull request 13892"),
        (
            "https://github.com/tensorflow/tensorflow/releases/tag/v2.16.1",
            "tensorflow/tensorflow, release v2.16.1",
        ),
        ("https://github.com/a/b/blob/v1.15.5/c/d.py#L7", "a/b, code of v1.15.5"),
        ("https://github.com/keras-team", "github.com"),
        ("https://www.tensorflow.org/guide", "tensorflow.org"),
    ],
)
def test_a_link_to_a_cause_says_what_it_leads_to(link: str, name: str) -> None:
    assert text.evidence(link) == name


def test_a_project_without_results_has_a_report_too(tmp_path: Path) -> None:
    folders = small_project.make(tmp_path)
    folder = report_project.render(folders)
    assert "Not run yet: tf-2.15." in words(page(folder, "index.html").select_one("#provenance"))
    assert "Not run in any environment" in words(page(folder, "claims/call-true-trains.html").main)
    assert "has not been run on this machine" in words(page(folder, "experiments/1-calls.html").main)


# --- A claim's page -----------------------------------------------------------------------------------------


def test_a_claims_page_has_the_article_the_observation_the_guard_and_the_cause(report_folder: Path) -> None:
    claim = page(report_folder, "claims/frozen-bn-infers.html")
    told = words(claim.main)
    assert "A: Training modes , Somebody, 2020-04-08" in told
    assert "Confirmed by This. Refuted by That." in told
    assert "A frozen BatchNormalization trains." in told
    assert "BatchNormalization V2 infers when trainable is False." in told
    evidence = [words(section.h3) for section in claim.select(".evidence")]
    assert evidence == ["fails TF 1.15", "holds TF 2.14–2.15; TF 2.18–2.21, Keras 3.8–3.15; TF 2.21, tf-keras"]
    assert words(claim.select(".evidence tbody tr")[0]) == "Sequential trains infers fails"
    assert all(claim.find(id=name) for name in COLUMNS)


def test_a_claims_page_shows_the_lines_that_settle_it(report_folder: Path) -> None:
    claim = page(report_folder, "claims/frozen-bn-infers.html")
    link = claim.select_one("#code + p a")
    assert words(link) == "2-freezing, cell 5, lines 2–4"
    assert link and link["href"] == "../experiments/2-freezing.html#cell-case-frozen-bn-infers"
    assert words(claim.select_one("#code + p + pre")).startswith("for style in styles")


def test_the_text_to_paste_names_the_article_and_what_was_measured(report_folder: Path) -> None:
    pasted = page(report_folder, "claims/frozen-bn-infers.html").select_one(".paste")
    assert pasted is not None
    lines = pasted.get_text().splitlines()
    assert lines[0] == "About “Training modes” (2020-04-08)"
    assert "- fails in TF 1.15 (Sequential: infers)" in lines
    assert page(report_folder, "claims/call-true-trains.html").select_one(".paste") is None


# --- An experiment's page -----------------------------------------------------------------------------------


def test_an_experiments_page_shows_answer_records_figure_and_verdicts(report_folder: Path) -> None:
    experiment = page(report_folder, "experiments/2-freezing.html")
    assert words(experiment.h1) == "The question of 2-freezing"
    assert words(experiment.select_one("#cell-title .answer")).startswith("It trains.")
    rows = [words(row) for row in experiment.select(".cell.code .cases tbody tr")]
    assert rows == ["Sequential trains trains holds", "Functional trains trains holds"]
    assert words(experiment.select_one(".strip[id='frozen-bn-infers'] ul")).startswith("fails TF 1.15 holds")
    contents = [words(link) for link in experiment.select(".contents a")]
    assert contents == ["About frozen-bn-infers", "In other releases"]
    assert experiment.select_one("a[href='../claims/frozen-bn-infers.html'] code")
    assert experiment.select_one("a[rel=prev][href='1-calls.html']")
    assert (report_folder / "experiments/2-freezing.ipynb").is_file()


def test_figures_keep_their_alternative_text_and_follow_the_theme(report_folder: Path) -> None:
    experiment = page(report_folder, "experiments/2-freezing.html")
    figures = experiment.select("#cell-figure figure svg")
    assert len(figures) == 2
    assert all(
        figure["role"] == "img" and words(experiment.find(id=figure["aria-labelledby"])) == ALTERNATIVE
        for figure in figures
    )
    assert all(figure.select_one("[stroke=currentColor]") for figure in figures)
    assert all(figure.select_one("use[transform='scale(0.015625)']") for figure in figures)
    small = page(report_folder, "index.html").select_one(".cards img[src='figures/2-freezing.svg']")
    assert small and small["alt"] == ALTERNATIVE
    assert "prefers-color-scheme:dark" in (report_folder / "figures/2-freezing.svg").read_text()


def test_code_that_only_draws_is_folded_and_code_that_settles_is_not(report_folder: Path) -> None:
    experiment = page(report_folder, "experiments/2-freezing.html")
    assert words(experiment.select_one("#cell-figure details.source summary")) == "The code of this figure"
    assert not experiment.select("#cell-case-frozen-bn-infers details.source")


def test_an_experiment_can_be_read_on_each_default_environment(report_folder: Path) -> None:
    link = page(report_folder, "experiments/1-calls.html").select_one(".switch a")
    assert link and link["href"] == f"1-calls.{LEGACY}.html"
    other = page(report_folder, f"experiments/1-calls.{LEGACY}.html")
    assert "tf-keras" in words(other.select_one(".switch [aria-current=page]"))


def test_long_outputs_are_folded_and_a_long_line_is_cut_with_a_note(report_folder: Path) -> None:
    path = report_folder / "experiments/2-freezing.html"
    assert path.stat().st_size < 60_000
    folded = page(report_folder, "experiments/2-freezing.html").select("details.output")
    assert [words(one.summary) for one in folded[:2]] == ["3 lines of messages", "1 line of output"]
    assert "[cut here: 998,000 more characters]" in words(folded[1])


@pytest.mark.parametrize(
    "left", [b"", b"{", b"[]", b"null", b"\xff", b'{"cells": 1, "nbformat": 4, "nbformat_minor": 5}']
)
def test_a_broken_executed_notebook_is_as_good_as_none(tmp_path: Path, left: bytes) -> None:
    folders = small_project.make(tmp_path, [MAIN])
    small_project.settle(folders, MAIN)
    write_atomically(folders.executed / MAIN / "1-calls.ipynb", left)
    folder = report_project.render(folders)
    assert "has not been run on this machine" in words(page(folder, "experiments/1-calls.html").main)
