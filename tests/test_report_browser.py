"""The report in a real Chromium: everyone can read it, its controls do what they say, nothing leaves the disk."""

import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import report_project
import small_project
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, expect, sync_playwright
from report_project import LEGACY, MAIN

from phasebook.paths import cache

pytestmark = pytest.mark.slow

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
CHECKER = small_project.REAL / "tests/html"
KINDS = ["index.html", "data.html", "claims/frozen-bn-infers.html", "experiments/2-freezing.html"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return report_project.render(report_project.make(tmp_path_factory.mktemp("project")))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return report_project.render(report_project.make_large(tmp_path_factory.mktemp("large")))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A page that fails the test where it complains or asks for anything that is not on the disk."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    said: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith(("file://", "data:")):
            said.append(f"asked for {request.url}")

    page.on("request", note)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("console", lambda message: said.append(message.text))
    yield page
    context.close()
    assert said == []


def open_page(page: Page, folder: Path, name: str) -> None:
    page.goto(
        (folder / name.partition("?")[0].partition("#")[0]).as_uri()
        + name[len(name.split("?")[0].split("#")[0]) :]
    )


def rows(page: Page) -> list[str | None]:
    return [row.get_attribute("id") for row in page.locator(".matrix tbody tr[id]:visible").all()]


def columns(page: Page) -> list[str | None]:
    return [head.get_attribute("data-name") for head in page.locator(".names th:visible").all()]


# --- Everyone can read it --------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", KINDS)
def test_axe_finds_nothing(tab: Page, folder: Path, name: str, scheme: Any) -> None:
    tab.emulate_media(color_scheme=scheme)
    open_page(tab, folder, name)
    tab.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    found = Axe().run(tab, options={"preload": False})  # preloading asks for the style sheet in a way files forbid
    assert found.violations_count == 0, found.generate_report()


def test_no_cell_scrolls_sideways_on_a_phone(tab: Page, folder: Path) -> None:
    tab.set_viewport_size({"width": 390, "height": 844})
    for page in sorted(folder.glob("experiments/*.html")):
        tab.goto(page.as_uri())
        assert tab.locator("pre").count()
        wider = "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)"
        assert tab.locator("pre").evaluate_all(wider) == [], page.name


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("width", [320, 390, 1280, 2560])
def test_no_page_scrolls_sideways(tab: Page, folder: Path, large: Path, name: str, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": 844})
    for where in [folder, large] if name == "index.html" else [folder]:
        open_page(tab, where, name)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", KINDS)
def test_without_script_everything_is_there_to_read(browser: Browser, folder: Path, name: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    open_page(page, folder, name)
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("button:visible")).to_have_count(0)
    expect(page.locator(".filters:visible")).to_have_count(0)
    if name == "index.html":
        expect(page.locator(".matrix tbody tr[id]:visible")).to_have_count(len(small_project.CLAIMS))
    context.close()


def test_the_checker_of_html_finds_no_error(folder: Path, large: Path) -> None:
    lock = (CHECKER / "package-lock.json").read_bytes()
    home = cache() / "html-validate" / hashlib.sha256(lock).hexdigest()[:12]
    if not (home / "ready").is_file():
        home.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(CHECKER / name, home)
        command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        if shutil.which("npm") is None:
            pytest.skip("no npm")
        done = subprocess.run(command, cwd=home, capture_output=True, text=True, timeout=600, check=False)
        if done.returncode:
            pytest.skip(f"html-validate cannot be installed: {done.stderr.strip().splitlines()[-1:]}")
        (home / "ready").touch()
    pages = [str(path) for path in [*folder.rglob("*.html"), *large.rglob("*.html")]]
    command = [
        str(home / "node_modules/.bin/html-validate"),
        "--config",
        str(CHECKER / ".htmlvalidate.json"),
        *pages,
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-1000:]


def test_ink_of_figures_is_the_pages_own(tab: Page, folder: Path) -> None:
    colours = []
    for scheme in ("light", "dark"):
        tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        open_page(tab, folder, "experiments/2-freezing.html")
        figure = tab.locator("figure svg [stroke=currentColor]").first
        assert figure.evaluate("one => getComputedStyle(one).stroke") == tab.evaluate(
            "getComputedStyle(document.body).color"
        )
        colours.append(figure.evaluate("one => getComputedStyle(one).stroke"))
    assert colours[0] != colours[1]


def test_on_paper_the_whole_matrix_is_there_and_no_controls(tab: Page, folder: Path) -> None:
    tab.emulate_media(media="print")
    open_page(tab, folder, "index.html")
    expect(tab.locator(".filters")).to_be_hidden()
    assert tab.locator(".bleed .scroll").evaluate("one => one.scrollHeight <= one.clientHeight + 1")


# --- The controls of the matrix --------------------------------------------------------------------------------


def test_words_verdicts_and_families_filter(tab: Page, folder: Path) -> None:
    open_page(tab, folder, "index.html")
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


def test_only_rows_that_change(tab: Page, folder: Path) -> None:
    open_page(tab, folder, "index.html")
    tab.get_by_label("only rows that change").check()
    assert rows(tab) == ["call-false-infers", "frozen-bn-infers"]
    tab.get_by_label("Family").select_option("TF 2")
    assert rows(tab) == []
    expect(tab.locator(".matrix .group:visible")).to_have_count(0)


def test_my_tensorflow_is_one_column_and_marks_what_to_write(tab: Page, folder: Path) -> None:
    open_page(tab, folder, "index.html")
    tab.get_by_label("My TensorFlow").select_option("tf-2.15")
    assert columns(tab) == ["tf-2.15"]
    expect(tab.locator(".sample.yours h3")).to_have_text("TensorFlow 2.0 to 2.15, or tf-keras")
    assert tab.locator("tr[id='call-true-trains'] td:visible").all_inner_texts() == ["holds"]


def test_a_span_unfolds_and_folds_again(tab: Page, folder: Path) -> None:
    open_page(tab, folder, "index.html")
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


def test_two_columns_compared(tab: Page, folder: Path) -> None:
    open_page(tab, folder, "index.html")
    tab.get_by_label("Compare").select_option("tf-1.15")
    tab.locator("select[name=b]").select_option("tf-2.15")
    assert columns(tab) == ["tf-1.15", "tf-2.15"]
    expect(tab.locator(".filters output")).to_contain_text("1 with different verdicts")
    assert tab.locator("tr.differs").get_attribute("id") == "frozen-bn-infers"
    tab.get_by_label("only rows that change").check()
    assert rows(tab) == ["frozen-bn-infers"]


def test_the_address_brings_someone_else_to_the_same_view(tab: Page, folder: Path, browser: Browser) -> None:
    open_page(tab, folder, "index.html")
    tab.get_by_label("Compare").select_option("tf-2.15")
    tab.locator("select[name=b]").select_option(LEGACY)
    tab.get_by_label("Find").fill("call & more")
    tab.get_by_label("Find").fill("call")
    tab.get_by_role("button", name="Copy link").click()
    expect(tab.get_by_role("button", name="Copied")).to_be_visible()
    address = tab.evaluate("navigator.clipboard.readText()")
    assert address == tab.url != (folder / "index.html").as_uri()
    other = browser.new_context().new_page()
    other.goto(address)
    assert rows(other) == rows(tab) == ["call-true-trains", "call-false-infers"]
    assert columns(other) == columns(tab) == ["tf-2.15", LEGACY]
    other.context.close()


@pytest.mark.parametrize("query", ["?tf=nonsense&family=x&q=", "?open=x+y&verdict=maybe", "?q=%3Cscript%3E", "?%"])
def test_an_address_with_nonsense_does_no_harm(tab: Page, folder: Path, query: str) -> None:
    open_page(tab, folder, f"index.html{query}")
    expect(tab.locator(".filters output")).to_contain_text("of 3 claims")


def test_code_is_copied_as_it_stands(tab: Page, folder: Path) -> None:
    open_page(tab, folder, "experiments/2-freezing.html")
    box = tab.locator("#cell-case-frozen-bn-infers .box")
    box.get_by_role("button", name="Copy").click()
    expect(box.get_by_role("button", name="Copied")).to_be_visible()
    code = report_project.CASE.format(claim="frozen-bn-infers").strip()
    assert tab.evaluate("navigator.clipboard.readText()") == code


def test_the_keyboard_leads_from_the_matrix_to_the_case(tab: Page, folder: Path) -> None:
    open_page(tab, folder, "index.html")
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


def test_the_matrix_is_few_tab_stops(tab: Page, large: Path) -> None:
    open_page(tab, large, "index.html")
    stops = tab.locator(".matrix td a:not([tabindex='-1'])")
    expect(stops).to_have_count(1)


def test_the_first_page_is_drawn_and_filterable_within_a_second(browser: Browser, large: Path) -> None:
    assert min(_seconds(browser, large) for _ in range(3)) < 1


def _seconds(browser: Browser, folder: Path) -> float:
    """Time from asking for the first page to seeing it filtered."""
    page = browser.new_context().new_page()
    started = time.monotonic()
    open_page(page, folder, "index.html")
    page.get_by_label("Find").fill("claim-07")
    expect(page.locator(".matrix tbody tr[id]:visible")).to_have_count(1)
    seconds = time.monotonic() - started
    page.context.close()
    return seconds


def test_a_browser_is_there_where_it_must_be() -> None:
    assert CHROMIUM or not os.environ.get("CI"), "CI installs Chromium; without it nothing here was checked"
