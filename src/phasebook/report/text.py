"""Texts for pages: markdown without raw HTML, control characters made visible, long texts cut."""

import re
from collections.abc import Collection, Sequence
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup, escape

LONGEST_LINE = 2_000
LONGEST_TEXT = 20_000

_KINDS = {"pull": "pull request", "issues": "issue", "releases": "release", "blob": "code of", "tree": "code of"}
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufffe\uffff\ud800-\udfff]")
_HAN = re.compile(r"[\u3000-\u9fff\uff00-\uffef]*[\u3400-\u9fff][\u3000-\u9fff\uff00-\uffef]*")


def visible(text: str) -> str:
    """`text` with control characters shown as U+FFFD: neither HTML nor XML may hold them."""
    return _CONTROL.sub("\ufffd", text)


def plain(text: str) -> str:
    """`text` without terminal colours, control characters shown as U+FFFD, long lines and long texts cut."""
    text = visible(_ANSI.sub("", text.replace("\r\n", "\n")))
    cut = "\n".join(_cut(line, LONGEST_LINE) for line in text.split("\n"))
    return _cut(cut, LONGEST_TEXT)


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    return f"{text[:longest]} … [cut here: {len(text) - longest:,} more characters]"


def inline(text: str) -> Markup:
    """One line of prose with `code`, *emphasis* and links."""
    return Markup(_MARKDOWN.renderInline(plain(text)).strip())


def inline_plain(text: str) -> Markup:
    """One line of prose with `code` alone, to stand inside a link."""
    words = plain(re.sub(r"(`[^`]+`)|\[((?:`[^`]*`|[^\]`])*)\]\([^)]*\)", r"\1\2", text))
    code = Markup("<code>{}</code>")
    parts = enumerate(re.split(r"`([^`]+)`", words))
    return Markup("").join(code.format(part) if odd % 2 else spoken(part.replace("*", "")) for odd, part in parts)


def evidence(link: str) -> str:
    """What a link to a cause is called: "keras-team/keras, pull request 1234", or its host."""
    address = urlsplit(link)
    parts = address.path.replace("/releases/tag/", "/releases/").strip("/").split("/")
    if address.netloc != "github.com" or len(parts) < 4:
        return address.netloc.removeprefix("www.")
    return f"{parts[0]}/{parts[1]}, {_KINDS.get(parts[2], parts[2])} {parts[3][:12]}"


def without_marks(text: str) -> str:
    """One line of prose as plain text, for titles, feeds and tables of data."""
    parts = enumerate(re.split(r"`([^`]+)`", text))
    return plain("".join(part if odd % 2 else re.sub(r"[`*]", "", part) for odd, part in parts))


class Outline:
    """The headings of one page with their link targets, each target once and none that is in `taken`."""

    def __init__(self, taken: Collection[str] = ()) -> None:
        self.taken = set(taken)
        self.headings: list[tuple[int, str, str]] = []  # level, words, target

    def add(self, level: int, words: str) -> str:
        """Note a heading and return its target."""
        slug = re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-") or "section"
        candidates = (f"{slug}-{number}" if number else slug for number in count())
        target = next(candidate for candidate in candidates if candidate not in self.taken)
        self.taken.add(target)
        self.headings.append((level, words, target))
        return target


def block(text: str, claims: Collection[str] = (), claim_page: str = "", outline: Outline | None = None) -> Markup:
    """Paragraphs, lists, tables and code; the names of `claims` in `code` lead to their pages."""
    environment = {"claims": claims, "claim_page": claim_page, "outline": outline or Outline()}
    return Markup(_MARKDOWN.render(plain(text), environment))


def spoken(text: str) -> Markup:
    """Plain words, escaped; runs of Chinese are marked with their language (WCAG 3.1.2)."""
    return Markup(_HAN.sub(lambda found: f'<span lang="zh">{found[0]}</span>', str(escape(text))))


class _Renderer(RendererHTML):
    """HTML for readers: headings with targets, code in colours, claims linked, Chinese marked as such."""

    def heading_open(self, tokens: Sequence[Token], index: int, options: object, environment: Any) -> str:
        """A heading with a target."""
        tag = tokens[index].tag
        return f'<{tag} id="{environment["outline"].add(int(tag[1]), tokens[index + 1].content)}">'

    def fence(self, tokens: Sequence[Token], index: int, options: object, environment: object) -> str:
        """A block of code."""
        from phasebook.report.code import highlight

        return str(highlight(tokens[index].content, tokens[index].info.strip() or "text"))

    def code_inline(self, tokens: Sequence[Token], index: int, options: object, environment: Any) -> str:
        """Code in a line; the id of a claim leads to its page, unless it stands in a link already."""
        content = tokens[index].content
        claims, page = environment.get("claims", ()), environment.get("claim_page")
        opened = sum((token.type == "link_open") - (token.type == "link_close") for token in tokens[:index])
        if page and not opened and content in claims:
            return f'<a href="{page}{content}.html"><code>{content}</code></a>'
        return f"<code>{escape(content)}</code>"

    def text(self, tokens: Sequence[Token], index: int, options: object, environment: object) -> str:
        """Plain words."""
        return str(spoken(tokens[index].content))

    def table_open(self, tokens: Sequence[Token], index: int, options: object, environment: object) -> str:
        """A table."""
        return '<table class="plain">'


_MARKDOWN = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table").disable("image")
