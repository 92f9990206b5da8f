"""The parts of a neutral post, independent of any generator's Markdown."""

from collections.abc import Callable, Iterable
from typing import Literal, TypeAlias

from msgspec import Struct

Style: TypeAlias = Literal["strong", "emphasis", "strike"]


class Text(Struct, frozen=True):
    """Words as the reader is to see them, nothing escaped."""

    text: str


class Code(Struct, frozen=True):
    """A piece of code within a line."""

    code: str


class Styled(Struct, frozen=True):
    """Words that stand out: strong, emphasised or struck through."""

    style: Style
    content: "Inlines"


class Link(Struct, frozen=True):
    """A link to an address, or to another post (and a heading's id in it), or to a heading of this post."""

    content: "Inlines"
    address: str = ""
    post: str = ""
    anchor: str = ""


class Image(Struct, frozen=True):
    """A picture: a file of the post by its name, or an address elsewhere."""

    alternative: str
    file: str = ""
    address: str = ""


class Break(Struct, frozen=True):
    """The end of a line that the author wants."""


class Said(Struct, frozen=True):
    """Words that a translation says by themselves; `post.finished` leaves only the words.

    They are a sentence of their own, or the same without marks ("plain"), or stay as they are ("kept").
    `elsewhere` is how the report's pages say the sentence, where they say it otherwise.
    """

    content: "Inlines"
    role: Literal["sentence", "plain", "kept"] = "sentence"
    elsewhere: str = ""


Inline: TypeAlias = Text | Code | Styled | Link | Image | Break | Said
Inlines: TypeAlias = list[Inline]


class Paragraph(Struct, frozen=True):
    """One paragraph."""

    content: Inlines


class Heading(Struct, frozen=True):
    """A heading of level 1 to 6; `anchor` is set where something links to it."""

    level: int
    content: Inlines
    anchor: str = ""


class Fence(Struct, frozen=True):
    """Lines of code with their language, or "" for what a program printed."""

    code: str
    language: str = ""


class Quote(Struct, frozen=True):
    """Quoted blocks."""

    content: "Blocks"


class Callout(Struct, frozen=True):
    """Blocks set apart under a title; `details` may be folded away by the site."""

    kind: Literal["tip", "info", "warning", "danger", "details"]
    title: str
    content: "Blocks"


class Items(Struct, frozen=True):
    """A list; `start` is the first number, None for a list without numbers."""

    items: "list[Blocks]"
    start: int | None = None


class Table(Struct, frozen=True):
    """A table: one row of headings, then rows of the same length."""

    head: list[Inlines]
    rows: list[list[Inlines]]


class Rule(Struct, frozen=True):
    """A line across."""


Block: TypeAlias = Paragraph | Heading | Fence | Quote | Callout | Items | Table | Rule
Blocks: TypeAlias = list[Block]


def words(content: Iterable[Inline]) -> str:
    """The visible words of a line, without any markup."""
    return "".join(_words(part) for part in content)


def _words(part: Inline) -> str:
    match part:
        case Text(text):
            return text
        case Code(code):
            return code
        case Styled(_, content) | Link(content) | Said(content):
            return words(content)
        case Break():
            return " "
    return ""


def mapped(blocks: Blocks, line: Callable[[Inlines], Inlines], title: Callable[[str], str]) -> Blocks:
    """The same blocks with other lines, and callouts with other titles; code stays as it is."""

    def again(inner: Blocks) -> Blocks:
        return mapped(inner, line, title)

    def one(block: Block) -> Block:
        match block:
            case Paragraph(content):
                return Paragraph(line(content))
            case Heading(level, content, anchor):
                return Heading(level, line(content), anchor)
            case Quote(inner):
                return Quote(again(inner))
            case Callout(kind, words, inner):
                return Callout(kind, title(words), again(inner))
            case Items(items, start):
                return Items([again(item) for item in items], start)
            case Table(head, rows):
                return Table([line(cell) for cell in head], [[line(cell) for cell in row] for row in rows])
        return block

    return [one(block) for block in blocks]


def joined(content: Inlines) -> Inlines:
    """The same line with neighbouring texts as one."""
    found: Inlines = []
    for part in content:
        if isinstance(part, Text) and found and isinstance(found[-1], Text):
            found[-1] = Text(found[-1].text + part.text)
        else:
            found.append(part)
    return [part for part in found if part != Text("")]


def trimmed(content: Inlines) -> Inlines:
    """A line without white space at its ends."""
    found = joined(content)
    if found and isinstance(found[0], Text):
        found[0] = Text(found[0].text.lstrip())
    if found and isinstance(found[-1], Text):
        found[-1] = Text(found[-1].text.rstrip())
    return [part for part in found if part != Text("")]
