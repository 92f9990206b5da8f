"""The report in several languages: what lies where, what leads where, and what figures and scripts say."""

import json
import re
from pathlib import Path

import pytest
import report_project
from report_project import contents

from phasebook import report
from phasebook.commands import doctor
from phasebook.languages import LANGUAGES, chosen, labels, scripts
from phasebook.languages.catalogue import Catalogue
from phasebook.languages.site import in_languages
from phasebook.project.errors import Problem

CHINESE = LANGUAGES["zh-hans"]
PAGE = '<html lang="en"><!-- languages --><a href="../claims/a.html">One more</a><a href="../a.csv">x</a></html>'
FILES = {"claims/a.html": PAGE.encode(), "a.csv": b"1", "card.png": b"2", "style.css": b"p{}"}


def made(files: dict[str, bytes], known: dict[str, str], address: str = "") -> dict[str, str]:
    found = in_languages(files, {CHINESE: Catalogue(known, {})}, address)
    return {name: content.decode() for name, content in found.items()}


def test_a_language_has_pages_of_its_own_and_shares_the_rest() -> None:
    found = made(FILES, {"One more": "再来一个"})
    assert sorted(found) == [*sorted(FILES), "zh-hans/claims/a.html"]
    own = found["zh-hans/claims/a.html"]
    assert own.startswith('<html lang="zh-Hans">') and '<a href="../claims/a.html">再来一个</a>' in own
    assert '<a href="../../a.csv">x</a>' in own


def test_each_page_leads_to_itself_in_the_other_language() -> None:
    found = made(FILES, {})
    assert '<a href="../zh-hans/claims/a.html" lang="zh-Hans">简体中文</a>' in found["claims/a.html"]
    assert '<a href="../../claims/a.html" lang="en">English</a>' in found["zh-hans/claims/a.html"]


def alternates(
    pages: str, known: dict[str, str], address: str = "https://example.org/"
) -> list[list[tuple[str, str]]]:
    """What the pages of the two languages name to search engines; `pages` are the paragraphs of the only page."""
    page = f'<html lang="en"><link rel="stylesheet" href="style.css"><!-- languages -->{pages}</html>'
    found = made({"a.html": page.encode()}, known, address)
    assert "简体中文" in found["a.html"] and "English" in found["zh-hans/a.html"]
    return [re.findall(r'hreflang="([^"]+)" href="([^"]+)"', found[name]) for name in ("a.html", "zh-hans/a.html")]


def test_pages_name_each_other_to_search_engines_where_the_report_has_an_address() -> None:
    assert alternates("<p>One more</p>", {"One more": "再来一个"}, "") == [[], []]
    both = [
        ("en", "https://example.org/a.html"),
        ("zh-Hans", "https://example.org/zh-hans/a.html"),
        ("x-default", "https://example.org/a.html"),
    ]
    assert alternates("<p>One more</p>", {"One more": "再来一个"}) == [both, both]


@pytest.mark.parametrize(("untranslated", "named"), [(0, True), (1, True), (2, False)])
def test_a_language_with_less_than_95_of_100_sentences_is_not_named_to_search_engines(
    untranslated: int, named: bool
) -> None:
    sentences = [f"{chr(97 + number) * 2} is here" for number in range(20)]
    pages = "".join(f"<p>{one}</p>" for one in sentences)
    for found in alternates(pages, dict.fromkeys(sentences[untranslated:], "在这里")):
        assert ("zh-Hans" in dict(found)) == bool(found) == named


def test_without_other_languages_nothing_is_there_of_them() -> None:
    assert in_languages(FILES, {})["claims/a.html"].decode() == PAGE.replace("<!-- languages -->", "")


def test_languages_are_named_as_their_folders_and_english_is_always_there() -> None:
    assert [one.code for one in chosen("zh-hant zh-hans")] == ["en", "zh-hans", "zh-hant"]
    with pytest.raises(Problem, match="no language 'de': choose from en, zh-hans, zh-hant"):
        chosen("en de")


LABEL = (
    '<g fill="currentColor" data-label="middle|moving mean" transform="translate(1 2) scale(.1 -.1)">'
    '<defs><path id="m" d="M0 0"/></defs><use href="#m"/><use x="97.4" href="#m"/></g>'
)


def test_a_label_is_text_where_it_has_a_translation_and_drawn_where_not() -> None:
    assert labels.drawn(LABEL) == LABEL.replace(' data-label="middle|moving mean"', "")
    assert labels.replaced(LABEL, lambda words: words) == labels.drawn(LABEL)
    told = labels.replaced(LABEL, {"moving mean": "移动均值"}.__getitem__)
    assert '<text transform="scale(1 -1)" x="80" font-size="100" text-anchor="middle">移动均值</text></g>' in told
    assert '<defs><path id="m" d="M0 0"/></defs>' in told and "<use" not in told


def test_a_script_says_its_sentences_with_their_values() -> None:
    files = {"yours.js": b"say(said`On ${release.words}: ${runs}.`, said`, `, `not this`)"}
    found = made(files, {"On {1}: {2}.": "在 {1} 上：{2}。"})
    assert found["zh-hans/yours.js"] == "say(said`在 ${release.words} 上：${runs}。`, said`, `, `not this`)"


def test_what_is_found_by_english_words_is_shown_in_the_language() -> None:
    row = ["claim", "Frozen layers", "They stay. They also go.", "claims/a.html", "freeze", "hf"]
    told = scripts.search_index(
        json.dumps(row),
        {
            "Frozen layers": "冻结的层",
            "They stay. They also go.": "保持不变。也会移动。",
            "claim": "论断",
        }.__getitem__,
    )
    assert json.loads(told) == [
        "claim", "冻结的层", "保持不变。也会移动。", "claims/a.html",
        "Frozen layers They stay. They also go. freeze 论断", "hf",
    ]  # fmt: skip


def test_the_first_pages_data_speak_the_language() -> None:
    data = {"sentences": ["<code>x</code> wins"], "answers": [["unavailable", "gone"]], "situations": []}
    page = f'<template id="answers">{json.dumps(data).replace(chr(34), "&#34;")}</template>'
    told = scripts.answers(page, {"gone": "没有了"}.__getitem__, lambda run: run.replace("wins", "胜出"))
    assert "&lt;code&gt;x&lt;/code&gt; 胜出" in told and "没有了" in told and "unavailable" in told


def test_a_report_that_changes_its_languages_leaves_nothing_behind(tmp_path: Path) -> None:
    folders = report_project.make(tmp_path)
    said: list[str] = []
    report.render(folders, {}, said.append)
    before = contents(folders.report)
    report.render(folders, {}, said.append, chosen("zh-hans zh-hant"))
    both = contents(folders.report)
    assert {name.split("/")[0] for name in set(both) - set(before)} == {"zh-hans", "zh-hant"}
    assert any("zh-hans: " in line and "without a translation" in line for line in said)
    told = [finding for finding in doctor.check(folders) if finding.what.startswith("report in zh-hans: ")]
    assert [finding.todo for finding in told] == ["translate them: docs/translate.md"]
    report.render(folders, {}, said.append)
    assert contents(folders.report) == before
