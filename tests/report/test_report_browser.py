"""The report in a real Chromium: everyone can read it, nothing leaves the disk."""

import os
from pathlib import Path
from typing import Any

import pytest
import small_project
from axe_playwright_python.sync_playwright import Axe
from html_checker import complaints
from playwright.sync_api import Browser, Page, expect
from report_project import CHROMIUM, open_page

pytestmark = pytest.mark.slow

KINDS = [
    "index.html",
    "data.html",
    "search.html?q=training",
    "claims/frozen-bn-infers.html",
    "experiments/2-freezing.html",
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", KINDS)
def test_axe_finds_nothing(tab: Page, report_folder: Path, name: str, scheme: Any) -> None:
    tab.emulate_media(color_scheme=scheme)
    open_page(tab, report_folder, name)
    tab.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    found = Axe().run(tab, options={"preload": False})  # preloading asks for the style sheet in a way files forbid
    assert found.violations_count == 0, found.generate_report()


def test_no_cell_scrolls_sideways_on_a_phone(tab: Page, report_folder: Path) -> None:
    tab.set_viewport_size({"width": 390, "height": 844})
    for page in sorted(report_folder.glob("experiments/*.html")):
        tab.goto(page.as_uri())
        assert tab.locator("pre").count()
        wider = "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)"
        assert tab.locator("pre").evaluate_all(wider) == [], page.name


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("width", [320, 390, 1280, 2560])
def test_no_page_scrolls_sideways(
    tab: Page, report_folder: Path, large_report: Path, name: str, width: int
) -> None:
    tab.set_viewport_size({"width": width, "height": 844})
    for where in [report_folder, large_report] if name == "index.html" else [report_folder]:
        open_page(tab, where, name)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", KINDS)
def test_without_script_everything_is_there_to_read(browser: Browser, report_folder: Path, name: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    open_page(page, report_folder, name)
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("main button:visible")).to_have_count(0)
    expect(page.locator(".filters:visible")).to_have_count(0)
    if name == "index.html":
        expect(page.locator(".matrix tbody tr[id]:visible")).to_have_count(len(small_project.CLAIMS))
    context.close()


def test_the_checker_of_html_finds_no_error(report_folder: Path, large_report: Path) -> None:
    assert complaints([*report_folder.rglob("*.html"), *large_report.rglob("*.html")]) == ""


def test_ink_of_figures_is_the_pages_own(tab: Page, report_folder: Path) -> None:
    colours = []
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        open_page(tab, report_folder, "experiments/2-freezing.html")
        figure = tab.locator("figure svg [stroke=currentColor]").first
        assert figure.evaluate("one => getComputedStyle(one).stroke") == tab.evaluate(
            "getComputedStyle(document.body).color"
        )
        colours.append(figure.evaluate("one => getComputedStyle(one).stroke"))
    assert colours[0] != colours[1]


def test_on_paper_the_whole_matrix_is_there_and_no_controls(tab: Page, report_folder: Path) -> None:
    tab.emulate_media(media="print")
    open_page(tab, report_folder, "index.html")
    expect(tab.locator(".filters")).to_be_hidden()
    assert tab.locator(".bleed .scroll").evaluate("one => one.scrollHeight <= one.clientHeight + 1")


def test_a_browser_is_there_where_it_must_be() -> None:
    assert CHROMIUM or not os.environ.get("CI"), "CI installs Chromium; without it nothing here was checked"
