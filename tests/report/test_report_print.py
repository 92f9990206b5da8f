"""The report on paper: a handout on A4, without what only a screen can use."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from report_project import MAIN, open_page

WIDTH = 688  # CSS pixels of an A4 page between the margins that print.css sets
pytestmark = pytest.mark.slow


def on_paper(tab: Page, folder: Path, name: str) -> int:
    """Show a page as it is printed; how many sheets of A4 it takes."""
    tab.set_viewport_size({"width": WIDTH, "height": 1009})
    open_page(tab, folder, name)
    tab.emulate_media(media="print")
    return len(re.findall(rb"/Type ?/Page\b", tab.pdf(format="A4", prefer_css_page_size=True)))


@pytest.mark.parametrize("name", ["index.html", "experiments/2-freezing.html", "claims/frozen-bn-infers.html"])
def test_paper_has_no_ways_through_and_no_controls(tab: Page, report_folder: Path, name: str) -> None:
    on_paper(tab, report_folder, name)
    for control in ("header.site ul", ".skip", ".steps", ".contents", ".switch a", "search", ".choices", ".cite"):
        for found in tab.locator(control).all():
            expect(found).to_be_hidden()
    visible = (
        "[...document.querySelectorAll('main button, main input, main select')].filter(one => one.offsetWidth)"
    )
    assert tab.evaluate(f"{visible}.length") == 0
    assert tab.evaluate("document.documentElement.scrollWidth") <= WIDTH
    expect(tab.locator("h1")).to_be_visible()


def test_paper_has_what_the_reader_unfolded_and_nothing_that_is_folded(tab: Page, report_folder: Path) -> None:
    open_page(tab, report_folder, "experiments/2-freezing.html")
    folded = tab.locator("#cell-figure details.source")
    tab.emulate_media(media="print")
    expect(folded).to_be_hidden()
    tab.emulate_media(media="screen")
    folded.locator("summary").click()
    tab.emulate_media(media="print")
    expect(folded.locator("pre")).to_be_visible()
    expect(tab.locator("#cell-setup details.source")).to_be_hidden()
    expect(tab.locator(".decides .hll")).to_be_visible()


def test_every_column_of_the_matrix_is_on_paper_with_its_name_and_signs(tab: Page, report_folder: Path) -> None:
    on_paper(tab, report_folder, "index.html")
    cell = tab.locator("tr[id='frozen-bn-infers'] td:visible").first
    assert cell.evaluate("one => getComputedStyle(one, '::before').content").strip('"') == "✗"
    head = tab.locator(f".names th[data-name='{MAIN}']")
    assert head.evaluate("one => getComputedStyle(one, '::before').content") == '"Keras "'
    expect(head).to_be_visible()


def test_the_real_pages_take_few_sheets(tab: Page, real: Path) -> None:
    assert on_paper(tab, real, "index.html") <= 24
    assert tab.evaluate("document.documentElement.scrollWidth") <= WIDTH
    assert on_paper(tab, real, "experiments/7-freezing.html") <= 30
