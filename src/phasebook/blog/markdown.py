"""A notebook's Markdown as parts of a neutral post, by its syntax tree and never by its text; post calls it."""

import re
from collections.abc import Callable
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin

from phasebook.blog import markup
from phasebook.blog.formulas import readable
from phasebook.blog.tree import (
    Block,
    Blocks,
    Break,
    Callout,
    Code,
    Fence,
    Heading,
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

KINDS: dict[str, Any] = {
    "tip": "tip", "info": "info", "note": "info", "warning": "warning", "caution": "warning",
    "important": "warning", "danger": "danger", "details": "details",
}  # fmt: skip
_STYLES: dict[str, Any] = {"strong": "strong", "em": "emphasis", "s": "strike"}
_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u2018\u2019\u201c\u201d"
_ALERT = re.compile(r"\[!(\w+)\][ \t]*$", flags=re.MULTILINE)

Address = Callable[[str, Inlines], Inline | None]


class Reader:
    """Reads Markdown; `image` and `link` say what an address in it means for the post."""

    def __init__(self, image: markup.Images, link: Address) -> None:
        self.image = image
        self.link = link
        self.parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
        dollarmath_plugin(self.parser, allow_space=False, allow_digits=False, double_inline=True)
        for name in KINDS:
            container_plugin(self.parser, name)

    def blocks(self, source: str) -> Blocks:
        """The blocks of a Markdown text."""
        return self._blocks(SyntaxTreeNode(self.parser.parse(source)).children)

    def _blocks(self, nodes: list[SyntaxTreeNode]) -> Blocks:
        found: Blocks = []
        position = 0
        while position < len(nodes):
            node = nodes[position]
            end = _end_of_details(nodes, position)
            if end is not None:
                found += self._details(node.content, nodes[position + 1 : end])
                position = end
            elif node.type == "html_block":
                found += markup.blocks_of(node.content, self.image)
            else:
                found += self._block(node)
            position += 1
        return found

    def _block(self, node: SyntaxTreeNode) -> Blocks:
        block: Block
        match node.type:
            case "paragraph":
                content = self.inlines(node.children[0])
                return [Paragraph(content)] if content else []
            case "heading":
                block = self._heading(node)
            case "fence" | "code_block":
                block = Fence(node.content.rstrip("\n"), node.info.strip().partition(" ")[0])
            case "blockquote":
                block = self._quote(node)
            case "bullet_list" | "ordered_list":
                start = node.attrs.get("start", 1) if node.type == "ordered_list" else None
                block = Items([self._blocks(item.children) for item in node.children], start)  # type: ignore[arg-type]
            case "table":
                lines = [row for part in node.children for row in part.children]
                rows = [[self._cell(cell) for cell in row.children] for row in lines]
                block = Table(rows[0], rows[1:])
            case "hr":
                block = Rule()
            case "math_block" | "math_block_label":
                block = Paragraph([_formula(node.content)])
            case name if name.startswith("container_"):
                kind, _, title = node.info.strip().partition(" ")
                block = Callout(KINDS[kind], title.strip() or kind.capitalize(), self._blocks(node.children))
            case other:
                raise AssertionError(f"no rule for the Markdown element {other!r}")
        return [block]

    def _heading(self, node: SyntaxTreeNode) -> Heading:
        content = self.inlines(node.children[0])
        anchor = ""
        if content and isinstance(content[-1], Text):
            given = re.search(r"\s*\{#([\w-]+)\}$", content[-1].text)
            if given:
                anchor = given[1]
                content = markup.trimmed([*content[:-1], Text(content[-1].text[: given.start()])])
        return Heading(int(node.tag[1]), content, anchor)

    def _quote(self, node: SyntaxTreeNode) -> Block:
        """A quotation, or the callout that `> [!TIP]` on its first line makes of it."""
        first = node.children[0].children[0].content if node.children and node.children[0].children else ""
        alert = _ALERT.match(first)
        if not alert or alert[1].lower() not in KINDS:
            return Quote(self._blocks(node.children))
        rest = first[alert.end() :].lstrip("\n")
        content = (self.blocks(rest) if rest else []) + self._blocks(node.children[1:])
        return Callout(KINDS[alert[1].lower()], alert[1].capitalize(), content)

    def _cell(self, cell: SyntaxTreeNode) -> Inlines:
        return self.inlines(cell.children[0]) if cell.children else []

    def _details(self, opening: str, nodes: list[SyntaxTreeNode]) -> Blocks:
        """`<details>` that is opened in one piece of HTML and closed in another, with Markdown between."""
        folded = markup.blocks_of(f"{opening}</details>", self.image)
        before, last = folded[:-1], folded[-1]
        assert isinstance(last, Callout)
        return [*before, Callout("details", last.title, last.content + self._blocks(nodes))]

    def inlines(self, node: SyntaxTreeNode) -> Inlines:
        """The parts of one line."""
        return markup.trimmed(_emphasised(self._inlines(node.children)))

    def _inlines(self, nodes: list[SyntaxTreeNode]) -> Inlines:
        """The parts of neighbouring nodes; HTML elements are closed where their closing tag stands."""
        stack: list[tuple[str, dict[str, str], Inlines]] = [("", {}, [])]
        for node in nodes:
            if node.type != "html_inline":
                stack[-1][2].extend(self._inline(node))
                continue
            name, attributes, closing = _tag(node.content)
            if name is None:
                if not node.content.startswith("<!--"):
                    stack[-1][2].append(Text(node.content))
            elif not closing and name not in markup.VOID:
                stack.append((name, attributes, []))
            elif not closing:
                stack[-1][2].extend(markup.element(name, attributes, [], self.image))
            elif stack[-1][0] == name:
                _close(stack, self.image)
        while len(stack) > 1:
            _close(stack, self.image)
        return joined(stack[0][2])

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
            case "math_inline" | "math_inline_double":
                return [_formula(node.content)]
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
        return [found] if found else content


def _formula(tex: str) -> Inline:
    """A formula in plain characters, else its TeX as code: nobody mistakes that for broken prose."""
    plain = readable(tex)
    return Text(plain) if plain is not None else Code(tex.strip())


def _tag(source: str) -> tuple[str | None, dict[str, str], bool]:
    """Name (None for no known inline element), attributes and whether it closes."""
    name = re.match(r"</?([A-Za-z][\w-]*)", source)
    if not name or name[1].lower() not in markup.INLINE:
        return None, {}, False
    attributes = {key.lower(): value for key, _, value in re.findall(r"""([\w-]+)\s*=\s*(["'])(.*?)\2""", source)}
    return name[1].lower(), attributes, source.startswith("</")


def _close(stack: list[tuple[str, dict[str, str], Inlines]], image: markup.Images) -> None:
    name, attributes, content = stack.pop()
    stack[-1][2].extend(markup.element(name, attributes, content, image))


def _end_of_details(nodes: list[SyntaxTreeNode], start: int) -> int | None:
    """Where the `<details>` that opens at `start` is closed by a later piece of HTML."""
    opens = [
        node.content.count("<details") - node.content.count("</details") if node.type == "html_block" else 0
        for node in nodes[start:]
    ]
    if opens[0] != 1:
        return None
    depth = 0
    for distance, step in enumerate(opens):
        depth += step
        if depth == 0:
            return start + distance
    return None


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
