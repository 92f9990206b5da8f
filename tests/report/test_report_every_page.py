"""What holds for every page of a report: nothing foreign gets in, links lead somewhere, sizes are kept."""

import json
import re
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from report_project import contents, every_page, page, words

from phasebook.project.claims import load_claims
from phasebook.project.environments import load_environments
from phasebook.project.folders import Folders
from phasebook.project.results import VERDICTS
from phasebook.report import text
from phasebook.report.drawings import SVG, drawing, harmless, shared_glyphs

SCRIPTS = {"script.js", "matrix.js", "yours.js", "search.js", "search-index.js", "minisearch.min.js"}


def test_hostile_texts_stay_texts(report_folder: Path) -> None:
    for path, content in every_page(report_folder):
        scripts = content.select("script:not([type='application/ld+json'])")
        assert {Path(script["src"]).name for script in scripts} <= SCRIPTS, path
        for tag in content.find_all(True):
            assert not [name for name in tag.attrs if name.startswith("on")], (path, tag.name)
            assert not str(tag.get("href", "")).lower().startswith(("javascript:", "data:text")), path
        raw = path.read_text(encoding="utf-8")
        assert not [sign for sign in raw if ord(sign) < 32 and sign != "\n"], path
        assert "\u202e" not in raw and "\x7f" not in raw
    claim = words(page(report_folder, "claims/call-false-infers.html").select_one(".reason"))
    assert "<script>alert(1)</script> {{ 7 * 7 }} {% x %} red" in claim


def test_nothing_is_loaded_from_elsewhere(any_report: Path) -> None:
    for path, content in every_page(any_report):
        loaded = [tag.get("src") or "" for tag in content.find_all(["script", "img", "iframe", "source"])]
        loaded += [tag["href"] for tag in content.find_all("link")]
        loaded += [tag["href"] for tag in content.select("svg [href]")]
        assert all(urlsplit(one).scheme in ("", "data") for one in loaded), path
    style = "".join((any_report / name).read_text() for name in ("style.css", "print.css"))
    assert "url(" not in style and "@import" not in style


def test_every_internal_link_and_anchor_resolves(any_report: Path) -> None:
    ids = {}
    for path, content in every_page(any_report):
        found = [tag["id"] for tag in content.find_all(id=True)]
        assert len(found) == len(set(found)), (path, "an id stands twice")
        ids[path] = set(found)
    for path, content in every_page(any_report):
        for tag in content.find_all(href=True):
            address = urlsplit(tag["href"])
            if address.scheme:
                continue
            target = (path.parent / unquote(address.path)).resolve() if address.path else path
            assert target.is_file(), (path, tag["href"])
            if address.fragment:
                assert unquote(address.fragment) in ids[target], (path, tag["href"])


def test_each_page_has_language_title_one_main_heading_and_headings_in_order(any_report: Path) -> None:
    for path, content in every_page(any_report):
        assert content.html and content.html["lang"] == "en"
        assert content.title and words(content.title)
        levels = [int(heading.name[1]) for heading in content.find_all(["h1", "h2", "h3", "h4"])]
        assert levels.count(1) == 1 and levels[0] == 1, path
        assert all(after <= before + 1 for before, after in pairwise(levels)), path


def test_chinese_is_marked_as_chinese(report_folder: Path) -> None:
    title = page(report_folder, "experiments/1-calls.html").select_one("#cell-title [lang=zh]")
    assert words(title) == "訓練模式"


@pytest.mark.parametrize(
    "svg",
    ["", "no svg", "<svg", "<html/>", '<!DOCTYPE x [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg"/>'],
)
def test_what_is_no_drawing_becomes_its_alternative_text(svg: str) -> None:
    assert drawing(svg, "Three <bars>.", "f1-") == "<p>Three &lt;bars&gt;.</p>"


HARM = [
    'mask="\\75rl(//host/x)"', 'fill="u\\72l(//host/x)"', 'fill="image-set(\'//host/x\' 1x)"',
    'fill="url(//host/x)"',
    'style="fill: \\75rl(//host/x)"', 'style="background: url(//host/x)"', 'filter="url(#a)"', 'onclick="host()"',
    'cursor="url(#host)"', 'ONLOAD="host()"', 'fill="url( //host/x )"', 'fill="var(--host)"', 'fill="/*host*/"',
]  # fmt: skip


@pytest.mark.parametrize("attribute", HARM)
def test_a_drawing_keeps_only_what_is_known_to_be_harmless(attribute: str) -> None:
    svg = f'<svg xmlns="{SVG}" viewBox="0 0 9 9"><path d="M0 0h9" {attribute}/></svg>'
    drawn = harmless(svg)
    assert drawn is not None and '<path d="M0 0h9"/>' in drawn


def test_a_drawing_keeps_what_matplotlib_writes() -> None:
    kept = (
        'd="M0 -1.5L9 9z" transform="translate(1.5 2) scale(1 -1)" clip-path="url(#p)" '
        'fill="#3f8fd2" stroke="currentColor" stroke-width="0.8" stroke-dasharray="3.7,1.6" opacity="0.5"'
    )
    svg = f'<svg xmlns="{SVG}" viewBox="0 0 9 9"><path {kept}/></svg>'
    drawn = harmless(svg.replace('opacity="0.5"', 'style="opacity: 0.5"'))
    assert drawn is not None and all(one in drawn for one in re.findall(r'[\w-]+="[^"]*"', kept))


def test_coordinates_of_a_drawing_are_rounded_to_a_tenth_of_a_point() -> None:
    svg = f"""<svg xmlns="{SVG}" viewBox="0 0 9 9"><g>
    <path id="p" d="M 0 -1.5e-05 L 9.96 -8.04 Q 1 2 -0.3 4.25 z "/>
    <g transform="translate(110.012734 -0.02) scale(0.015625 -0.1)">
    <use href="#p" transform="translate(127.26 0)"/>
    <use href="#p" transform="translate(3.14 0.76) scale(0.7)"/></g></g></svg>"""
    drawn = harmless(svg)
    assert drawn is not None
    assert 'd="M0 -0L10 -8Q1 2 -0.3 4.2z"' in drawn
    assert '<g transform="translate(110 -0) scale(0.015625 -0.1)">' in drawn
    assert '<use x="127.3" href="#p"/>' in drawn
    assert '<use transform="translate(3.1 0.8) scale(0.7)" href="#p"/>' in drawn


@pytest.mark.parametrize(("path", "kept"), [("M1.96.25-.04", "M1.96.25-0"), ("M3-0.04 9.99", "M3-0 10")])
def test_numbers_that_nothing_parts_stay_apart(path: str, kept: str) -> None:
    assert f'd="{kept}"' in str(harmless(f'<svg xmlns="{SVG}" viewBox="0 0 9 9"><path d="{path}"/></svg>'))


def test_a_long_number_takes_no_time() -> None:
    long = "1" * 200_000
    assert harmless(f'<svg xmlns="{SVG}" viewBox="0 0 9 9"><path d="M{long} 0"/></svg>')


def test_figures_of_a_page_share_their_glyphs_and_have_short_ids() -> None:
    svg = f"""<svg xmlns="{SVG}" viewBox="0 0 9 9"><defs><path d="M0 0L9 9" id="DejaVuSans-41"/>
    <clipPath id="c"><path d="M0 0h9"/></clipPath></defs>
    <g clip-path="url(#c)"><use href="#DejaVuSans-41"/></g></svg>"""
    heading = '<h2 id="f1-score">x</h2>'
    told = shared_glyphs(heading + "".join(drawing(svg, "Two glyphs.", f"f{number}-") for number in (1, 2)))
    assert told.startswith(heading) and told.count("M0 0L9 9") == 1
    content = BeautifulSoup(told, "html.parser")
    glyphs, clips = content.select("use"), content.select("[clip-path]")
    assert len({use["href"] for use in glyphs}) == 1 and content.find(id=str(glyphs[0]["href"])[1:]).name == "path"
    named = [str(clip["clip-path"])[5:-1] for clip in clips]
    assert len(set(named)) == 2 and all(content.find(id=name).name == "clippath" for name in named)
    assert all(len(str(tag["id"])) < 4 for tag in content.select("svg [id]"))


@pytest.mark.parametrize("box", ["0 0 1.2.3 4", "0 0 . 4", "0 0 9", "", "0 0 1e999 4", "0 0 9 9 9", "x"])
def test_a_view_box_that_is_none_is_the_usual_one(box: str) -> None:
    drawn = harmless(f'<svg xmlns="{SVG}" viewBox="{box}"><path d="M0 0h9"/></svg>')
    assert drawn is not None and 'viewBox="0 0 100 100" width="133" height="133"' in drawn


def test_stars_in_code_stay_and_stars_around_words_go() -> None:
    title = "What `**kwargs` *really* [takes `*a`](x.html)"
    assert text.inline_plain(title) == "What <code>**kwargs</code> really takes <code>*a</code>"
    assert text.without_marks("What `**kwargs` *really* takes") == "What **kwargs really takes"


def test_prose_knows_no_raw_html_and_no_pictures_from_elsewhere() -> None:
    told = text.block("<b>x</b> [y](javascript:alert(1)) ![z](https://example.org/z.png)")
    assert "<b>" not in told and "javascript:" not in BeautifulSoup(told, "html.parser").find_all("a").__str__()
    assert "<img" not in told


def test_the_real_reports_figures_say_what_they_show(real: Path) -> None:
    results = json.loads((real / "results.json").read_bytes())["results"].values()
    seen = {case["observed"] for columns in results for one in columns.values() for case in one["cases"]}
    seen |= {*VERDICTS, "trains", "infers", "frozen", "moved", "stood still"}
    for path, content in every_page(real):
        for figure in content.select("figure svg, img"):
            below = content.find(id=figure["aria-labelledby"]) if "aria-labelledby" in figure.attrs else None
            said = words(below) if below else str(figure.get("aria-label") or figure.get("alt"))
            assert len(said) > 40, (path, said)
            assert re.search(r"\d", said) or any(one in said for one in seen), (path, said)


def test_the_real_reports_pages_keep_within_their_sizes(real: Path) -> None:
    sizes = {path: path.stat().st_size for path in real.rglob("*") if path.is_file()}
    assert sizes[real / "index.html"] < 400_000
    assert max(size for path, size in sizes.items() if path.suffix == ".html") < 600_000
    downloads = {real / "results.json", real / "results.csv"}  # no page loads them
    cards = {path for path in sizes if path.suffix == ".png" and path.parent != real}  # link previews load them
    assert sum(sizes[path] for path in cards) < 2_000_000
    assert sum(size for path, size in sizes.items() if path not in downloads | cards) < 8_000_000


def test_45_columns_and_39_claims_keep_within_the_sizes(large_report: Path) -> None:
    folders = Folders(large_report.parents[1])
    assert len(load_environments(folders)) == 45 and len(load_claims(folders)) == 39
    files = contents(large_report)
    index = BeautifulSoup(files["index.html"], "html.parser")
    assert len(index.select(".names th:not([hidden])")) >= 40
    assert len(files["index.html"]) < 400_000
    assert max(len(content) for name, content in files.items() if name.endswith(".html")) < 600_000
    assert sum(len(content) for content in files.values()) < 8_000_000
