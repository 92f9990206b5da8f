"""The report's files: data to take away, and that all of it follows from its inputs alone."""

import csv
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
import report_project
import small_project
from report_project import COLUMNS, MAIN, contents, page, words

from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders
from phasebook.project.results import load_result
from phasebook.report import manifest

ATOM = "{http://www.w3.org/2005/Atom}"


# --- Download the data --------------------------------------------------------------------------------------


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


def test_no_text_is_a_formula_for_a_spreadsheet(report_folder: Path) -> None:
    lines = list(csv.reader(io.StringIO((report_folder / "results.csv").read_text(encoding="utf-8"))))
    assert any(cell.startswith("'=1+1: <script>") for line in lines for cell in line)
    assert not [cell for line in lines for cell in line if cell.startswith(("=", "+", "-", "@"))]


def test_the_feed_has_each_turning_point_once_and_its_own_dates(report_folder: Path) -> None:
    feed = ElementTree.parse(report_folder / "feed.xml").getroot()
    entries = feed.findall(f"{ATOM}entry")
    titles = [entry.findtext(f"{ATOM}title") for entry in entries]
    assert titles == ["frozen-bn-infers: fails in TF 1.15, holds in TF 2.14"]
    assert entries[0].findtext(f"{ATOM}updated") == "2023-09-26T00:00:00Z"
    assert feed.findtext(f"{ATOM}updated") == "2026-07-29T00:00:00Z"


# --- It follows from its inputs alone -----------------------------------------------------------------------


def test_twice_in_two_places_it_is_the_same_to_the_byte(rendered: tuple[Folders, Path], tmp_path: Path) -> None:
    folders, folder = rendered
    shutil.copytree(folders.root, tmp_path / "copy", ignore=shutil.ignore_patterns("report"))
    again = contents(report_project.render(Folders(tmp_path / "copy")))
    first = contents(folder)
    assert set(again) == set(first)
    del again[manifest.MANIFEST], first[manifest.MANIFEST]  # it holds the times of change of executed notebooks
    assert again == first


def test_what_was_rendered_before_leaves_no_trace(tmp_path: Path) -> None:
    for name, verdict in (("before", "holds"), ("fresh", "fails")):
        folders = report_project.make(tmp_path / name)
        report_project.settle(folders, "tf-2.15", **{"call-true-trains": verdict})
    shutil.copytree(tmp_path / "fresh", tmp_path / "after")
    code = "import sys, report_project as p; from phasebook.project.folders import Folders\n"
    code += "from pathlib import Path\n"
    code += "for root in sys.argv[1:]: p.render(Folders(Path(root)))"
    for roots in (["fresh"], ["before", "after"]):
        command = [sys.executable, "-c", code, *(str(tmp_path / root) for root in roots)]
        subprocess.run(command, check=True, cwd=small_project.REAL / "tests/support", capture_output=True)
    fresh, after = (contents(tmp_path / name / "outputs/report") for name in ("fresh", "after"))
    assert after == fresh


def test_where_nothing_changed_nothing_is_imported_or_written(rendered: tuple[Folders, Path]) -> None:
    folders, folder = rendered
    report_project.render(folders)
    times = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    code = (
        "import sys; from pathlib import Path; from phasebook import report\n"
        "from phasebook.project.folders import Folders\n"
        "report.render(Folders(Path(sys.argv[1])), {'tf-2.14': ['the lock changed']}, print)\n"
        "print([name for name in ('nbconvert', 'nbformat', 'jinja2', 'pygments') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folders.root)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
    assert times == {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_a_change_of_any_module_that_pages_follow_from_renders_anew(tmp_path: Path) -> None:
    folders = report_project.make(tmp_path)
    code = "import sys, phasebook.report.pages\n"
    code += "print(*(module.__file__ for name, module in sys.modules.items() if 'phasebook' in name))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {Path(name) for name in done.stdout.split()} <= set(manifest._read_whole(folders))


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
    whole = (folder / manifest.MANIFEST).read_bytes()
    (folder / manifest.MANIFEST).write_bytes(left)
    report_project.render(folders)
    assert (folder / manifest.MANIFEST).read_bytes() == whole


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def test_the_commit_stands_in_it_where_there_is_one(tmp_path: Path) -> None:
    folders = small_project.make(tmp_path / "project")
    assert manifest.commit(folders.root) is None
    git(folders.root, "init")
    assert manifest.commit(folders.root) is None
    write_atomically(folders.root / ".gitignore", "outputs\n")
    git(folders.root, "add", ".")
    git(folders.root, "commit", "-m", "all")
    git(folders.root, "tag", "-a", "v1", "-m", "v1")
    commit = git(folders.root, "rev-parse", "--short=12", "HEAD")
    assert manifest.commit(folders.root) == commit

    def provenance() -> str:
        return words(page(report_project.render(folders), "index.html").select_one("#provenance"))

    assert f"Built from commit {commit} ." in provenance()
    with folders.claims.open("a") as claims:
        claims.write("\n# edited\n")
    assert manifest.commit(folders.root) == f"{commit}-dirty"
    assert f"Built from commit {commit}-dirty ." in provenance()


def test_the_commit_of_a_worktree_is_its_own_and_that_of_a_folder_above_is_none(tmp_path: Path) -> None:
    main = tmp_path / "main"
    write_atomically(main / "file", "1")
    git(main, "init")
    git(main, "add", ".")
    git(main, "commit", "-m", "one")
    git(main, "worktree", "add", "--detach", str(tmp_path / "other"))
    assert manifest.commit(tmp_path / "other") == git(main, "rev-parse", "--short=12", "HEAD")
    (main / "below").mkdir()
    assert manifest.commit(main / "below") is None
