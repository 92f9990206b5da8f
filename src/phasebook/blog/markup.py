"""HTML inside a notebook's Markdown as parts of a neutral post; markdown calls it.

Known elements become their Markdown kin, unknown ones (such as <training> in prose) are words, comments go.
"""

import re
from collections.abc import Callable
from typing import Any

from bs4 import BeautifulSoup, Tag
from bs4.element import Comment, NavigableString

from phasebook.blog.formulas import shifted
from phasebook.blog.tree import (
    Block,
    Blocks,
    Break,
    Callout,
    Code,
    Fence,
    Heading,
    Image,
    Inline,
    Inlines,
    Items,
    Link,
    Paragraph,
    Quote,
    Rule,
    Styled,
    Table,
    Text,
    joined,
    words,
)  # fmt: skip

STYLES: dict[str, Any] = {
    "b": "strong", "strong": "strong", "i": "emphasis", "em": "emphasis", "s": "strike", "del": "strike",
}  # fmt: skip
INLINE = {*STYLES, "code", "kbd", "tt", "a", "img", "br", "span", "sub", "sup", "small", "u"}
BLOCKS = {"p", "div", "section", "center", "table", "ul", "ol", "pre", "blockquote", "details", "hr", "figure",
          "h1", "h2", "h3", "h4", "h5", "h6"}  # fmt: skip
VOID = {"br", "hr", "img"}
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9-]*)[^<>]*>")

Images = Callable[[str, str], Image]


def known_only(source: str) -> str:
    """The HTML with the tags of unknown elements turned into words."""

    def keep(match: re.Match[str]) -> str:
        rows = {"thead", "tbody", "tr", "th", "td", "li", "summary", "figcaption"}
        known = match[1].lower() in INLINE | BLOCKS | rows
        return match[0] if known else match[0].replace("<", "&lt;").replace(">", "&gt;")

    return _TAG.sub(keep, source)


def blocks_of(source: str, image: Images) -> Blocks:
    """The blocks of a piece of HTML; `image` makes an Image from its source and alternative text."""
    return _blocks(BeautifulSoup(known_only(source), "html.parser"), image)


def _blocks(parent: Tag, image: Images) -> Blocks:
    found: Blocks = []
    line: Inlines = []
    for child in parent.children:
        if isinstance(child, Tag) and child.name in BLOCKS:
            found += _paragraph(line)
            line = []
            found += _block(child, image)
        else:
            line += _inline(child, image)
    return found + _paragraph(line)


def _paragraph(line: Inlines) -> Blocks:
    content = trimmed(line)
    return [Paragraph(content)] if content else []


def _block(tag: Tag, image: Images) -> Blocks:
    block: Block | None = None
    if tag.name == "table":
        block = _table(tag, image)
    elif tag.name in ("ul", "ol"):
        items = [_blocks(item, image) for item in tag.find_all("li", recursive=False)]
        block = Items(items, 1 if tag.name == "ol" else None)
    elif tag.name == "pre":
        block = Fence(tag.get_text().strip("\n"))
    elif tag.name == "blockquote":
        block = Quote(_blocks(tag, image))
    elif tag.name == "details":
        summary = tag.find("summary")
        title = summary.extract().get_text().strip() if isinstance(summary, Tag) else "Details"
        block = Callout("details", title, _blocks(tag, image))
    elif tag.name == "hr":
        block = Rule()
    elif re.fullmatch("h[1-6]", tag.name):
        block = Heading(int(tag.name[1]), trimmed(_inlines(tag, image)), str(tag.get("id") or ""))
    return [block] if block else _blocks(tag, image)


def _table(tag: Tag, image: Images) -> Table:
    rows = [
        [trimmed(_inlines(cell, image)) for cell in row.find_all(["th", "td"], recursive=False)]
        for row in tag.find_all("tr")
    ]
    width = max((len(row) for row in rows), default=1)
    head, *others = [row + [[]] * (width - len(row)) for row in rows] or [[[]]]
    return Table(head, others)


def _inlines(parent: Tag, image: Images) -> Inlines:
    return [part for child in parent.children for part in _inline(child, image)]


def _inline(node: Any, image: Images) -> Inlines:
    if isinstance(node, Comment):
        return []
    if isinstance(node, NavigableString):
        return [Text(re.sub(r"\s+", " ", str(node)))]
    attributes = {key: str(value) for key, value in node.attrs.items()}
    return element(node.name, attributes, _inlines(node, image), image)


def element(name: str, attributes: dict[str, str], content: Inlines, image: Images) -> Inlines:
    """An inline element with its content as parts of a line."""
    part: Inline
    if name in STYLES:
        part = Styled(STYLES[name], content)
    elif name in ("code", "kbd", "tt"):
        part = Code(words(content))
    elif name == "a" and attributes.get("href"):
        part = Link(content, address=attributes["href"])
    elif name == "img":
        part = image(attributes.get("src", ""), attributes.get("alt", ""))
    elif name == "br":
        part = Break()
    elif name in ("sub", "sup"):
        part = Text(shifted(words(content), "_" if name == "sub" else "^"))
    else:
        return content
    return [part]


def trimmed(content: Inlines) -> Inlines:
    """A line without white space at its ends."""
    found = joined(content)
    if found and isinstance(found[0], Text):
        found[0] = Text(found[0].text.lstrip())
    if found and isinstance(found[-1], Text):
        found[-1] = Text(found[-1].text.rstrip())
    return [part for part in found if part != Text("")]
