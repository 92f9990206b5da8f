"""What an experiment's page opens with, what it says beside each figure, and which code it folds."""

from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Page
from report_project import ALTERNATIVE, LEGACY, MAIN, open_page, page, words

from phasebook.project.folders import Folders
from phasebook.report import captions
from phasebook.report.facts import Facts
from phasebook.report.folding import folded
from phasebook.report.opening import first_case, last_turn

BLOCK = """\
for name in names:
    with warnings.catch_warnings():
        with experiment.case("one", name, expected="a") as case:
            model = make()
            case.observed = look(
                model)
    with experiment.case("two", name, expected="b") as case:
        case.observed = "b"
"""


def test_a_page_opens_with_question_answer_picture_and_the_lines_that_decide(report_folder: Path) -> None:
    experiment = page(report_folder, "experiments/2-freezing.html")
    opening = experiment.select_one("#cell-title")
    assert opening
    kinds = [
        tag.name if tag.name in ("h1", "figure") else tag["class"][0]
        for tag in opening.select("h1, .answer, figure, .decides")
    ]
    assert kinds == ["h1", "answer", "figure", "decides"]
    decides = opening.select_one(".decides")
    assert decides and decides.select_one("a[href='#cell-case-frozen-bn-infers']")
    assert words(decides.select_one(".hll")).split()[:2] == ["case", ".observed"]
    assert words(decides.select_one(".cases tbody tr")) == "Sequential trains trains holds"
    assert "This changed last in TF 2.14: BatchNormalization V2 infers when trainable is False." in words(decides)
    first = experiment.select_one("article").find(["h1", "h2", "p", "pre"])  # type: ignore[union-attr]
    assert first and first.name == "h1"


def test_the_lines_that_decide_stand_on_the_pages_of_further_environments_too(report_folder: Path) -> None:
    assert page(report_folder, f"experiments/2-freezing.{LEGACY}.html").select_one(".decides .hll")


def test_the_first_case_of_a_cell_and_the_lines_that_say_what_was_observed() -> None:
    found = first_case(BLOCK)
    assert found is not None
    claim, source, marked = found
    assert claim == "one" and marked == (2, 3, 4)
    assert source.splitlines()[0] == 'with experiment.case("one", name, expected="a") as case:'
    assert source.splitlines()[2] == "    case.observed = look("
    assert source.splitlines()[1] == "    model = make()"
    assert first_case("%magic") is None
    assert first_case("with open(name) as case:\n    pass") is None


@pytest.mark.parametrize(
    ("before", "marked"),
    [
        ("box.trainable = False", (2, 3)),
        ("def look(): return box", (2, 3)),
        ("other = 1", (3,)),
        ("step(box)", (3,)),
    ],
)
def test_the_statement_before_decides_where_it_makes_or_sets_what_is_looked_at(
    before: str, marked: tuple[int, ...]
) -> None:
    found = first_case(f'with e.case("one", "a", "b") as case:\n    {before}\n    case.observed = look(box)')
    assert found and found[2] == marked


@pytest.mark.parametrize(
    ("column", "changed"), [("tf-1.15", False), ("tf-2.14", True), (MAIN, True), (LEGACY, True)]
)
def test_a_change_counts_only_for_the_columns_behind_it(report_folder: Path, column: str, changed: bool) -> None:
    facts = Facts(Folders(report_folder.parents[1]), {})
    assert (last_turn(facts, "frozen-bn-infers", column) is not None) == changed


# --- What to see --------------------------------------------------------------------------------------------


def test_what_to_see_moves_from_the_prose_to_the_figure(report_folder: Path) -> None:
    experiment = page(report_folder, "experiments/2-freezing.html")
    assert words(experiment.select_one("#cell-seen")) == "The units. On it goes."
    seen, folded_text = "What to see: a filled square is a unit that was dropped.", ALTERNATIVE
    top, first, second = experiment.select("figure figcaption")
    assert words(top) == words(first.p) == seen and words(first.select_one("details p")) == folded_text
    assert words(second) == f"What to see: {ALTERNATIVE}"


def test_where_no_figure_was_drawn_the_prose_keeps_it() -> None:
    prose = "**What to see:** the line."
    cells = [nbformat.v4.new_markdown_cell(prose), nbformat.v4.new_code_cell("show()")]
    captions.take(cells)
    assert cells[0].source == prose


@pytest.mark.slow
def test_the_picture_at_the_top_is_the_first_figure(tab: Page, report_folder: Path) -> None:
    open_page(tab, report_folder, "experiments/2-freezing.html")
    script = "one => { const box = one.getBBox(); return [box.width, box.height] }"
    top = tab.locator("#cell-title svg > use")
    whole = tab.locator(f"#cell-figure [id='{str(top.get_attribute('href')).removeprefix('#')}']")
    assert top.evaluate(script) == whole.evaluate(script) != [0, 0]


# --- Folding ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "tags", "said"),
    [
        ("seed: int = 1", ["parameters"], "The parameters"),
        ("import numpy as np\nexperiment = phaselab.Experiment(seed)", [], "The set-up"),
        ("def one(): pass\nclass Two: pass\nx = 1", [], "Helpers: one, Two"),
        ("print(1)", [], "The code"),
        ("class Own(tf.keras.Model): pass", [], ""),
        ("def make():\n    class Own(keras.layers.Layer): pass", [], ""),
        ("with experiment.case('a', 'b', 'c') as case: pass", ["case", "decides"], ""),
        ("def step(): pass", ["recipe:write-own-loop"], ""),
        ("%magic", [], ""),
    ],
)
def test_code_that_is_not_the_point_is_folded(source: str, tags: list[str], said: str) -> None:
    assert folded(nbformat.v4.new_code_cell(source, metadata={"tags": tags})) == said
