"""A neutral post, and what every post contains."""

import re
from collections.abc import Callable
from datetime import date
from importlib.metadata import version

from msgspec import Struct

from phasebook.blog.tree import (
    Blocks,
    Heading,
    Inline,
    Inlines,
    Link,
    Paragraph,
    Said,
    Styled,
    Text,
    joined,
    mapped,
    words,
)
from phasebook.languages.labels import drawn

SUMMARY = "phasebook-summary"
_LICENCE = "https://creativecommons.org/licenses/by/4.0/"


class Post(Struct, frozen=True):
    """One post; `opening` is what stands before the excerpt mark, `images` are files by name.

    `about` is the line that its description is made of.
    """

    slug: str
    title: Inlines
    about: Inlines
    opening: Blocks
    body: Blocks
    images: dict[str, bytes]

    @property
    def description(self) -> str:
        """What search engines and lists of posts show of it."""
        return shortened(words(self.about))


def finished(post: Post) -> Post:
    """The post as flavours take it: its words without their roles, its figures' words as they were drawn."""
    return Post(
        slug=post.slug,
        title=_spoken(post.title),
        about=_spoken(post.about),
        opening=mapped(post.opening, _spoken, str),
        body=mapped(post.body, _spoken, str),
        images=with_drawings(post.images, drawn),
    )


def with_drawings(images: dict[str, bytes], changed: Callable[[str], str]) -> dict[str, bytes]:
    """The images with each SVG changed; its bytes survive whatever they are."""
    return {
        name: changed(data.decode(errors="surrogateescape")).encode(errors="surrogateescape")
        if name.endswith(".svg")
        else data
        for name, data in images.items()
    }


def _spoken(content: Inlines) -> Inlines:
    """A line without Said."""

    def one(part: Inline) -> Inlines:
        match part:
            case Said(inner, role):
                return [Text(words(inner))] if role == "plain" else _spoken(inner)
            case Styled(style, inner):
                return [Styled(style, _spoken(inner))]
            case Link(inner, address, other, anchor):
                return [Link(_spoken(inner), address, other, anchor)]
        return [part]

    return joined([spoken for part in content for spoken in one(part)])


def slug_of(notebook: str) -> str:
    """The name of an experiment's post, which is also the last part of its address."""
    return f"phasebook-{notebook}"


def licence_and_citation(title: Inlines, author: str, day: date) -> Blocks:
    """The end of every post: who may do what with it, and how to cite it."""
    return [
        Heading(2, [Text("Licence and citation")]),
        Paragraph(
            [
                Text("Text, figures and data: "),
                Link([Text("CC BY 4.0")], address=_LICENCE),
                Text(". Code: MIT licence. To cite this post: "),
                Said([Text(author)], "kept"),
                Text(", “"),
                Said(title, "plain"),
                Text("”, in "),
                Styled("emphasis", [Text("Phasebook")]),
                Text(f" {version('phasebook')}, {day.isoformat()}."),
            ]
        ),
    ]


def shortened(text: str, longest: int = 200) -> str:
    """Whole sentences up to a length that search engines show, else whole words."""
    text = " ".join(text.split())
    if len(text) <= longest:
        return text
    sentences = re.match(rf".{{40,{longest - 1}}}(?:[.?!](?= )|[。？！])", text)
    return sentences[0] if sentences else text[: longest - 1].rpartition(" ")[0] + "…"
