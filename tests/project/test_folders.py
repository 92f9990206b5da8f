"""What the project's folders hold is read once, as long as it is as it was."""

import collections
import tomllib
from pathlib import Path

import blog_project
import pytest
import small_project

from phasebook.commands.report import report
from phasebook.project import files, results
from phasebook.project.claims import load_claims
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders


def test_a_report_parses_each_data_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = blog_project.make(tmp_path)
    for name in ("1-calls", "2-freezing"):  # the others are up to date
        (folders.notebooks / f"{name}.ipynb").unlink()
    parsed: collections.Counter[str] = collections.Counter()
    loads, parse = tomllib.loads, results.parse_result

    def count_toml(text: str) -> dict[str, object]:
        parsed[text] += 1
        return loads(text)

    def count_result(content: bytes, place: str, name: str) -> results.Result:
        parsed[place] += 1
        return parse(content, place, name)

    monkeypatch.setattr(files.tomllib, "loads", count_toml)
    monkeypatch.setattr(results, "parse_result", count_result)
    assert report(Folders(tmp_path), [], "", print, profile=False) == 0
    assert len(parsed) > len(list(folders.results.glob("*.json"))) + 2
    assert set(parsed.values()) == {1}


def test_a_file_that_was_replaced_is_read_again(tmp_path: Path) -> None:
    folders = small_project.make(tmp_path)
    assert len(load_claims(folders)) == len(small_project.CLAIMS)
    few = dict(list(small_project.CLAIMS.items())[:1])
    write_atomically(folders.claims, small_project.claims_text(few))
    assert list(load_claims(folders)) == list(few)
