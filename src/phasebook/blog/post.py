"""A neutral post, and what every post contains."""

import re
from datetime import date
from importlib.metadata import version

from msgspec import Struct

from phasebook.blog.tree import Blocks, Heading, Inlines, Link, Paragraph, Styled, Text, words

SUMMARY = "phasebook-summary"
_LICENCE = "https://creativecommons.org/licenses/by/4.0/"


class Post(Struct, frozen=True):
    """One post; `opening` is what stands before the excerpt mark, `images` are files by name."""

    slug: str
    title: Inlines
    description: str
    opening: Blocks
    body: Blocks
    images: dict[str, bytes]


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
                Text(f"{author}, “{words(title)}”, in "),
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
    sentences = re.match(rf".{{40,{longest - 1}}}[.?!](?= )", text)
    return sentences[0] if sentences else text[: longest - 1].rpartition(" ")[0] + "…"
