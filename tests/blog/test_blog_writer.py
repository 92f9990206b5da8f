"""Whatever a post says, its Markdown says the same to a parser of CommonMark: found by trying, not by example."""

from datetime import date

import pytest
from blog_pages import of_post, plain
from bs4 import BeautifulSoup
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from phasebook import blog
from phasebook.blog.post import Post
from phasebook.blog.settings import Site
from phasebook.blog.tree import (
    Block,
    Callout,
    Code,
    Fence,
    Heading,
    Inline,
    Items,
    Link,
    Paragraph,
    Quote,
    Styled,
    Table,
    Text,
    trimmed,
)

SITE = Site("A", date(2026, 1, 2), "C", ["t"], "en", None, "posts", "images")
# Flavours whose generators parse CommonMark with tables and struck words, and add nothing that runs here.
COMMON = ["hexo", "vitepress", "vuepress"]
CHARACTERS = "ab1冻Ж “.,;:!?#-+*_~`'\"<>{}[]()|\\/&$%^=@\u00a0"
PIECES = ["<b>", "</b>", "<!-- ", "-->", "&lt;", "&#42;", "{{", "}}", "{%", "```", "~~~", "1. "]

texts = st.lists(st.sampled_from([*CHARACTERS, *PIECES]), min_size=1, max_size=12).map("".join)
codes = st.lists(st.sampled_from([*CHARACTERS.replace(" ", ""), *PIECES]), min_size=1, max_size=8).map("".join)
styles = st.sampled_from(["strong", "emphasis"])
lines = st.recursive(
    texts.map(Text) | codes.map(str.strip).filter(bool).map(Code),
    lambda inner: st.builds(Styled, styles, st.lists(inner, min_size=1, max_size=2)),
    max_leaves=2,
)
contents = st.lists(lines, min_size=1, max_size=4).map(trimmed).filter(bool)
linked = contents.map(lambda inner: [Link(inner, address="https://example.org/(a)_b")])
fences = st.builds(Fence, st.lists(codes, min_size=1, max_size=3).map("\n".join), st.sampled_from(["", "python"]))
simple = contents.map(Paragraph) | fences
blocks = st.one_of(
    simple,
    linked.map(Paragraph),
    st.builds(Heading, st.integers(2, 4), contents),
    st.lists(simple, min_size=1, max_size=2).map(Quote),
    st.lists(st.lists(simple, min_size=1, max_size=2), min_size=1, max_size=3).map(Items),
    contents.flatmap(lambda cell: st.just(Table([cell, cell], [[cell, [Text("x")]]]))),
)


# `*&nbsp;*` in a notebook is a paragraph that writes nothing: what follows it in a list must not become code.
NOTHING = Paragraph([Styled("emphasis", [Text("\u00a0")])])


def shown(markdown: str) -> tuple[str, list[str], list[str]]:
    """Words, blocks of code and code within lines, as a reader of the rendered Markdown sees them."""
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    soup = BeautifulSoup(parser.render(markdown), "html.parser")
    fenced = [tag.get_text().rstrip("\n") for tag in soup.find_all("pre")]
    inline = [tag.get_text() for tag in soup.find_all("code") if not tag.find_parent("pre")]
    return plain(soup.get_text()), fenced, inline


@pytest.mark.parametrize("flavour", COMMON)
@settings(max_examples=150, deadline=None)
@given(block=blocks)
@example(block=Items([[NOTHING, Paragraph([Text("a")])], [NOTHING, Fence("b")], [NOTHING]]))
@example(block=Quote([NOTHING, Items([[Paragraph([Code("a")])]])]))
def test_a_block_says_the_same_in_markdown(flavour: str, block: Block) -> None:
    writer = blog.FLAVOURS[flavour](SITE)
    source = of_post(Post("s", [], [], [], [block], {}), with_title=False)
    text, fenced, inline = shown(writer.block(block, nested=False))
    assert text == source.text
    assert fenced == source.blocks
    assert inline == source.inline


@settings(max_examples=150, deadline=None)
@given(content=contents)
def test_neighbours_do_not_run_into_each_other(content: list[Inline]) -> None:
    post = [
        Paragraph(content),
        Items([[Paragraph(content)]]),
        Paragraph(content),
        Callout("tip", "T", [Fence("x")]),
    ]
    source = of_post(Post("s", [], [], [], post, {}), with_title=False)
    writer = blog.FLAVOURS["hexo"](SITE)
    assert shown("\n\n".join(writer.blocks(post)))[0] == source.text
