"""A notebook's Markdown as parts of a neutral post, by its syntax tree and never by its text."""

import re
from collections.abc import Callable
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from phasebook.blog.tree import (
    Block,
    Blocks,
    Break,
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
    Said,
    Styled,
    Table,
    Text,
    joined,
    trimmed,
    words,
)  # fmt: skip

_STYLES: dict[str, Any] = {"strong": "strong", "em": "emphasis", "s": "strike"}
_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u2018\u2019\u201c\u201d"
Images = Callable[[str, str], Image]
Address = Callable[[str, Inlines], Inline | None]


class Reader:
    """Reads Markdown; `image` and `link` say what an address in it means for the post."""

    def __init__(self, image: Images, link: Address) -> None:
        self.image = image
        self.link = link
        self.parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])

    def blocks(self, source: str) -> Blocks:
        """The blocks of a Markdown text."""
        return self._blocks(SyntaxTreeNode(self.parser.parse(source)).children)

    def _blocks(self, nodes: list[SyntaxTreeNode]) -> Blocks:
        return [block for node in nodes for block in self._block(node)]

    def _block(self, node: SyntaxTreeNode) -> Blocks:
        block: Block
        match node.type:
            case "paragraph":
                content = self.inlines(node.children[0])
                return [Paragraph(content)] if content else []
            case "heading":
                block = Heading(int(node.tag[1]), self.inlines(node.children[0]))
            case "fence" | "code_block":
                block = Fence(node.content.rstrip("\n"), node.info.strip().partition(" ")[0])
            case "blockquote":
                block = Quote(self._blocks(node.children))
            case "bullet_list" | "ordered_list":
                start = node.attrs.get("start", 1) if node.type == "ordered_list" else None
                block = Items([self._blocks(item.children) for item in node.children], start)  # type: ignore[arg-type]
            case "table":
                lines = [row for part in node.children for row in part.children]
                rows = [[self._cell(cell) for cell in row.children] for row in lines]
                block = Table(rows[0], rows[1:])
            case "hr":
                block = Rule()
            case "html_block":
                shown = _html(node.content)
                return [Paragraph(trimmed(shown))] if shown else []
            case other:
                raise AssertionError(f"no rule for the Markdown element {other!r}")
        return [block]

    def _cell(self, cell: SyntaxTreeNode) -> Inlines:
        return self.inlines(cell.children[0]) if cell.children else []

    def inlines(self, node: SyntaxTreeNode) -> Inlines:
        """The parts of one line."""
        return trimmed(_emphasised(self._inlines(node.children)))

    def _inlines(self, nodes: list[SyntaxTreeNode]) -> Inlines:
        return joined([part for node in nodes for part in self._inline(node)])

    def _inline(self, node: SyntaxTreeNode) -> Inlines:
        match node.type:
            case "text" | "text_special":
                return [Text(node.content)]
            case "code_inline":
                return [Code(node.content)]
            case "softbreak":
                return [Text(" ")]
            case "hardbreak":
                return [Break()]
            case "image":
                return [self.image(str(node.attrs["src"]), words(self._inlines(node.children)))]
            case "link":
                return self._link(node)
            case "html_inline":
                return _html(node.content)
            case "strong" if node.markup == "__" and words(self._inlines(node.children)).isidentifier():
                return [Text(f"__{words(self._inlines(node.children))}__")]  # a Python name such as __init__
            case "strong" | "em" | "s":
                return [Styled(_STYLES[node.type], self._inlines(node.children))]
        raise AssertionError(f"no rule for the Markdown element {node.type!r}")

    def _link(self, node: SyntaxTreeNode) -> Inlines:
        content = self._inlines(node.children)
        address = str(node.attrs["href"])
        if re.match(r"(https?|mailto|ftp):", address):
            return [Link(content, address=address)]
        if node.markup == "autolink":  # <tf.Tensor:...> looks like an address
            return [Text(f"<{words(content)}>")]
        found = self.link(address, content)
        return [found] if found else [Said(content)]


def _html(source: str) -> Inlines:
    """HTML in Markdown is shown as it is written (`<training>` in prose is meant so); comments are left out."""
    return [] if source.startswith("<!--") else [Text(re.sub(r"\s+", " ", source))]


def _emphasised(content: Inlines) -> Inlines:
    """Strong words beside Chinese or Japanese punctuation, which CommonMark leaves as stars.

    https://github.com/commonmark/commonmark-spec/issues/650
    """
    found: Inlines = []
    for part in content:
        if not isinstance(part, Text):
            found.append(part)
            continue
        pieces = re.split(rf"\*\*(?=[^*\n]*[{_WIDE}])([^*\n]+)\*\*", part.text)
        for number, piece in enumerate(pieces):
            found.append(Styled("strong", [Text(piece)]) if number % 2 else Text(piece))
    return joined(found)
