"""The files of the posts: front matter, links, twice the same bytes; a mistake is one line and changes nothing."""

import json
import re
import tomllib
from pathlib import Path

import blog_project
import pytest
import yaml
from blog_hazards import TITLE
from blog_project import kept, post_of, write
from small_project import REAL

from phasebook import blog
from phasebook.blog.settings import Settings
from phasebook.project.errors import Problem
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders

YAML = [name for name in blog.FLAVOURS if name != "pelican"]


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return blog_project.make(tmp_path)


@pytest.mark.parametrize("flavour", YAML)
def test_front_matter_holds_what_the_site_set(flavour: str, folders: Folders) -> None:
    write_atomically(
        folders.blog_settings,
        'author = "A: \\"B\\" {{ C }}"\ndate = 2025-02-03\ncategory = "Deep: #1"\ntags = ["a: b", "{{ c }}"]\n'
        'language = "en-GB"\ncanonical = "https://example.org/{slug}/"\n',
    )
    text = post_of(write(folders, flavour))
    front = yaml.safe_load(text.partition("---\n")[2].partition("\n---\n")[0])
    assert front["title"] == TITLE
    assert str(front["date"]) == "2025-02-03"
    assert front["tags"] == ["a: b", "{{ c }}"]
    assert "Deep: #1" in (front.get("category"), *front.get("categories", []))
    assert front["description"] == "What is lost of {{ x }} on the way?"
    assert "https://example.org/phasebook-1-hazards/" in json.dumps(front, default=str)
    if flavour not in (
        "mkdocs",
        "hugo",
    ):  # whose languages are folders
        assert front["lang"] == "en-GB"
    if flavour != "mkdocs":
        assert front["author"] == 'A: "B" {{ C }}'


def test_pelicans_front_matter_is_lines_of_keys(folders: Folders) -> None:
    lines = post_of(write(folders, "pelican")).partition("\n\n")[0].splitlines()
    keys = dict(line.partition(": ")[::2] for line in lines)
    assert keys["Title"] == TITLE
    assert keys["Date"] == "2020-01-01"  # the release date of the environment shown
    assert keys["Slug"] == "phasebook-1-hazards"
    assert keys["Tags"] == "TensorFlow, Keras, training mode"
    assert "{{" not in keys["Summary"]


def test_a_post_says_what_ran_under_which_licence(folders: Folders) -> None:
    text = post_of(write(folders, "hugo"))
    assert "The answer, on TensorFlow 2.15.1 and Keras 2.15.0" in text
    assert text.index("<!--more-->") > text.index("stays. It says")
    assert (
        "Python 3.11, NumPy 1.26.4, linux-x86&#95;64" in text or "Python 3.11, NumPy 1.26.4, linux-x86_64" in text
    )
    assert "[CC BY 4.0](https://creativecommons.org/licenses/by/4.0/)" in text
    assert "✓ **Sequential**: trains, as expected." in text
    assert "Expected: a. Observed: b." in text
    assert "unavailable. tf.x." in text
    assert "vnd.phasebook" not in text


def test_links_into_the_report_become_links_between_posts_or_words(folders: Folders) -> None:
    text = post_of(write(folders, "vitepress"))
    assert "[`call-true-trains`](./phasebook-summary.md#call-true-trains)" in text
    assert "[its page](./phasebook-summary.md#call-true-trains)" in text
    assert "[the report](./phasebook-summary.md), no other notebook and the data." in text
    assert "index.html" not in text


def test_the_summary_joins_neighbours_that_agree(folders: Folders) -> None:
    text = post_of(write(folders, "hugo"), "phasebook-summary")
    assert "| Claim | TF 2.15 | Keras 3.14 |" in text
    assert "| [frozen-bn-infers](#frozen-bn-infers) | ✓\u00a0holds | ✗\u00a0fails |" in text
    assert "holds up to TF 2.15, fails" in text or "holds in TF 2.15, fails" in text
    assert "of 3 claims: 3 hold." in text
    (folders.results / "tf-2.20+keras-3.14.0.json").unlink()
    text = post_of(write(folders, "hugo"), "phasebook-summary")
    assert "| Claim | TF 2.15 |\n" in text


def test_writing_twice_changes_no_byte(folders: Folders) -> None:
    first = write(folders, "all")
    assert {name.partition("/")[0] for name in first} == set(blog.FLAVOURS)
    assert write(folders, "all") == first


def test_what_an_earlier_run_left_goes(folders: Folders) -> None:
    write(folders, "hugo")
    stale = folders.blog / "hugo/content/posts/old.md"
    stale.write_text("old")
    write(folders, "hugo")
    assert not stale.exists()
    assert sorted(path.name for path in folders.blog.iterdir()) == ["hugo"]


BROKEN = [
    ("author = 3", "`str`"),
    ("authr = 'x'", "authr"),
    ("author =", "not valid TOML"),
    ("author = ' '", "`author`"),
    ("tags = ['a, b']", "'a, b'"),
    ("canonical = 'example.org'", "'example.org'"),
    ("environment = 'tf-9'", "'tf-9'"),
    ("[hexo]\nposts = '../x'", "hexo.posts"),
    ("[hugo]\nimages = '/x'", "hugo.images"),
    ("[jekyll]\nposts = 'a b'", "jekyll.posts"),
    ("[ghost]\nposts = 'x'", "ghost"),
]


@pytest.mark.parametrize(("content", "named"), BROKEN)
def test_a_broken_setting_is_one_line_and_nothing_is_written(content: str, named: str, folders: Folders) -> None:
    before = write(folders, "hugo")
    write_atomically(folders.blog_settings, content)
    with pytest.raises(Problem, match=re.escape(named)) as raised:
        blog.write(folders, "all", lambda line: None)
    assert "blog.toml" in str(raised.value)
    assert "\n" not in str(raised.value)
    assert raised.value.status == 2
    assert kept(folders) == before


def test_a_wrong_flavour_names_those_that_exist(folders: Folders) -> None:
    with pytest.raises(Problem, match=r"'ghost'; there are vuepress, vitepress, hexo.*, and all"):
        blog.write(folders, "ghost", lambda line: None)
    assert not folders.blog.exists()


CELLS = blog_project.all_cells()
UNFINISHED = {
    "did not run to its end": CELLS[:-1],
    "failed with ValueError": [
        *CELLS[:1],
        blog_project.code("x", [{"output_type": "error", "ename": "ValueError", "evalue": "", "traceback": []}]),
        *CELLS[1:],
    ],
    "must start with a title": CELLS[1:],
    "'nowhere.png'": [*CELLS[:1], blog_project.text("![a](nowhere.png)"), *CELLS[1:]],
}


@pytest.mark.parametrize("complaint", UNFINISHED)
def test_an_unfinished_run_is_one_line_and_nothing_is_written(complaint: str, folders: Folders) -> None:
    before = write(folders, "jekyll")
    blog_project.execute(folders, UNFINISHED[complaint])
    with pytest.raises(Problem, match=re.escape(complaint)) as raised:
        blog.write(folders, "jekyll", lambda line: None)
    assert "\n" not in str(raised.value)
    assert kept(folders) == before


def test_an_experiment_that_was_not_run_says_how_to_run_it(folders: Folders) -> None:
    notebook = folders.executed / blog_project.COLUMN / f"{blog_project.NOTEBOOK}.ipynb"
    notebook.unlink()
    with pytest.raises(Problem, match="make report"):
        blog.write(folders, "hugo", lambda line: None)
    write_atomically(notebook, '{"cells": [')
    with pytest.raises(Problem, match="no notebook that can be read"):
        blog.write(folders, "hugo", lambda line: None)
    assert not folders.blog.exists()


def test_a_folder_that_cannot_be_replaced_keeps_its_content(folders: Folders) -> None:
    write_atomically(folders.blog, "a file where the folder should be")
    with pytest.raises(Problem, match="cannot be written"):
        blog.write(folders, "hugo", lambda line: None)
    assert folders.blog.read_text() == "a file where the folder should be"


def test_a_folder_whose_successor_cannot_be_moved_in_comes_back(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = write(folders, "hugo")
    rename = Path.rename

    def broken(path: Path, target: Path) -> Path:
        if path.name == "new":
            raise OSError(5, "Input/output error")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", broken)
    with pytest.raises(Problem, match="the existing posts are kept"):
        blog.write(folders, "hugo", lambda line: None)
    assert kept(folders) == before


def test_places_of_a_site_are_used(folders: Folders) -> None:
    write_atomically(
        folders.blog_settings,
        '[vuepress]\nposts = "blog/2026"\nimages = "pictures"\n[hugo]\nimages = "static/pictures"\n',
    )
    files = write(folders, "all")
    assert "vuepress/pictures/phasebook-1-hazards-pixel.png" in files
    assert (
        "](./../../pictures/phasebook-1-hazards-pixel.png)"
        in files["vuepress/blog/2026/phasebook-1-hazards.md"].decode()
    )
    assert (
        "](/pictures/phasebook-1-hazards-pixel.png)"
        in files["hugo/content/posts/phasebook-1-hazards/index.md"].decode()
    )
    assert "hugo/static/pictures/phasebook-1-hazards-pixel.png" in files


def test_a_figure_is_legible_on_its_own_in_light_and_dark(folders: Folders) -> None:
    svg = write(folders, "hugo")[
        "hugo/content/posts/phasebook-1-hazards/phasebook-1-hazards-figure-1.svg"
    ].decode()
    assert svg.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert "currentColor" in svg
    assert re.search(r"prefers-color-scheme:dark\)\{:root\{color:#e6edf3;background:", svg)


def test_the_shipped_settings_are_the_defaults() -> None:
    path = Folders(REAL).blog_settings
    shipped = tomllib.loads(path.read_text(encoding="utf-8"))
    defaults = Settings()
    assert shipped
    assert all(getattr(defaults, key) == value for key, value in shipped.items())


def test_the_summary_shows_when_verdicts_changed(folders: Folders) -> None:
    files = write(folders, "hugo")
    text = post_of(files, "phasebook-summary")
    (picture,) = (content for name, content in files.items() if name.endswith("timeline.svg"))
    assert b"currentColor" in picture
    found = re.search(r"!\[([^\]]+)\]\(\S*timeline\.svg\)", text)
    assert found and "is a claim whose verdict changed" in found[1]
