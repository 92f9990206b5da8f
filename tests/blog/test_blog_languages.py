"""Posts in other languages: what is translated and what is not, how much is missing, and where each file lies."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import blog_project
import pytest
import yaml
from blog_pages import of_post
from blog_project import kept, post_of
from small_project import REAL
from typer.testing import CliRunner

from phasebook import blog, cli
from phasebook.blog.post import Post, finished, shortened
from phasebook.blog.settings import Settings
from phasebook.blog.translation import Translation
from phasebook.blog.tree import (
    Break,
    Callout,
    Code,
    Fence,
    Heading,
    Image,
    Inlines,
    Items,
    Link,
    Paragraph,
    Quote,
    Said,
    Styled,
    Table,
    Text,
)  # fmt: skip
from phasebook.languages import LANGUAGES
from phasebook.languages.catalogue import Catalogue
from phasebook.project.errors import Problem
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders

CHINESE = LANGUAGES["zh-hans"]
KNOWN = {
    "What is lost of {1} on the way?": "{1} 在途中丢失了什么？",
    "How this was run": "运行环境",
    "✓ **{1}**: {2}, as expected.": "✓ **{1}**：{2}，与预期一致。",
    "trains": "训练",
    "holds": "成立",
    "training mode": "训练模式",
}


class Same(Catalogue):
    """Says each sentence as it is."""

    def __call__(self, sentence: str, example: str) -> str:
        super().__call__(sentence, example)
        return sentence


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    made = blog_project.make(tmp_path)
    entries = [f'msgid "{sentence}"\nmsgstr "{told}"\n' for sentence, told in KNOWN.items()]
    write_atomically(made.translations / "zh_Hans/posts.po", "\n".join(entries))
    return made


def translation(known: dict[str, str]) -> Translation:
    return Translation(CHINESE, Catalogue(known, {}))


def written(folders: Folders, flavour: str, code: str = "zh-hans") -> tuple[dict[str, bytes], list[str]]:
    said: list[str] = []
    blog.write(folders, flavour, said.append, code)
    return kept(folders), said


def test_a_line_keeps_its_code_links_and_pictures_wherever_the_translation_has_them() -> None:
    line: Inlines = [
        Text("Call "), Code("fit(<x>)"), Text(", which "), Styled("strong", [Text("trains")]), Text(", in "),
        Link([Text("the release")], post="x", anchor="y"), Text("."), Break(), Image("A chart", file="a.svg"),
    ]  # fmt: skip
    known = {
        "Call {1}, which **trains**, in {2}.": "在{2}中**训练**的是 {1}。",
        "the release": "该版本",
        "A chart": "图表",
    }
    assert translation(known).line(line) == [
        Text("在"), Link([Text("该版本")], post="x", anchor="y"), Text("中"), Styled("strong", [Text("训练")]),
        Text("的是 "), Code("fit(<x>)"), Text("。"), Break(), Image("图表", file="a.svg"),
    ]  # fmt: skip


def test_words_say_themselves_plainly_or_not_at_all() -> None:
    known = {"By {1}: {2}, {3}": "{2}，{3}，{1} 作", "Holds in {1}.": "在 {1} 中成立。", "The {1} way": "{1} 之道"}
    line: Inlines = [
        Text("By "), Said([Text("the authors")], "kept"), Text(": "),
        Said([Text("The "), Code("fit"), Text(" way")], "plain"), Text(", "),
        Said([Text("holds in TF 2.1.")], elsewhere="Holds in TF 2.1."),
    ]  # fmt: skip
    assert translation(known).line(line) == [Text("fit 之道，在 TF 2.1 中成立。，the authors 作")]


def test_every_kind_of_block_is_translated_and_no_code() -> None:
    one: Inlines = [Text("One thing")]
    paragraph = Paragraph(one)
    body = [
        Heading(2, one, "id"),
        Quote([paragraph]),
        Callout("tip", "One thing", [paragraph]),
        Items([[paragraph]], 3),
        Table([one], [[one]]),
        Fence("One thing"),
        Paragraph([Code("One thing")]),
    ]
    post = Post("s", one, one, [paragraph], body, {})
    told = translation({"One thing": "一件事"}).post(post)
    assert repr(told).count("一件事") == 10
    assert told.body[-2:] == body[-2:]
    assert told.body[0] == Heading(2, [Text("一件事")], "id")
    assert told.description == "一件事"


def test_a_sentence_without_a_translation_stays_english_and_is_counted(folders: Folders) -> None:
    files, said = written(folders, "hexo")
    text = post_of(files)
    assert "✓ **Sequential**：训练，与预期一致。" in text
    assert "✗ **Functional, &#123;&#123; x &#125;&#125;**: not as expected." in text
    assert "The answer, on TensorFlow 2.15.1 and Keras 2.15.0" in text
    counted = re.fullmatch(r"posts: (\d+) of (\d+) sentences have no translation", said[0])
    assert counted and int(counted[2]) - int(counted[1]) == len(KNOWN)
    assert "lang=" not in text


def test_a_post_whose_sentences_are_all_said_as_they_are_is_the_same_post(
    folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = blog.shown_environment(folders, Settings())
    english = blog.posts_of(folders, Settings(), shown)
    told = blog.posts_of(folders, Settings(), shown, Translation(CHINESE, Same({}, {})))
    for one, other in zip(english, told, strict=True):
        seen, expected = of_post(other, with_title=True), of_post(one, with_title=True)
        assert half_width(seen.text) == half_width(expected.text)
        assert (seen.blocks, seen.inline, seen.links) == (expected.blocks, expected.inline, expected.links)
        assert seen.alternatives == expected.alternatives
        assert other.description == one.description


def half_width(text: str) -> str:
    """Without what pages say otherwise: marks between names, and the start and end of a claim's history."""
    return text.lower().translate(str.maketrans("：、；", ":,;")).replace("..", ".")


FRONT: dict[str, str] = {
    "vuepress": "zh-hans/posts/phasebook-1-hazards.md",
    "vitepress": "zh-hans/posts/phasebook-1-hazards.md",
    "hexo": "source/_posts/zh-CN/phasebook-1-hazards.md",
    "hugo": "content/posts/phasebook-1-hazards/index.zh-hans.md",
    "jekyll": "zh-hans/_posts/2020-01-01-phasebook-1-hazards.md",
    "pelican": "content/posts/zh-hans/phasebook-1-hazards.md",
    "mkdocs": "docs/zh-hans/blog/posts/phasebook-1-hazards.md",
}


@pytest.mark.parametrize("flavour", blog.FLAVOURS)
def test_a_languages_files_lie_beside_the_english_ones(flavour: str, folders: Folders) -> None:
    write_atomically(folders.blog_settings, 'canonical = "https://first.example/{slug}/"\n')
    english = {name.partition("/")[2] for name in written(folders, flavour, "en")[0]}
    files, _ = written(folders, flavour)
    place = f"zh-hans/{flavour}/"
    own = {name.removeprefix(place): data for name, data in files.items() if name.startswith(place)}
    assert FRONT[flavour] in own
    assert len(own) == len(english) and not own.keys() & english
    text = own[FRONT[flavour]].decode()
    assert "first.example" not in text  # the English post's address
    if flavour == "pelican":
        assert "\nTags: TensorFlow, Keras, training mode\n" in text  # those of the English posts have pages
        assert "\nLang: zh-Hans\n" in text and "\nSlug: phasebook-1-hazards\n" in text
        return
    front: dict[str, Any] = yaml.safe_load(text.partition("---\n")[2].partition("\n---\n")[0])
    assert front["tags"] == ["TensorFlow", "Keras", "训练模式"]
    assert re.fullmatch(r"\{\{ x \}\} 在途中丢失了什么？", front["description"])
    if flavour not in ("hugo", "mkdocs"):
        assert front["lang"] == ("zh-CN" if flavour == "hexo" else "zh-Hans")


def test_places_of_a_site_are_used_for_its_languages(folders: Folders) -> None:
    places = '[vuepress]\nposts = "blog/2026"\nimages = "pictures"\n[hugo]\nimages = "static/pictures"\n'
    write_atomically(folders.blog_settings, places)
    files, _ = written(folders, "all")
    post = files["zh-hans/vuepress/zh-hans/blog/2026/phasebook-1-hazards.md"].decode()
    assert "](./../../pictures/phasebook-1-hazards-pixel.png)" in post
    assert "zh-hans/vuepress/zh-hans/pictures/phasebook-1-hazards-pixel.png" in files
    assert "zh-hans/hugo/static/pictures/phasebook-1-hazards-pixel-zh-hans.png" in files


def test_english_posts_are_the_same_whatever_else_was_written(folders: Folders) -> None:
    before, _ = written(folders, "all", "en")
    written(folders, "all")
    after, _ = written(folders, "all", "en")
    assert {name: data for name, data in after.items() if not name.startswith("zh-hans/")} == before


SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg"><style>:root{}</style>'
    b'<g data-label="middle|moving mean"><use x="10"/></g><text>One thing</text></svg>'
)


def test_the_words_of_a_drawing_are_text_and_a_photograph_stays() -> None:
    post = Post("s", [], [], [], [], {"a.svg": SVG, "b.png": blog_project.PIXEL})
    told = translation({"moving mean": "移动均值", "One thing": "一件事"}).post(post).images
    assert told["b.png"] == blog_project.PIXEL
    drawing = told["a.svg"].decode()
    assert ">移动均值</text>" in drawing and "<text>一件事</text>" in drawing and "<use" not in drawing
    assert '<svg lang="zh-Hans"' in drawing and "font-family:sans-serif" in drawing
    english = finished(post).images["a.svg"].decode()
    assert "data-label" not in english and "<use" in english


def test_a_chinese_description_ends_with_a_sentence() -> None:
    text = "层" * 50 + "。" + "模式" * 100
    assert shortened(text) == "层" * 50 + "。"


def test_an_unknown_language_is_one_line_and_nothing_is_written(folders: Folders) -> None:
    with pytest.raises(Problem, match="no language 'de': choose from en, zh-hans, zh-hant") as raised:
        blog.write(folders, "hexo", lambda line: None, "de")
    assert raised.value.status == 2
    assert not folders.blog.exists()


def test_a_shell_completes_languages() -> None:
    variables = {
        "_PHASEBOOK_COMPLETE": "complete_bash",
        "COMP_WORDS": "phasebook blog hexo --language zh",
        "COMP_CWORD": "4",
    }
    done = CliRunner().invoke(cli.app, env=variables, prog_name="phasebook")
    assert done.output.split() == ["zh-hans", "zh-hant"]


def test_make_takes_the_language_from_its_command_line_alone() -> None:
    """Many machines have a LANGUAGE, such as "de:en", for gettext."""
    machine = os.environ | {"LANGUAGE": "de:en"}
    for given, passed in (([], False), (["LANGUAGE=zh-hans"], True)):
        command = ["make", "--dry-run", "blog", "FLAVOUR=hexo", *given]
        done = subprocess.run(command, cwd=REAL, env=machine, capture_output=True, text=True, check=True)
        assert ('--language "zh-hans"' in done.stdout) is passed
        assert "de:en" not in done.stdout
