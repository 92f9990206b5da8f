"""The report's controls in a real Chromium: they do what they say, by mouse, by keyboard and by address."""

import time
from pathlib import Path

import pytest
import report_project
import small_project
from playwright.sync_api import Browser, Page, expect
from report_project import LEGACY, MAIN, open_page

pytestmark = pytest.mark.slow


def rows(page: Page) -> list[str | None]:
    return [row.get_attribute("id") for row in page.locator(".matrix tbody tr[id]:visible").all()]


def columns(page: Page) -> list[str | None]:
    return [head.get_attribute("data-name") for head in page.locator(".names th:visible").all()]


def test_words_verdicts_and_families_filter(tab: Page, report_folder: Path) -> None:
    open_page(tab, report_folder, "index.html")
    assert rows(tab) == list(small_project.CLAIMS)
    tab.get_by_label("Find").fill("FROZEN")
    assert rows(tab) == ["frozen-bn-infers"]
    expect(tab.locator(".filters output")).to_contain_text("1 of 3 claims")
    tab.get_by_label("Find").fill("")
    tab.locator("select[name=verdict]").select_option("fails")
    assert rows(tab) == ["frozen-bn-infers"]
    tab.get_by_label("Family").select_option("Keras 3")
    assert rows(tab) == []
    tab.locator("select[name=verdict]").select_option("error")
    assert rows(tab) == ["call-false-infers"]
    assert columns(tab) == ["tf-2.18+keras-3.8.0", MAIN]
    tab.get_by_role("button", name="Reset").click()
    assert rows(tab) == list(small_project.CLAIMS)


def test_only_rows_that_change(tab: Page, report_folder: Path) -> None:
    open_page(tab, report_folder, "index.html")
    tab.get_by_label("only rows that change").check()
    assert rows(tab) == ["call-false-infers", "frozen-bn-infers"]
    tab.get_by_label("Family").select_option("TF 2")
    assert rows(tab) == []
    expect(tab.locator(".matrix .group:visible")).to_have_count(0)


def test_my_tensorflow_marks_what_to_write(tab: Page, real: Path) -> None:
    open_page(tab, real, "index.html")
    tab.get_by_label("My TensorFlow").select_option("tf-2.15")
    expect(tab.locator(".told")).to_contain_text("On TensorFlow 2.15.1, Keras 2.15.0: ")
    expect(tab.locator(".told a")).to_have_attribute("href", "releases/tf-2.15.html")
    expect(tab.locator(".sample.yours h3", has_text="The same in a functional model")).to_be_visible()
    expect(tab.locator(".sample:not(.yours) h3")).to_have_text("A loop with a graph and a session")


def test_a_span_unfolds_and_folds_again(tab: Page, report_folder: Path) -> None:
    open_page(tab, report_folder, "index.html")
    button = tab.get_by_role("button", name="2.14–2.15")
    expect(button).to_have_attribute("aria-expanded", "false")
    button.click()
    assert columns(tab)[1:3] == ["tf-2.14", "tf-2.15"]
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(tab.locator(".families [data-family='TF 2']")).to_have_attribute("colspan", "2")
    button.click()
    assert "tf-2.15" not in columns(tab)
    tab.get_by_label("every release by itself").check()
    assert len(columns(tab)) == 6


def test_two_columns_compared(tab: Page, report_folder: Path) -> None:
    open_page(tab, report_folder, "index.html")
    tab.get_by_label("Compare").select_option("tf-1.15")
    tab.locator("select[name=b]").select_option("tf-2.15")
    assert columns(tab) == ["tf-1.15", "tf-2.15"]
    expect(tab.locator(".filters output")).to_contain_text("1 with different verdicts")
    assert tab.locator("tr.differs").get_attribute("id") == "frozen-bn-infers"
    tab.get_by_label("only rows that change").check()
    assert rows(tab) == ["frozen-bn-infers"]


def test_the_address_brings_someone_else_to_the_same_view(
    tab: Page, report_folder: Path, browser: Browser
) -> None:
    open_page(tab, report_folder, "index.html")
    tab.get_by_label("Compare").select_option("tf-2.15")
    tab.locator("select[name=b]").select_option(LEGACY)
    tab.get_by_label("Find").fill("call & more")
    tab.get_by_label("Find").fill("call")
    tab.get_by_role("button", name="Copy link").click()
    expect(tab.get_by_role("button", name="Copied")).to_be_visible()
    address = tab.evaluate("navigator.clipboard.readText()")
    assert address == tab.url != (report_folder / "index.html").as_uri()
    other = browser.new_context().new_page()
    other.goto(address)
    assert rows(other) == rows(tab) == ["call-true-trains", "call-false-infers"]
    assert columns(other) == columns(tab) == ["tf-2.15", LEGACY]
    other.context.close()


@pytest.mark.parametrize("query", ["?tf=nonsense&family=x&q=", "?open=x+y&verdict=maybe", "?q=%3Cscript%3E", "?%"])
def test_an_address_with_nonsense_does_no_harm(tab: Page, report_folder: Path, query: str) -> None:
    open_page(tab, report_folder, f"index.html{query}")
    expect(tab.locator(".filters output")).to_contain_text("of 3 claims")


def test_code_is_copied_as_it_stands(tab: Page, report_folder: Path) -> None:
    open_page(tab, report_folder, "experiments/2-freezing.html")
    box = tab.locator("#cell-case-frozen-bn-infers .box")
    box.get_by_role("button", name="Copy").click()
    expect(box.get_by_role("button", name="Copied")).to_be_visible()
    code = report_project.CASE.format(claim="frozen-bn-infers").strip()
    assert tab.evaluate("navigator.clipboard.readText()") == code


def test_the_keyboard_leads_from_the_matrix_to_the_case(tab: Page, report_folder: Path) -> None:
    open_page(tab, report_folder, "index.html")
    tab.locator(".matrix .group a").first.focus()
    for _ in range(2):  # the row's claim, then its verdicts: one tab stop for all of them
        tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.closest('tr').id") == "call-true-trains"
    for key in (
        "ArrowDown",
        "ArrowDown",
        "End",
        "ArrowLeft",
        "Home",
        "ArrowRight",
        "ArrowUp",
        "ArrowDown",
        "ArrowLeft",
    ):
        tab.keyboard.press(key)
    focused = "[document.activeElement.closest('tr').id, document.activeElement.textContent]"
    assert tab.evaluate(focused) == ["frozen-bn-infers", "fails"]
    outline = tab.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/claims/frozen-bn-infers.html#tf-1.15")
    expect(tab.locator(":target")).to_be_in_viewport()
    section = tab.locator(".evidence", has=tab.locator(":target"))
    assert "infers" in section.locator("tbody tr").first.inner_text()


def test_the_matrix_is_few_tab_stops(tab: Page, large_report: Path) -> None:
    open_page(tab, large_report, "index.html")
    stops = tab.locator(".matrix td a:not([tabindex='-1'])")
    expect(stops).to_have_count(1)


def test_the_first_page_is_drawn_and_filterable_within_a_second(browser: Browser, large_report: Path) -> None:
    assert min(_seconds(browser, large_report) for _ in range(3)) < 1


def _seconds(browser: Browser, report_folder: Path) -> float:
    """Time from asking for the first page to seeing it filtered."""
    page = browser.new_context().new_page()
    started = time.monotonic()
    open_page(page, report_folder, "index.html")
    page.get_by_label("Find").fill("claim-07")
    expect(page.locator(".matrix tbody tr[id]:visible")).to_have_count(1)
    seconds = time.monotonic() - started
    page.context.close()
    return seconds


def test_a_column_that_was_unfolded_says_its_own_verdicts_and_leads_to_its_own_observations(
    tab: Page, report_folder: Path
) -> None:
    tab.goto((report_folder / "index.html").as_uri())
    place = tab.locator(".names th").evaluate_all(
        "heads => heads.findIndex(head => head.dataset.name === 'tf-2.15')"
    )
    links = tab.locator(f"tr[id] td:nth-of-type({place + 1}) a")
    assert links.count() == len(small_project.CLAIMS)
    for link in links.all():
        assert (link.get_attribute("href") or "").endswith(".html#tf-2.15")
        assert link.text_content() in ("holds", "fails", "unavailable", "error")
