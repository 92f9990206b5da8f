"""Neutral posts in another language, from the catalogues of the report's pages.

A line becomes the HTML that it is on a page, is translated as such, and becomes a line again.
"""

import html
import re
from functools import partial

from msgspec.structs import replace

from phasebook.blog.post import Post, with_drawings
from phasebook.blog.settings import Settings
from phasebook.blog.tree import (
    Break,
    Code,
    Image,
    Inline,
    Inlines,
    Link,
    Said,
    Style,
    Styled,
    Text,
    joined,
    mapped,
    words,
)
from phasebook.languages import Language, labels
from phasebook.languages.catalogue import Catalogue
from phasebook.languages.pages import Page
from phasebook.languages.sentences import Node, nodes
from phasebook.report.text import spoken

_TAGS: dict[Style, str] = {"strong": "strong", "emphasis": "em", "strike": "del"}
_STYLES = {tag: style for style, tag in _TAGS.items()}
_ROLES = {
    "sentence": ("<span>", "</span>"),
    "plain": ('<span class="plain">', "</span>"),
    "kept": ("<cite>", "</cite>"),
}
_FONT = "text{font-family:sans-serif}"  # a picture has no page whose font its words could take


class Translation:
    """Says posts in a language; its catalogue notes which sentences were asked for."""

    def __init__(self, language: Language, catalogue: Catalogue) -> None:
        self.language = language
        self.catalogue = catalogue
        self._page = Page(catalogue)

    def settings(self, settings: Settings) -> Settings:
        """What the site sets, for posts in this language; the canonical address is that of the English post."""
        return replace(settings, language=self.language.tag, canonical=None)

    def with_tags(self, settings: Settings) -> Settings:
        """The same with its category and tags in this language."""
        self.catalogue.file = "posts/blog.toml"
        tags = [self._page.words(tag) for tag in settings.tags]
        return replace(settings, category=self._page.words(settings.category), tags=tags)

    def post(self, post: Post) -> Post:
        """The post; a sentence without a translation stays English."""
        self.catalogue.file = f"posts/{post.slug}"
        return Post(
            slug=post.slug,
            title=self.line(post.title),
            about=self.line(post.about),
            opening=mapped(post.opening, self.line, self._page.words),
            body=mapped(post.body, self.line, self._page.words),
            images=with_drawings(post.images, self._drawing),
        )

    def line(self, content: Inlines) -> Inlines:
        """A line with its words and its pictures' alternative texts."""
        parts: list[Inline] = []
        source = "".join(_html(part, parts) for part in content)
        return _line(self._page.translated(f"<p>{source}</p>")[3:-4], parts)

    def _drawing(self, svg: str) -> str:
        """A picture with its words as text."""
        told = labels.replaced(self._page.translated(svg, markup=False), self._page.words)
        told = told.replace("<svg ", f'<svg lang="{self.language.tag}" ', 1)
        return told.replace("<style>", f"<style>{_FONT}", 1)


def _html(part: Inline, parts: list[Inline]) -> str:
    """A part of a line as HTML; what HTML does not say of a link or a picture is kept in `parts`."""
    inner = partial(_html, parts=parts)
    match part:
        case Text(text):
            return spoken(text)
        case Code(code):
            return f"<code>{html.escape(code)}</code>"
        case Styled(style, content):
            return f"<{_TAGS[style]}>{''.join(map(inner, content))}</{_TAGS[style]}>"
        case Link(content):
            parts.append(part)
            return f'<a href="{len(parts)}">{"".join(map(inner, content))}</a>'
        case Image(alternative):
            parts.append(part)
            return f'<img src="{len(parts)}" alt="{html.escape(alternative)}">'
        case Said(content, role, elsewhere):
            start, end = _ROLES[role]
            return f"{start}{html.escape(elsewhere) or ''.join(map(inner, content))}{end}"
        case Break():
            return "<br>"


def _line(source: str, parts: list[Inline]) -> Inlines:
    """The line that some HTML says."""
    return joined([part for node in nodes(source) for part in _inlines(node, parts)])


def _inlines(node: Node, parts: list[Inline]) -> Inlines:
    """What one node of the HTML says."""
    if node.tag == "code":
        return [Code(html.unescape(node.inside))]
    if node.tag == "br":
        return [Break()]
    if not node.tag:
        return [Text(html.unescape(node.inside))]
    inner = _line(node.inside, parts)
    number = re.search(r' (?:href|src)="(\d+)"', node.start)
    match parts[int(number[1]) - 1] if number else None:
        case Link(_, address, post, anchor):
            return [Link(inner, address, post, anchor)]
        case Image(_, file, address):
            alternative = re.search(r' alt="([^"]*)"', node.start)
            return [Image(html.unescape(alternative[1]) if alternative else "", file, address)]
    if node.tag in _STYLES:
        return [Styled(_STYLES[node.tag], inner)]
    return [Text(words(inner))] if 'class="plain"' in node.start else inner
