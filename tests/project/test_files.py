"""Files are written whole or not at all, and complaints name the file, the place and what is wrong."""

from pathlib import Path

import pytest
from msgspec import Struct

from phasebook.project.errors import Problem
from phasebook.project.files import read_text, read_toml, write_atomically


class Entry(Struct, forbid_unknown_fields=True):
    id: str
    number: int


class Table(Struct, forbid_unknown_fields=True):
    entry: list[Entry]


def test_an_equal_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "below" / "file"
    assert write_atomically(path, "one")
    before = path.stat().st_mtime_ns
    assert not write_atomically(path, "one")
    assert path.stat().st_mtime_ns == before
    assert write_atomically(path, b"two")
    assert path.read_text() == "two"
    assert [item.name for item in path.parent.iterdir()] == ["file"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(Problem, match="file/below: cannot be written") as caught:
        write_atomically(tmp_path / "file" / "below", "text")
    assert caught.value.status == 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[[entry]]\nid = "a"\nnumber =', r"data.toml: not valid TOML: .*"),
        ('[[entry]]\nid = "a"\nnumber = "1"', r"data.toml: .*`int`.*\(the entry 'a'\)"),
        ('[[entry]]\nid = "a"\nnumber = 1\ncolour = 2', r"data.toml: .*unknown field `colour`.*\(the entry 'a'\)"),
        ('[[entry]]\nid = "a"\nnumber = 1\n[[entry]]\nnumber = 1', r"data.toml: .*missing.*`id`.*\(entry 2\)"),
    ],
)
def test_broken_toml_is_one_clear_line(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "data.toml"
    path.write_text(text)
    with pytest.raises(Problem, match=complaint) as caught:
        read_toml(path, Table)
    assert caught.value.status == 2
    assert "\n" not in str(caught.value)


def test_missing_and_foreign_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="nowhere: no such file"):
        read_text(tmp_path / "nowhere")
    (tmp_path / "latin").write_bytes("é".encode("latin-1"))
    with pytest.raises(Problem, match="latin: not UTF-8"):
        read_text(tmp_path / "latin")
