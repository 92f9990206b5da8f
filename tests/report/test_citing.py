"""What others put beside their text: article pages, badges, citations and the data's description."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page
from report_project import MAIN, open_page, page, words

from phasebook.project.claims import load_articles, load_claims
from phasebook.project.folders import Folders
from phasebook.project.results import load_result


def test_a_badge_says_how_many_statements_of_its_article_hold(report_folder: Path) -> None:
    folders = Folders(report_folder.parents[1])
    result = load_result(folders, MAIN)
    assert result is not None
    for letter in load_articles(folders):
        claims = [claim.id for claim in load_claims(folders).values() if letter in claim.articles]
        holding = sum(result.claims[claim].verdict == "holds" for claim in claims)
        badge = (report_folder / f"badges/{letter}.svg").read_text(encoding="utf-8")
        assert f"{holding} of {len(claims)} statements hold" in badge
        told = page(report_folder, f"articles/{letter}.html")
        assert f"{holding} of {len(claims)} statements hold" in words(told.select_one(".lead"))
        assert [strip["id"] for strip in told.select(".strip")] == claims


def test_the_data_is_described_for_search_engines(report_folder: Path) -> None:
    script = page(report_folder, "data.html").select_one("script[type='application/ld+json']")
    assert script is not None
    content = json.loads(script.text)
    assert content["@type"] == "Dataset" and content["license"].startswith("https://creativecommons.org/")
    assert content["name"] in words(page(report_folder, "index.html").select_one("#licence + p"))
    for file in content["distribution"]:
        assert (report_folder / file["contentUrl"]).is_file()


@pytest.mark.slow
def test_a_claim_can_be_cited(tab: Page, report_folder: Path) -> None:
    open_page(tab, report_folder, "claims/frozen-bn-infers.html")
    said = {
        kind: tab.evaluate(f"citation('{kind}', document.querySelector('.cite').dataset)")
        for kind in ("markdown", "bibtex", "link")
    }
    assert said["link"].endswith("/claims/frozen-bn-infers.html")
    assert re.fullmatch(r"\[.+ \(Phasebook\)\]\(file:.+frozen-bn-infers\.html\)", said["markdown"])
    assert said["bibtex"].startswith("@misc{phasebook-frozen-bn-infers,") and said["bibtex"].count("{") == (
        said["bibtex"].count("}")
    )
    assert tab.get_by_role("button", name="Copy as BibTeX").is_visible()
