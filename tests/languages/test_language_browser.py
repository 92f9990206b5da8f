"""The Chinese pages of this very project in a real Chromium: everyone can read them, nothing leaves the disk."""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from html_checker import complaints
from playwright.sync_api import Page
from report_project import open_page
from small_project import REAL

from phasebook.languages import LANGUAGES
from phasebook.languages.catalogue import load
from phasebook.languages.site import in_languages
from phasebook.project.folders import Folders
from phasebook.report import pages

pytestmark = pytest.mark.slow

CODES = ["zh-hans", "zh-hant"]
PAGES = [
    "index.html",
    "experiments/2-learning-phase.html",
    "claims/frozen-bn-infers.html",
    "releases/tf-2.15.html",
    "upgrades/tf-2.15--tf-2.21+keras-3.15.1.html",
    "search.html?q=冻结",
    "messages.html",
    "from-pytorch.html",
]


@pytest.fixture(scope="module")
def chinese(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of this very project in its languages."""
    folder = tmp_path_factory.mktemp("chinese")
    folders = Folders(REAL)
    catalogues = {LANGUAGES[code]: load(folders.translations, LANGUAGES[code]) for code in CODES}
    for name, content in in_languages(pages.render(folders, {}), catalogues).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(tab: Page, chinese: Path, code: str, name: str, scheme: Any) -> None:
    tab.emulate_media(color_scheme=scheme)
    open_page(tab, chinese / code, name)
    tab.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    found = Axe().run(tab, options={"preload": False})  # preloading asks for the style sheet in a way files forbid
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("name", PAGES)
def test_no_page_scrolls_sideways_on_a_phone(tab: Page, chinese: Path, code: str, name: str) -> None:
    tab.set_viewport_size({"width": 390, "height": 844})
    open_page(tab, chinese / code, name)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_checker_of_html_finds_no_error(chinese: Path) -> None:
    found = [chinese / code / name.partition("?")[0] for code in CODES for name in PAGES]
    assert complaints(found) == ""
