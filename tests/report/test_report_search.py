"""The search over all pages: what it knows leads somewhere, and the right page is found first, from disk alone."""

import hashlib
import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Page, expect
from report_project import HARM, every_page, open_page

from phasebook.project.complaints import load_complaints
from phasebook.project.folders import Folders
from phasebook.report import search
from phasebook.report.facts import Facts

# The header of the file says where it is from and how it was made.
MINISEARCH = "acb11c78f6b05f2fab009329fb9641e9377c4b3ff0ac9bd8df619b27c958b05c"
ASKED = [
    ("optimizer cannot recognize variable", "messages.html#cannot-recognize-variable"),
    ("TypeError: 'NoneType' object is not callable", "messages.html#nonetype-is-not-callable"),
    ("tf.keras.backend.set_learning_phase", "messages.html#no-set-learning-phase"),
    ("does a frozen BatchNormalization update its moving statistics?", "claims/frozen-bn-state-stays.html"),
]
# Questions that were asked upstream, as one types them, and the pages one of which has to come first or second.
QUESTIONS = [
    ("monte carlo dropout predict", "index.html#how-write-monte-carlo-dropout"),
    ("frozen layer statistics move", "claims/frozen-bn-state-stays.html"),
    ("batchnorm frozen moving mean changes", "claims/frozen-bn-state-stays.html"),
    ("RandomFlip inference", "claims/plain-call-leaves-images-alone.html"),
    ("RandomFlip active outside training", "claims/plain-call-leaves-images-alone.html"),
    ("gan discriminator trainable", "claims/gan-recipe-freezes-discriminator-only.html"),
    ("discriminator not learning", "claims/gan-recipe-freezes-discriminator-only.html"),
    ("SavedModel inference mode", "claims/export-serves-inference.html"),
]
NAMES = [
    ("training=True", "model(x, training=True) runs the layers in training mode"),
    ("set_learning_phase", "After set_learning_phase(1), a plain model(x) runs in training mode"),
    ("backend.set_learning_phase", "After set_learning_phase(1), a plain model(x) runs in training mode"),
    ("BatchNormalization", "A frozen BatchNormalization runs in inference mode, even with training=True"),
    ("batch norm", "A frozen BatchNormalization runs in inference mode, even with training=True"),
    ("BatchNormalisation", "A frozen BatchNormalization runs in inference mode, even with training=True"),
    ("upgrade to Keras 3", "From TensorFlow 2.15 to 2.21, with Keras 3"),
    ("2.15", "TensorFlow 2.15.1, Keras 2.15.0"),
    ("36936", "In fit, a plain self(x) in your own train_step runs in training mode"),
    ("migration", "From TensorFlow 2.15 to 2.21, with Keras 3"),
    ("2.15 to 2.21", "From TensorFlow 2.15 to 2.21, with Keras 3"),
]


def rows(folder: Path) -> list[list[str]]:
    """What search-index.js holds: kind, title, line, address, words, and of a claim its verdicts."""
    script = (folder / "search-index.js").read_text()
    found = re.search(r"const entries = (\[\n.*?\n\]);", script, flags=re.DOTALL)
    assert found
    those: list[list[str]] = json.loads(found[1])
    return those


def entries(folder: Path) -> list[list[str]]:
    """Kind, title, line, address and words of everything that can be found."""
    return [row[:5] for row in rows(folder)]


def test_minisearch_is_what_its_header_says() -> None:
    shipped = Path(search.__file__).with_name("minisearch.min.js").read_bytes()
    assert hashlib.sha256(shipped).hexdigest() == MINISEARCH
    assert b"MiniSearch 7.2.0" in shipped and b"Permission is hereby granted, free of charge" in shipped


def test_every_entry_leads_to_a_page_and_a_place_in_it(any_report: Path) -> None:
    found = entries(any_report)
    ids = {
        str(path.relative_to(any_report)): {tag["id"] for tag in content.find_all(id=True)}
        for path, content in every_page(any_report)
    }
    for kind, title, _, address, _ in found:
        name, _, place = address.partition("#")
        assert not place or unquote(place) in ids[name], address
        assert name in ids and kind and title, address
    assert len({(kind, title, address) for kind, title, _, address, _ in found}) == len(found)


def test_all_that_people_look_for_is_in_the_index(real: Path) -> None:
    found = {address.partition("#")[0] for *_, address, _ in entries(real)}
    there = {str(path.relative_to(real)) for path, _ in every_page(real)}
    other_environments = {name for name in there if re.fullmatch(r"experiments/.*\.tf-.*\.html", name)}
    assert there - found == other_environments | {"search.html"}
    messages = [address for kind, *_, address, _ in entries(real) if kind == "error message"]
    complaints = load_complaints(Folders(real.parents[1]))
    assert messages == [f"messages.html#{one.id}" for one in complaints]
    assert (real / "search-index.js").stat().st_size < 180_000


def test_only_the_search_page_loads_the_library(any_report: Path) -> None:
    for path, content in every_page(any_report):
        loaded = [Path(str(script["src"])).name for script in content.select("script[src]")]
        assert ("minisearch.min.js" in loaded) == (path.name == "search.html"), path
        form = content.select_one("search form")
        assert form and form.select_one("[name=q]") and (path.parent / str(form["action"])).is_file()


def test_texts_of_results_are_cut_and_hold_nothing_that_acts(report_folder: Path) -> None:
    script = (report_folder / "search-index.js").read_text()
    assert not [sign for sign in script if (ord(sign) < 32 and sign != "\n") or sign == "\u202e"]
    hostile = search.Entry("claim", HARM, "x", "claims/x.html", "x")
    assert json.loads(
        search.index([hostile], Facts(Folders(report_folder.parents[1]), {})).decode().splitlines()[2]
    )[1].startswith("=1+1: <script>")


@pytest.mark.slow
@pytest.mark.parametrize(("query", "address"), ASKED)
def test_what_people_ask_finds_its_page_first(tab: Page, real: Path, query: str, address: str) -> None:
    open_page(tab, real, "search.html")
    tab.keyboard.type(query)  # the field has the focus
    expect(tab.locator(".found li").first.get_by_role("link")).to_have_attribute("href", address)
    for _ in range(3):  # the button, the link to one's release, the result
        tab.keyboard.press("Tab")
    expect(tab.locator(".found a").first).to_be_focused()
    tab.keyboard.press("Enter")
    tab.wait_for_url(f"**/{address}")


@pytest.mark.slow
def test_questions_asked_upstream_find_the_answer_first_or_second(tab: Page, real: Path) -> None:
    open_page(tab, real, "search.html")
    for query, address in QUESTIONS:
        tab.get_by_role("searchbox").fill(query)
        hrefs = tab.locator(".found a").evaluate_all(
            "links => links.slice(0, 2).map((one) => one.getAttribute('href'))"
        )
        assert address in [*hrefs, *(href.partition("#")[0] for href in hrefs)], (query, hrefs)


@pytest.mark.slow
def test_a_claims_result_says_how_it_came_out_on_the_readers_release(tab: Page, real: Path) -> None:
    open_page(tab, real, "search.html?q=discriminator+learns+own+step")
    first = tab.locator(".found li").first
    expect(first).to_contain_text("In Keras 3.15: fails. From Keras 3.0 on the discriminator does not learn")
    expect(tab.get_by_text("Verdicts are those of Keras 3.15")).to_be_visible()
    open_page(tab, real, "index.html")
    tab.get_by_label("My TensorFlow").select_option("tf-2.15")
    open_page(tab, real, "search.html?q=discriminator+learns+own+step")
    expect(first).to_contain_text("In TF 2.15: holds. From Keras 3.0 on the discriminator does not learn")
    tab.evaluate("localStorage.clear()")


def test_the_index_has_every_verdict_of_every_claim(real: Path) -> None:
    facts = Facts(Folders(real.parents[1]), {})
    told = {row[3]: row[5] for row in rows(real) if row[0] == "claim"}
    for claim in facts.claims:
        verdicts = [column.verdict(claim) for column in facts.columns]
        assert told[f"claims/{claim}.html"] == "".join(verdict[0].replace("n", "-") for verdict in verdicts)


@pytest.mark.slow
def test_names_of_the_api_are_found_as_people_type_them(tab: Page, real: Path) -> None:
    open_page(tab, real, "search.html")
    for query, title in NAMES:
        tab.get_by_role("searchbox").fill(query)
        first = tab.locator(".found li a").all_inner_texts()[:5]
        assert title in first, (query, first)


@pytest.mark.slow
def test_the_header_of_every_page_leads_to_the_results(tab: Page, real: Path) -> None:
    open_page(tab, real, "claims/call-true-trains.html")
    tab.get_by_label("Search all pages").fill("moving_mean")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/search.html?q=moving_mean")
    expect(tab.locator(".count")).to_contain_text("results")
    expect(tab.locator(".count")).to_have_role("status")
    tab.get_by_role("searchbox").fill("xyzzyplugh")
    expect(tab.locator(".count")).to_contain_text("Nothing was found")
    assert tab.evaluate("location.search") == "?q=xyzzyplugh"
    tab.get_by_role("searchbox").fill("<img src=x onerror=alert(1)>")
    expect(tab.locator("main img")).to_have_count(0)


@pytest.mark.slow
def test_without_script_the_search_page_says_what_to_do(browser: Browser, report_folder: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    open_page(tab, report_folder, "search.html?q=dropout")
    expect(tab.get_by_text("Use your browser's own search")).to_be_visible()
    expect(tab.locator("main a:visible")).to_have_count(4)
    expect(tab.locator("main input:visible")).to_have_count(0)
    context.close()
