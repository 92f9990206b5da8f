"""What a reader must find in the report, what must never get into it, and that it follows from its inputs."""

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

import jsonschema
import pytest
import report_project
import small_project
from bs4 import BeautifulSoup, Tag
from report_project import ALTERNATIVE, COLUMNS, LEGACY, MAIN, page

from phasebook import report
from phasebook.claims import load_claims
from phasebook.environments import load_environments
from phasebook.files import read_toml, write_atomically
from phasebook.paths import Folders
from phasebook.report import inputs, text, today
from phasebook.report.drawings import drawing
from phasebook.results import VERDICTS, load_result

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Folders, Path]:
    folders = report_project.make(tmp_path_factory.mktemp("project"))
    return folders, report_project.render(folders)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of this very project, from a copy, with the executed notebooks where there are any."""
    root = tmp_path_factory.mktemp("real")
    for name in ("data", "notebooks", "outputs/notebooks"):
        if (small_project.REAL / name).is_dir():
            shutil.copytree(small_project.REAL / name, root / name)
    return report.render(Folders(root), {}, print).parent


@pytest.fixture(params=["rendered", "real"])
def any_report(request: pytest.FixtureRequest) -> Path:
    """The report of the project made for tests, and of this one."""
    found = request.getfixturevalue(request.param)
    return found if isinstance(found, Path) else Path(found[1])


@pytest.fixture
def report_folder(rendered: tuple[Folders, Path]) -> Path:
    return rendered[1]


def words(tag: Tag | None) -> str:
    assert tag is not None
    return " ".join(tag.get_text(" ").split())


def every_page(folder: Path) -> Iterator[tuple[Path, BeautifulSoup]]:
    for path in sorted(folder.rglob("*.html")):
        yield path, parsed(path)


@cache
def parsed(path: Path) -> BeautifulSoup:
    """A page of a report that is not rendered again."""
    return BeautifulSoup(path.read_bytes(), "html.parser")


# --- The first page -----------------------------------------------------------------------------------------


def test_the_first_page_answers_before_it_shows_the_matrix(report_folder: Path) -> None:
    index = page(report_folder, "index.html")
    order = ["answer", "write", "changed", "matrix", "experiments", "rerun", "limits", "provenance"]
    assert [section["id"] for section in index.select("main > section")] == order
    assert "the learning phase really do?" in words(index.h1)
    assert len(index.select("#write .sample pre")) == 3


def test_every_cell_says_its_verdict_and_leads_to_what_was_seen(rendered: tuple[Folders, Path]) -> None:
    folders, folder = rendered
    index = page(folder, "index.html")
    names = [head["data-name"] for head in index.select(".names th")]
    assert names == list(load_environments(folders)) == list(COLUMNS)
    for claim in small_project.CLAIMS:
        cells = index.select(f"tr[id='{claim}'] td")
        assert len(cells) == len(names)
        for name, cell in zip(names, cells, strict=True):
            result = load_result(folders, name)
            assert result and words(cell) == result.claims[claim].verdict
            assert cell.a and cell.a["href"] == f"claims/{claim}.html#{name}"
            assert cell.a["tabindex"] == "-1"


def test_neighbours_that_agree_stand_in_one_column(report_folder: Path) -> None:
    heads = {head["data-name"]: head for head in page(report_folder, "index.html").select(".names th")}
    assert not heads["tf-2.14"].has_attr("hidden") and heads["tf-2.15"].has_attr("hidden")
    assert words(heads["tf-2.14"].select_one(".range")) == "2.14–2.15 2 releases"
    assert not heads["tf-2.18+keras-3.8.0"].has_attr("hidden") and not heads[MAIN].has_attr("hidden")


def test_a_row_tells_its_history_in_a_sentence(report_folder: Path) -> None:
    row = page(report_folder, "index.html").select_one("tr[id='frozen-bn-infers'] th")
    assert "Fails in TF 1.15, holds from TF 2.14 on." in words(row)


def test_columns_run_here_and_columns_to_be_run_again_are_marked(report_folder: Path) -> None:
    heads = {head["data-name"]: words(head) for head in page(report_folder, "index.html").select(".names th")}
    assert [name for name, told in heads.items() if "run here" in told] == [MAIN, LEGACY]
    assert [name for name, told in heads.items() if "to be run again" in told] == ["tf-2.14"]


def test_the_turning_points_stand_with_their_causes(report_folder: Path) -> None:
    changed = words(page(report_folder, "index.html").select_one("#changed"))
    assert "TF 2.14 after TF 1.15, 2023-09-26 BatchNormalization V2 infers when trainable is False." in changed
    assert "fails → holds frozen-bn-infers" in changed


@pytest.mark.parametrize(
    ("link", "name"),
    [
        ("https://github.com/keras-team/keras/pull/13892", "keras-team/keras, pull request 13892"),
        (
            "https://github.com/tensorflow/tensorflow/releases/tag/v2.16.1",
            "tensorflow/tensorflow, release v2.16.1",
        ),
        ("https://github.com/a/b/blob/v1.15.5/c/d.py#L7", "a/b, code of v1.15.5"),
        ("https://github.com/keras-team", "github.com"),
        ("https://www.tensorflow.org/guide", "tensorflow.org"),
    ],
)
def test_a_link_to_a_cause_says_what_it_leads_to(link: str, name: str) -> None:
    assert text.evidence(link) == name


def test_advice_that_the_newest_results_deny_says_so(tmp_path: Path) -> None:
    folders = report_project.make(tmp_path)
    report_project.settle(folders, MAIN, **{"call-true-trains": "fails"})
    sample = page(report_project.render(folders), "index.html").select_one(".sample")
    assert "call-true-trains fails in Keras 3.15, but this line was written when it was “holds”" in words(sample)


def test_the_advice_names_claims_and_families_that_exist() -> None:
    content = read_toml(Path(today.__file__).with_name("today.toml"), today._File)
    claims = load_claims(Folders(small_project.REAL))
    for sample in content.sample:
        assert set(sample.families) <= {"TF 1", "TF 2", "Keras 3", "tf-keras", "nightly"}
        compile(sample.code, sample.title, "exec")
        for note in sample.note:
            assert set(note.rests_on) <= set(claims) and set(note.rests_on.values()) <= set(VERDICTS)


def test_a_project_without_results_has_a_report_too(tmp_path: Path) -> None:
    folders = small_project.make(tmp_path)
    folder = report_project.render(folders)
    assert "Not run yet: tf-2.15." in words(page(folder, "index.html").select_one("#provenance"))
    assert "not run in any environment" in words(page(folder, "claims/call-true-trains.html").main)
    assert "not run on this machine" in words(page(folder, "experiments/1-calls.html").main)


# --- A claim's page -----------------------------------------------------------------------------------------


def test_a_claims_page_has_the_article_the_observation_the_guard_and_the_cause(report_folder: Path) -> None:
    claim = page(report_folder, "claims/frozen-bn-infers.html")
    told = words(claim.main)
    assert "A: Training modes , Somebody, 2020-04-08" in told
    assert "Confirmed by This. Refuted by That." in told
    assert "A frozen BatchNormalization trains." in told
    assert "BatchNormalization V2 infers when trainable is False." in told
    evidence = [words(section.h3) for section in claim.select(".evidence")]
    assert evidence == ["fails TF 1.15", "holds TF 2.14–2.15; TF 2.18–2.21, Keras 3.8–3.15; TF 2.21, tf-keras"]
    assert words(claim.select(".evidence tbody tr")[0]) == "Sequential trains infers fails"
    assert all(claim.find(id=name) for name in COLUMNS)


def test_a_claims_page_shows_the_lines_that_settle_it(report_folder: Path) -> None:
    claim = page(report_folder, "claims/frozen-bn-infers.html")
    link = claim.select_one("#code + p a")
    assert words(link) == "2-freezing, cell 5, lines 2–4"
    assert link and link["href"] == "../experiments/2-freezing.html#cell-case-frozen-bn-infers"
    assert words(claim.select_one("#code + p + pre")).startswith("for style in styles")


def test_the_text_to_paste_names_the_article_and_what_was_measured(report_folder: Path) -> None:
    pasted = page(report_folder, "claims/frozen-bn-infers.html").select_one(".paste")
    assert pasted is not None
    lines = pasted.get_text().splitlines()
    assert lines[0] == "About “Training modes” (2020-04-08)"
    assert "- fails in TF 1.15 (Sequential: infers)" in lines
    assert page(report_folder, "claims/call-true-trains.html").select_one(".paste") is None


# --- An experiment's page -----------------------------------------------------------------------------------


def test_an_experiments_page_shows_answer_records_figure_and_verdicts(report_folder: Path) -> None:
    experiment = page(report_folder, "experiments/2-freezing.html")
    assert words(experiment.h1) == "The question of 2-freezing"
    assert words(experiment.select_one("#cell-title .answer")).startswith("It trains.")
    rows = [words(row) for row in experiment.select(".cases tbody tr")]
    assert rows == ["Sequential trains trains holds", "Functional trains trains holds"]
    assert words(experiment.select_one(".strip[id='frozen-bn-infers'] ul")).startswith("fails TF 1.15 holds")
    contents = [words(link) for link in experiment.select(".contents a")]
    assert contents == ["About frozen-bn-infers", "In other releases"]
    assert experiment.select_one("a[href='../claims/frozen-bn-infers.html'] code")
    assert experiment.select_one("a[rel=prev][href='1-calls.html']")
    assert (report_folder / "experiments/2-freezing.ipynb").is_file()


def test_figures_keep_their_alternative_text_and_follow_the_theme(report_folder: Path) -> None:
    figures = page(report_folder, "experiments/2-freezing.html").select("figure svg")
    assert len(figures) == 2
    assert all(figure["role"] == "img" and figure["aria-label"] == ALTERNATIVE for figure in figures)
    assert all(figure.select_one("[stroke=currentColor]") for figure in figures)
    assert all(figure.select_one("use[transform='scale(0.015625)']") for figure in figures)
    small = page(report_folder, "index.html").select_one(".cards img[src='figures/2-freezing.svg']")
    assert small and small["alt"] == ALTERNATIVE
    assert "prefers-color-scheme:dark" in (report_folder / "figures/2-freezing.svg").read_text()


def test_code_that_only_draws_is_folded_and_code_that_settles_is_not(report_folder: Path) -> None:
    experiment = page(report_folder, "experiments/2-freezing.html")
    assert words(experiment.select_one("#cell-figure details.source summary")) == "The code of this figure"
    assert not experiment.select("#cell-case-frozen-bn-infers details.source")


def test_an_experiment_can_be_read_on_each_default_environment(report_folder: Path) -> None:
    link = page(report_folder, "experiments/1-calls.html").select_one(".switch a")
    assert link and link["href"] == f"1-calls.{LEGACY}.html"
    other = page(report_folder, f"experiments/1-calls.{LEGACY}.html")
    assert "tf-keras" in words(other.select_one(".switch [aria-current=page]"))


def test_long_outputs_are_folded_and_a_long_line_is_cut_with_a_note(report_folder: Path) -> None:
    path = report_folder / "experiments/2-freezing.html"
    assert path.stat().st_size < 60_000
    folded = page(report_folder, "experiments/2-freezing.html").select("details.output")
    assert [words(one.summary) for one in folded[:2]] == ["3 lines of messages", "1 line of output"]
    assert "[cut here: 998,000 more characters]" in words(folded[1])


@pytest.mark.parametrize(
    "left", [b"", b"{", b"[]", b"null", b"\xff", b'{"cells": 1, "nbformat": 4, "nbformat_minor": 5}']
)
def test_a_broken_executed_notebook_is_as_good_as_none(tmp_path: Path, left: bytes) -> None:
    folders = small_project.make(tmp_path, [MAIN])
    small_project.settle(folders, MAIN)
    write_atomically(folders.executed / MAIN / "1-calls.ipynb", left)
    folder = report_project.render(folders)
    assert "not run on this machine" in words(page(folder, "experiments/1-calls.html").main)


# --- What must not get in -----------------------------------------------------------------------------------


def test_hostile_texts_stay_texts(report_folder: Path) -> None:
    for path, content in every_page(report_folder):
        scripts = content.find_all("script")
        assert {Path(script["src"]).name for script in scripts} <= {"script.js", "matrix.js"}, path
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
    style = (any_report / "style.css").read_text()
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


def test_prose_knows_no_raw_html_and_no_pictures_from_elsewhere() -> None:
    told = text.block("<b>x</b> [y](javascript:alert(1)) ![z](https://example.org/z.png)")
    assert "<b>" not in told and "javascript:" not in BeautifulSoup(told, "html.parser").find_all("a").__str__()
    assert "<img" not in told


# --- Data to take away --------------------------------------------------------------------------------------


def test_results_json_is_as_its_schema_says(rendered: tuple[Folders, Path]) -> None:
    folders, folder = rendered
    content = json.loads((folder / "results.json").read_bytes())
    schema = json.loads((folder / "results.schema.json").read_bytes())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(content, schema)
    for name in COLUMNS:
        result = load_result(folders, name)
        assert result is not None
        assert {c: r[name]["verdict"] for c, r in content["results"].items()} == {
            claim: settled.verdict for claim, settled in result.claims.items()
        }
    del content["results"]["call-true-trains"][MAIN]["verdict"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, schema)


def test_results_csv_has_a_line_for_each_claim_and_column_and_is_described(report_folder: Path) -> None:
    lines = list(csv.DictReader(io.StringIO((report_folder / "results.csv").read_text(encoding="utf-8"))))
    assert len(lines) == len(small_project.CLAIMS) * len(COLUMNS)
    line = next(line for line in lines if (line["claim"], line["environment"]) == ("frozen-bn-infers", "tf-1.15"))
    assert (line["verdict"], line["cases"], line["cases_as_stated"]) == ("fails", "2", "1")
    described = page(report_folder, "data.html").select("#csv + .scroll th[scope=row]")
    assert [words(name) for name in described] == list(line)


def test_the_feed_has_each_turning_point_once_and_its_own_dates(report_folder: Path) -> None:
    feed = ElementTree.parse(report_folder / "feed.xml").getroot()
    entries = feed.findall(f"{ATOM}entry")
    titles = [entry.findtext(f"{ATOM}title") for entry in entries]
    assert titles == ["frozen-bn-infers: fails in TF 1.15, holds in TF 2.14"]
    assert entries[0].findtext(f"{ATOM}updated") == "2023-09-26T00:00:00Z"
    assert feed.findtext(f"{ATOM}updated") == "2026-07-29T00:00:00Z"


# --- It follows from its inputs alone -----------------------------------------------------------------------


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_twice_in_two_places_it_is_the_same_to_the_byte(rendered: tuple[Folders, Path], tmp_path: Path) -> None:
    folders, folder = rendered
    shutil.copytree(folders.root, tmp_path / "copy", ignore=shutil.ignore_patterns("report"))
    again = contents(report_project.render(Folders(tmp_path / "copy")))
    first = contents(folder)
    assert set(again) == set(first)
    del again[inputs.MANIFEST], first[inputs.MANIFEST]  # it holds the times of change of executed notebooks
    assert again == first


def test_where_nothing_changed_nothing_is_imported_or_written(rendered: tuple[Folders, Path]) -> None:
    folders, folder = rendered
    report_project.render(folders)
    times = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    code = (
        "import sys; from pathlib import Path; from phasebook import report; from phasebook.paths import Folders\n"
        "report.render(Folders(Path(sys.argv[1])), {'tf-2.14': ['the lock changed']}, print)\n"
        "print([name for name in ('nbconvert', 'nbformat', 'jinja2', 'pygments') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folders.root)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
    assert times == {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_a_change_of_any_module_that_pages_follow_from_renders_anew() -> None:
    code = "import sys, phasebook.report.pages; print(*(name for name in sys.modules if 'phasebook.' in name))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = {name.removeprefix("phasebook.") for name in done.stdout.split() if ".report" not in name}
    assert imported == set(inputs.MODULES)


def test_only_pages_that_differ_are_written(tmp_path: Path) -> None:
    folders = report_project.make(tmp_path)
    folder = report_project.render(folders)
    times = {path: path.stat().st_mtime_ns for path in folder.rglob("*.html")}
    report_project.settle(folders, "tf-2.15", **{"call-true-trains": "fails"})
    report_project.render(folders)
    written = {path.name for path, time in times.items() if path.stat().st_mtime_ns != time}
    assert {"index.html", "call-true-trains.html", "1-calls.html"} <= written
    assert not written & {"data.html", "frozen-bn-infers.html", "2-freezing.html"}


def test_a_page_that_was_deleted_comes_back_and_a_claim_that_is_gone_takes_its_page_along(tmp_path: Path) -> None:
    folders = report_project.make(tmp_path)
    folder = report_project.render(folders)
    (folder / "claims/call-true-trains.html").unlink()
    report_project.render(folders)
    assert (folder / "claims/call-true-trains.html").is_file()
    claims = {claim: notebook for claim, notebook in small_project.CLAIMS.items() if claim != "call-false-infers"}
    write_atomically(folders.claims, small_project.claims_text(claims))
    report_project.render(folders)
    assert not (folder / "claims/call-false-infers.html").exists()


@pytest.mark.parametrize("left", [b"", b"{", b"[]", b'{"key": 1, "files": 2}'])
def test_a_manifest_that_cannot_be_read_is_made_anew(tmp_path: Path, left: bytes) -> None:
    folders = small_project.make(tmp_path)
    folder = report_project.render(folders)
    whole = (folder / inputs.MANIFEST).read_bytes()
    (folder / inputs.MANIFEST).write_bytes(left)
    report_project.render(folders)
    assert (folder / inputs.MANIFEST).read_bytes() == whole


def test_the_commit_stands_in_it_where_there_is_one(tmp_path: Path) -> None:
    folders = small_project.make(tmp_path)
    assert inputs.commit(tmp_path) is None
    write_atomically(tmp_path / ".git/HEAD", "ref: refs/heads/main\n")
    write_atomically(tmp_path / ".git/packed-refs", f"# pack-refs\n{'a' * 40} refs/heads/main\n")
    assert inputs.commit(tmp_path) == "a" * 40
    write_atomically(tmp_path / ".git/refs/heads/main", f"{'b' * 40}\n")
    assert "b" * 40 in words(page(report_project.render(folders), "index.html").select_one("#provenance"))


def test_the_real_reports_figures_say_what_they_show(real: Path) -> None:
    results = json.loads((real / "results.json").read_bytes())["results"].values()
    seen = {case["observed"] for columns in results for one in columns.values() for case in one["cases"]}
    seen |= {*VERDICTS, "trains", "infers", "frozen"}
    for path, content in every_page(real):
        for figure in content.select("figure svg, img"):
            said = str(figure.get("aria-label") or figure.get("alt"))
            assert len(said) > 40, (path, said)
            assert re.search(r"\d", said) or any(one in said for one in seen), (path, said)


def test_the_real_reports_pages_keep_within_their_sizes(real: Path) -> None:
    sizes = {path: path.stat().st_size for path in real.rglob("*") if path.is_file()}
    assert sizes[real / "index.html"] < 400_000
    assert max(size for path, size in sizes.items() if path.suffix == ".html") < 600_000
    assert sum(sizes.values()) < 8_000_000


def test_45_columns_and_39_claims_keep_within_the_sizes(tmp_path: Path) -> None:
    folders = report_project.make_large(tmp_path)
    assert len(load_environments(folders)) == 45 and len(load_claims(folders)) == 39
    files = contents(report.render(folders, {}, print).parent)
    index = BeautifulSoup(files["index.html"], "html.parser")
    assert len(index.select(".names th:not([hidden])")) >= 40
    assert len(files["index.html"]) < 400_000
    assert max(len(content) for name, content in files.items() if name.endswith(".html")) < 600_000
    assert sum(len(content) for content in files.values()) < 8_000_000


def test_a_date_of_release_stands_for_the_time_of_change(rendered: tuple[Folders, Path]) -> None:
    assert max(COLUMNS.values()) == date(2026, 7, 29)
    assert str(max(COLUMNS.values())) in (rendered[1] / "feed.xml").read_text()
