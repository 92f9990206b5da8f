"""The reader's own release: the pages of releases, the control on the first page, and what happens if ..."""

import html
import json
import re
from pathlib import Path

import pytest
import small_project
from playwright.sync_api import Page, expect
from report_project import MAIN, open_page, page, words

from phasebook.project.claims import load_claims
from phasebook.project.errors import Problem
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders
from phasebook.project.situations import load_situations
from phasebook.report import releases
from phasebook.report.answers import answer, by_way
from phasebook.report.facts import Facts

REAL = Folders(small_project.REAL)
TRAINS = "normalised with batch statistics, moving statistics updated"
PASTED = [
    ("numpy==1.26.4\ntensorflow==2.15.1\nkeras==2.15.0\n", "tf-2.15"),
    ("2.14.0", "tf-2.14"),
    ("tensorflow==2.18.0\nkeras==3.8.0", "tf-2.18+keras-3.8.0"),
    ("tf.__version__ '2.15.0'", "tf-2.15"),
]


@pytest.fixture(scope="module")
def facts() -> Facts:
    return Facts(REAL, {})


def recorded(column: str) -> dict[str, dict[str, str]]:
    """What each case of each claim observed, or why nothing was, read from the file itself."""
    content = json.loads((REAL.results / f"{column}.json").read_bytes())
    return {
        claim: {case["case"]: case["observed"] for case in one["cases"]} | {"": one["reason"] or ""}
        for claim, one in content["claims"].items()
    }


def test_every_answer_is_the_recorded_case_that_it_cites(facts: Facts) -> None:
    situations = load_situations(REAL)
    assert len(situations) > 80
    told = json.loads(html.unescape(releases.for_script(facts, situations)))
    assert [row[:5] for row in told["situations"]] == [list(situation) for situation in situations]
    for place, column in enumerate(facts.columns):
        seen = recorded(column.name)
        for situation, row in zip(situations, told["situations"], strict=True):
            mode, said = told["answers"][row[5][place]]
            assert said == seen[situation.claim].get(situation.case, seen[situation.claim][""]), (column.name, row)
            assert (mode, said) == (answer(situation, column).mode, answer(situation, column).seen)
            assert mode != "neither" or "," not in said or said != TRAINS


def test_a_release_lists_every_situation_under_its_own_answer(facts: Facts) -> None:
    situations = load_situations(REAL)
    for column in facts.columns:
        listed = [
            (how, layer, model, told.claim, mode, told.seen)
            for how, modes in by_way(situations, column)
            for mode, alike in modes
            for told in alike
            for layers, models in re.findall(r"(?:^|; )([^(]+) \(([^)]+)\)", told.of)
            for layer in layers.split(", ")
            for model in models.split(", ")
        ]
        answers = [(one, answer(one, column)) for one in situations]
        expected = [
            (*one[:4], found.mode, "" if found.mode.endswith(" mode") else found.seen) for one, found in answers
        ]
        assert sorted(listed) == sorted(expected), column.name


def test_a_mode_is_named_only_for_what_both_facts_show(facts: Facts) -> None:
    modes = {
        found.seen: found.mode
        for situation in load_situations(REAL)
        for column in facts.columns
        for found in [answer(situation, column)]
    }
    assert modes[TRAINS] == "training mode"
    assert modes["kept every unit"] == "inference mode"
    assert modes["normalised with batch statistics"] == "neither"  # frozen in TensorFlow 1: half of a mode
    assert {mode for seen, mode in modes.items() if "does not exist" in seen} == {"unavailable"}


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (
            '["call", "layer", "model", "call-true-trains", "Nowhere"]',
            "no claim has the case call-true-trains/Nowhere",
        ),
        ('["call", "layer", "model", "no-claim", "x"]', "no claim has the case no-claim/x"),
        ('["call", "layer", "model"]', r"situations.toml: .*5"),
    ],
)
def test_a_situation_that_nothing_settles_is_refused(tmp_path: Path, row: str, complaint: str) -> None:
    folders = small_project.make(tmp_path)
    write_atomically(folders.situations, f"situations = [{row}]\n")
    with pytest.raises(Problem, match=complaint):
        load_situations(folders)


def test_a_question_that_is_answered_twice_is_refused(tmp_path: Path) -> None:
    folders = small_project.make(tmp_path)
    rows = [f'["a", "b", "c", "call-true-trains", "{case}"]' for case in small_project.CASES]
    write_atomically(folders.situations, f"situations = [{', '.join(rows)}]\n")
    with pytest.raises(Problem, match="a, b, c is answered twice"):
        load_situations(folders)


def test_each_sentence_speaks_of_claims_and_cases_that_exist(facts: Facts) -> None:
    claims = load_claims(REAL)
    for sentence in releases._sentences():
        for place, word in sentence.when.items():
            claim, _, case = place.partition("/")
            assert word in ("holds", "fails", "unavailable"), place
            assert not case or case in claims[claim].cases, place


def test_a_release_says_only_what_its_results_bear_out(facts: Facts) -> None:
    columns = {column.name: " ".join(releases.answer(column)) for column in facts.columns}
    assert all("The mode belongs to the call" in said for said in columns.values())
    assert "There is no learning phase." in columns["tf-nightly"]
    assert "There is no learning phase." not in columns["tf-2.21+tf-keras"]
    assert "is not kept: the outer call's mode wins" in columns["tf-2.16+keras-3.5.0"]
    assert "layers behind it may follow it" in columns["tf-nightly"]
    assert "does not always run in inference mode here" in columns["tf-1.15"]


def test_an_upgrade_lists_every_claim_that_differs_once(facts: Facts) -> None:
    newest = facts.newest
    assert newest is not None
    for column in facts.columns:
        found = releases.upgrade(facts, column, newest)
        listed = [one.claim for _, those in found.groups for one in those]
        assert len(listed) == len(set(listed)) == found.count
        differing = {claim for claim in facts.claims if column.verdict(claim) != newest.verdict(claim)}
        assert differing <= set(listed)
        moved = [one for _, those in found.groups for alike in found.moves(those).values() for one in alike]
        assert sorted(one.claim for one in moved) == sorted(listed)
        assert all("unavailable" in (one.before, one.after) for one in found.gone)


def test_every_column_has_a_page_that_the_first_page_leads_to(report_folder: Path) -> None:
    index = page(report_folder, "index.html")
    links = [link["href"] for link in index.select(".releases a")]
    assert sorted(links) == sorted(f"releases/{path.name}" for path in (report_folder / "releases").glob("*.html"))
    told = page(report_folder, "releases/tf-1.15.html")
    assert words(told.h1) == "TensorFlow 1.15.0, Keras 2.2.4-tf"
    assert "1 claim comes out differently" in words(told.main)
    assert re.search(r"\d of \d statements hold", words(told.main))


def test_a_release_says_what_else_does_not_hold(facts: Facts, real: Path) -> None:
    for column in (facts.columns[0], facts.columns[-1]):
        told = page(real, f"releases/{column.name}.html")
        start = told.select_one("#claims")
        links = [str(link["href"]) for link in start.find_all_next("a") if "/claims/" in str(link["href"])]  # type: ignore[union-attr]
        named = [link.removeprefix("../claims/").partition(".html")[0] for link in links]
        others = [one.id for one in facts.claims.values() if not one.articles]
        assert sorted(named) == sorted(one for one in others if column.verdict(one) != "holds")


@pytest.mark.slow
def test_the_address_chooses_the_release_and_the_browser_remembers_it(tab: Page, report_folder: Path) -> None:
    open_page(tab, report_folder, "index.html?tf=tf-2.15")
    expect(tab.get_by_label("My TensorFlow")).to_have_value("tf-2.15")
    tab.get_by_label("My TensorFlow").select_option(MAIN)
    assert tab.evaluate("location.search") == "?tf=" + MAIN.replace("+", "%2B")
    open_page(tab, report_folder, "index.html")
    expect(tab.get_by_label("My TensorFlow")).to_have_value(MAIN)
    assert tab.evaluate("document.cookie") == ""


@pytest.mark.slow
def test_a_version_in_the_address_chooses_the_nearest_release(tab: Page, report_folder: Path) -> None:
    open_page(tab, report_folder, "index.html?tf=2.15")
    expect(tab.get_by_label("My TensorFlow")).to_have_value("tf-2.15")
    expect(tab.locator(".chooser output")).to_contain_text("The nearest release that was run is")
    expect(tab.locator(".names th:visible").first).to_have_attribute("data-name", "tf-2.15")
    open_page(tab, report_folder, "index.html?tf=nonsense")
    expect(tab.get_by_label("My TensorFlow")).to_have_value("")


@pytest.mark.slow
@pytest.mark.parametrize(("text", "name"), PASTED)
def test_pasted_versions_find_the_nearest_column(tab: Page, report_folder: Path, text: str, name: str) -> None:
    open_page(tab, report_folder, "index.html")
    tab.get_by_text("Paste your versions").click()
    tab.locator("textarea").fill(text)
    expect(tab.get_by_label("My TensorFlow")).to_have_value(name)
    expect(tab.locator(".chooser output")).to_contain_text("The nearest release that was run is")
    tab.locator("textarea").fill("nothing of the kind")
    expect(tab.locator(".chooser output")).to_contain_text("No version")


def heads(tab: Page) -> list[str | None]:
    return [head.get_attribute("data-name") for head in tab.locator(".names th:visible").all()]


@pytest.mark.slow
def test_the_readers_own_column_stands_first_in_the_matrix(tab: Page, report_folder: Path) -> None:
    open_page(tab, report_folder, "index.html")
    others = heads(tab)
    tab.get_by_label("My TensorFlow").select_option("tf-2.15")  # folded into the span of 2.14 to 2.15
    assert heads(tab) == ["tf-2.15", *others]
    assert tab.locator(".families th:visible").all_inner_texts()[:2] == ["Claim", "Your release"]
    expect(tab.locator(".names th.yours")).to_contain_text("2.15")
    first = tab.locator("#call-true-trains td:visible").first
    expect(first).to_have_text("holds")
    expect(first.locator("a")).to_have_attribute("href", "claims/call-true-trains.html#tf-2.15")
    group = tab.locator(".matrix .group th").first
    assert group.get_attribute("colspan") == str(len(others) + 2)
    tab.get_by_label("Family").select_option("Keras 3")
    assert heads(tab) == ["tf-2.15", "tf-2.18+keras-3.8.0", MAIN]
    assert tab.evaluate("location.search") == "?tf=tf-2.15&family=Keras+3"
    tab.get_by_label("Compare").select_option("tf-1.15")
    assert heads(tab) == ["tf-1.15"]
    tab.get_by_role("button", name="Reset").click()
    assert heads(tab) == ["tf-2.15", *others]
    tab.get_by_label("My TensorFlow").select_option("")
    assert heads(tab) == others


@pytest.mark.slow
@pytest.mark.parametrize("again", ["index.html", "index.html?tf=tf-1.15"])
def test_the_own_column_is_there_from_the_start_and_for_the_keyboard(
    tab: Page, report_folder: Path, again: str
) -> None:
    open_page(tab, report_folder, "index.html")
    tab.get_by_label("My TensorFlow").select_option("tf-1.15")
    open_page(tab, report_folder, again)
    assert heads(tab)[0] == "tf-1.15"
    tab.locator(".matrix td a[tabindex='0']").focus()
    for key in ("ArrowDown", "ArrowDown", "End", "Home"):
        tab.keyboard.press(key)
    assert tab.evaluate("document.activeElement.closest('td').className") == "fails yours"
    tab.get_by_label("My TensorFlow").select_option("")
    expect(tab.locator(".matrix td a:not([tabindex='-1'])")).to_have_count(1)
    expect(tab.locator(".matrix td a[tabindex='0']")).to_be_visible()
