"""Neutral posts to Markdown that every generator reads alike; a flavour is a subclass of Writer."""

import re
from typing import ClassVar

from phasebook.blog.escaping import escaped, prefixed, quoted, references
from phasebook.blog.post import Post
from phasebook.blog.settings import Site
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
    Said,
    Styled,
    Table,
    Text,
    joined,
    words,
)

SCROLLING = '<div style="overflow-x: auto" markdown="1">'
_TAGS = {"strong": "strong", "emphasis": "em", "strike": "del"}


class Writer:
    """Markdown that all generators read alike, and the places where they differ, as methods to override."""

    name: ClassVar[str]
    hint: ClassVar[str]  # where the folder's content goes in a site
    posts: ClassVar[str] = "posts"
    images: ClassVar[str] = "posts/images"
    title_in_body: ClassVar[bool] = False
    more: ClassVar[str] = "<!-- more -->"
    fences_anywhere: ClassVar[bool] = True  # also within lists and quotations
    pipe_in_code: ClassVar[str] = r"\|"  # within a table's cell; "" where only HTML can show one
    cell_end: ClassVar[str] = " | "
    table_frame: ClassVar[str] = ""  # a <div> that scrolls, where themes let a wide table leave a narrow page
    references_in_alternative: ClassVar[bool] = True  # markdown-it 13 and later drops them
    strike: ClassVar[str] = "~~"  # round words struck through; "" where only HTML can
    own_tags: ClassVar[bool] = True  # whether the posts of a language can have tags that no other's have
    raw_html: ClassVar[bool] = True  # whether the generator's default keeps it

    def __init__(self, site: Site) -> None:
        self.site = site

    # What a flavour says about its files, addresses and front matter.

    @staticmethod
    def in_language(folder: str, code: str) -> str:
        """The folder of another language's posts or images, by that of the English ones."""
        return f"{code}/{folder}"

    def post_path(self, slug: str) -> str:
        """The file of a post, below the flavour's folder."""
        return f"{self.site.posts}/{slug}.md"

    def image_path(self, slug: str, file: str) -> str:
        """The file of a post's image, below the flavour's folder."""
        return f"{self.site.images}/{file}"

    def image_address(self, slug: str, file: str) -> str:
        """How a post names its image."""
        raise NotImplementedError

    def post_address(self, slug: str, anchor: str) -> str:
        """How a post links to another."""
        raise NotImplementedError

    def front_matter(self, post: Post) -> str:
        """What stands before the body, with its own marks."""
        raise NotImplementedError

    def canonical(self, post: Post) -> str | None:
        """The post's address where it is published first, if the site sets one."""
        return self.site.canonical.replace("{slug}", post.slug) if self.site.canonical else None

    def document(self, post: Post) -> str:
        """The whole file of a post."""
        self.slug = post.slug
        blocks = [
            *([Heading(1, post.title)] if self.title_in_body else []),
            *post.opening,
        ]
        parts = [self.front_matter(post).rstrip("\n"), *self.blocks(blocks), self.more, *self.blocks(post.body)]
        return "\n\n".join(part for part in parts if part) + "\n"

    # Blocks, each as text without blank lines around it.

    def blocks(self, blocks: Blocks, nested: bool = False) -> list[str]:
        """Each block's Markdown, none for a paragraph of white space; `nested` within a list or a quotation."""
        return [written for block in blocks if (written := self.block(block, nested))]

    def block(self, block: Block, nested: bool) -> str:
        """One block's Markdown."""
        match block:
            case Paragraph(content):
                return self.line(content)
            case Heading(level, content, anchor):
                return "#" * level + " " + self.heading(content, anchor)
            case Fence(code, language):
                return self.fence(code, language, nested)
            case Quote(content):
                return prefixed("\n\n".join(self.blocks(content, nested=True)), "> ")
            case Callout():
                return self.callout(block)
            case Items(items, start):
                return self.items(items, start)
            case Table(head, rows):
                return self.table(head, rows)
            case Rule():
                return "---"

    def heading(self, content: Inlines, anchor: str) -> str:
        """A heading's words, and the id that links name where generators would make another of the words."""
        line = self.line(content)
        return line if not anchor or anchor == words(content) else f'<a id="{anchor}"></a>{line}'

    def fence(self, code: str, language: str, nested: bool) -> str:
        """Lines of code; indented where the generator knows no fence at that place."""
        if nested and not self.fences_anywhere:
            return prefixed(code, "    ")
        marks = "`" * max(3, 1 + max(map(len, re.findall("`+", code)), default=0))
        return f"{marks}{language}\n{code}\n{marks}"

    def callout(self, block: Callout) -> str:
        """A callout; a quotation with a bold title is one in every theme."""
        title = Paragraph([Styled("strong", [Text(block.title)])])
        return self.block(Quote([title, *block.content]), nested=True)

    def items(self, items: list[Blocks], start: int | None) -> str:
        """A list; four columns of indentation are read alike by all."""
        tight = all(len(item) == 1 and isinstance(item[0], Paragraph) for item in items)
        written = []
        for number, item in enumerate(items, 0 if start is None else start):
            mark = "-" if start is None else f"{number}."
            text = "\n\n".join(self.blocks(item, nested=True))
            if text.startswith(("```", "    ")):  # Hexo and Python-Markdown know no code right behind a mark
                text = f"&nbsp;\n\n{text}"
            written.append(f"{mark:<4}" + prefixed(text, "    ").removeprefix("    "))
        return ("\n" if tight else "\n\n").join(written)

    def table(self, head: list[Inlines], rows: list[list[Inlines]]) -> str:
        """A table; an end of line within a cell is a space."""
        lines = [self.cell_end.join(self.line(cell, in_table=True) for cell in row) for row in [head, *rows]]
        lines.insert(1, " | ".join(["---"] * len(head)))
        table = "\n".join(f"| {line} |" for line in lines)
        return f"{self.table_frame}\n\n{table}\n\n</div>" if self.table_frame else table

    # Lines.

    def line(self, content: Inlines, in_table: bool = False) -> str:
        """The Markdown of one line."""
        found = ""
        for number, part in enumerate(content):
            after = words(content[number + 1 :])[:1]
            start = not found or found.endswith("\n")
            written = self.inline(part, found[-1:], after, start, in_table)
            apart = "&#8203;" if found.endswith("`") and written.startswith("`") else ""
            found += apart + written
        return found

    def inline(self, part: Inline, before: str, after: str, start: bool, in_table: bool) -> str:
        """One part of a line between two characters; `start` where it begins the line."""
        match part:
            case Text(text):
                return self.text(text, start and not in_table)
            case Code(code):
                code = " ".join(code.split("\n"))
                return self.code(code, in_table)
            case Styled():
                return self.styled(part, before, after, start, in_table)
            case Link(content, address, post, anchor):
                target = quoted(address) if address else self.post_address(post, anchor) if post else f"#{anchor}"
                return f"[{self.line(content, in_table)}]({target})"
            case Image(alternative, file, address):
                return self.image(alternative, quoted(address) if address else self.image_address(self.slug, file))
            case Break():
                return " " if in_table else "  \n"
            case Said(content):
                return self.line(content, in_table)

    def text(self, text: str, start: bool = False) -> str:
        """Words, with character references for what any generator would take for markup."""
        return escaped(text, start)

    def image(self, alternative: str, address: str) -> str:
        """A picture with its alternative text; as HTML where Markdown would lose some of that."""
        written = f"![{escaped(alternative)}]({address})"
        if "&" in written and not self.references_in_alternative:
            return f'<img src="{address}" alt="{references(alternative)}">'
        return written

    def code(self, code: str, in_table: bool) -> str:
        """Code within a line."""
        marks = "`" * (1 + max(map(len, re.findall("`+", code)), default=0))
        if self.raw_html and (len(marks) > 1 or code.endswith("\\") or "]:" in code):
            return self.html_code(code)  # some misread backticks, a backslash at the end, a link's definition
        if in_table and "|" in code:
            if not self.pipe_in_code:
                return self.html_code(code)
            code = code.replace("|", self.pipe_in_code)
        pad = " " if code[:1] in ("`", " ") or code[-1:] in ("`", " ") else ""
        return f"{marks}{pad}{code}{pad}{marks}"

    def html_code(self, code: str) -> str:
        """Code within a line as HTML, where backticks cannot hold it."""
        return f"<code>{references(code)}</code>"

    def styled(self, part: Styled, before: str, after: str, start: bool, in_table: bool) -> str:
        """Strong, emphasised or struck words, in a form that opens and closes between these two characters.

        Between a letter and punctuation stars do not open; the punctuation then is put outside.
        https://spec.commonmark.org/0.31.2/#left-flanking-delimiter-run
        A style within a style is left out: parsers disagree about stars within stars.
        """
        mark, tag = {"strong": "**", "emphasis": "*", "strike": self.strike}[part.style], _TAGS[part.style]
        content = _level(part.content)
        line = self.line(content, in_table)
        if mark and self.flanked(line, before, after):
            return f"{mark}{line}{mark}"
        left, content, right = _peeled(content)
        line = self.line(content, in_table)
        left = left.lstrip() if start else left  # a mark behind a space would still start a block
        outside = self.text(left, start and not in_table), self.text(right)
        if not line:
            return "".join(outside)
        if mark and self.flanked(line, (before + left)[-1:], (right + after)[:1]):
            line = f"{mark}{line}{mark}"
        elif self.raw_html:
            line = f"<{tag}>{line}</{tag}>"
        return f"{outside[0]}{line}{outside[1]}"

    def flanked(self, line: str, before: str, after: str) -> bool:
        """Whether stars round the line are read as such between these two characters."""
        if not line or line != line.strip() or before in ("*", "~"):
            return False
        return (line[0].isalnum() or not before.isalnum()) and (line[-1].isalnum() or not after.isalnum())


def _level(content: Inlines) -> Inlines:
    """A line without styles."""
    return joined(
        [inner for part in content for inner in (_level(part.content) if isinstance(part, Styled) else [part])]
    )


def _peeled(content: Inlines) -> tuple[str, Inlines, str]:
    """A line without the punctuation at its ends, which is returned before and behind it."""
    inner = list(content)
    left = right = ""
    if inner and isinstance(inner[0], Text):
        bare = re.sub(r"^\W*", "", inner[0].text)
        left, inner[0] = inner[0].text[: len(inner[0].text) - len(bare)], Text(bare)
    if inner and isinstance(inner[-1], Text):
        bare = re.sub(r"\W*$", "", inner[-1].text)
        right, inner[-1] = inner[-1].text[len(bare) :], Text(bare)
    return left, joined(inner), right
