"""What a reader sees: of a neutral post by its parts, of a built page by its HTML, in the same terms."""

import base64
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from bs4 import BeautifulSoup, Tag

from phasebook.blog.post import Post
from phasebook.blog.tree import (
    Blocks,
    Callout,
    Code,
    Fence,
    Heading,
    Image,
    Inlines,
    Items,
    Link,
    Paragraph,
    Quote,
    Styled,
    Table,
    Text,
    words,
)


@dataclass
class Seen:
    """A page without its looks; `text` has no white space, the rest stands in reading order."""

    text: str = ""
    blocks: list[str] = field(default_factory=list)
    inline: list[str] = field(default_factory=list)
    alternatives: list[str] = field(default_factory=list)
    images: list[bytes] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)  # words and post


def straight(text: str) -> str:
    """Text with straight quotes: smart ones are a site's own taste."""
    for signs, sign in (("“”„", '"'), ("‘’", "'"), ("…", "...")):
        text = re.sub(f"[{signs}]", sign, text)
    return text


def plain(text: str) -> str:
    """Text without white space, with straight quotes."""
    text = straight(text)
    return re.sub(r"[\s\u200b\ufeff]+", "", text)


def of_post(post: Post, *, with_title: bool) -> Seen:
    """What a reader of the post must see."""
    seen = Seen()
    title = [Heading(1, post.title)] if with_title else []
    _add(seen, [*title, *post.opening, *post.body], post)
    return seen


def _add(seen: Seen, blocks: Blocks, post: Post) -> None:
    for block in blocks:
        match block:
            case Paragraph(content) | Heading(_, content):
                _line(seen, content, post)
            case Fence(code):
                seen.blocks.append(code)
                seen.text += plain(code)
            case Callout(_, title, content):
                seen.text += plain(title)
                _add(seen, content, post)
            case Quote(content):
                _add(seen, content, post)
            case Items(items):
                for item in items:
                    _add(seen, item, post)
            case Table(head, rows):
                for cell in (cell for row in [head, *rows] for cell in row):
                    _line(seen, cell, post)


def _line(seen: Seen, content: Inlines, post: Post) -> None:
    for part in content:
        match part:
            case Text(text):
                seen.text += plain(text)
            case Code(code):
                seen.text += plain(code)
                seen.inline.append(code)
            case Image(alternative, file):
                seen.alternatives.append(straight(alternative))
                seen.images.append(post.images[file])
            case Link(inner, _, target):
                if target:
                    seen.links.append((plain(words(inner)), target))
                _line(seen, inner, post)
            case Styled(_, inner):
                _line(seen, inner, post)


def of_page(page: Path, public: Path, content: str, chrome: str, base: str = "") -> Seen:
    """What a reader of a built page sees in the element `content`, without what the theme adds (`chrome`).

    `public` is the site's folder, `base` the path it is published under.
    """
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    found = soup.select(content)
    assert len(found) == 1, f"{page}: {len(found)} elements are {content!r}"
    body = found[0]
    for tag in body.select(f"script, style, {chrome}"):
        tag.decompose()
    seen = Seen()
    for line_end in body.select("pre br"):
        line_end.replace_with("\n")
    seen.text = plain(body.get_text())
    seen.blocks = [tag.get_text().strip("\n") for tag in body.find_all("pre")]
    seen.inline = [tag.get_text() for tag in body.find_all("code") if not tag.find_parent("pre")]
    for image in body.find_all("img"):
        seen.alternatives.append(straight(str(image["alt"])))
        seen.images.append(_content(str(image["src"]), page, public, base))
    for link in body.find_all("a", href=True):
        target = _target(link, page, public, base)
        if target:
            seen.links.append((plain(link.get_text()), target))
    return seen


def _content(source: str, page: Path, public: Path, base: str) -> bytes:
    if source.startswith("data:"):
        head, _, data = source.partition(",")
        return base64.b64decode(data) if head.endswith("base64") else unquote_to_bytes(data)
    return file_of(source, page, public, base).read_bytes()


def _target(link: Tag, page: Path, public: Path, base: str) -> str:
    """The post that a link leads to; the file and the heading must exist. "" for links elsewhere."""
    address = str(link["href"])
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return ""
    target = file_of(parts.path, page, public, base) if parts.path else page
    if parts.fragment:
        assert unquote(parts.fragment) in _ids(target), f"{page}: {address} leads to no heading"
    return "" if target == page.resolve() else slug_of(target)


@cache
def _ids(page: Path) -> set[str]:
    """What a link to a built page can name in it."""
    return {
        str(tag["id"]) for tag in BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").select("[id]")
    }


def slug_of(page: Path) -> str:
    """The slug of a built page, from its path."""
    return page.parent.name if page.name == "index.html" else page.stem


def file_of(address: str, page: Path, public: Path, base: str) -> Path:
    """The file behind an address on a page; raises AssertionError where there is none."""
    path = unquote(urlsplit(address).path)
    if path.startswith("/"):
        assert path.startswith(base + "/"), f"{page}: {address} lies outside {base}"
        target = public / path.removeprefix(base).lstrip("/")
    else:
        target = page.parent / path
    for candidate in (target, target / "index.html", target.with_name(target.name + ".html")):
        if candidate.is_file():
            return candidate.resolve()
    raise AssertionError(f"{page}: {address} is no file of the site")
