"""The report's files in its languages: English as it was rendered, the others from the same files."""

import html
import posixpath
import re
from collections.abc import Mapping

from msgspec import Struct

from phasebook.languages import ENGLISH, Language, labels, scripts
from phasebook.languages.catalogue import Catalogue
from phasebook.languages.pages import Page
from phasebook.languages.sentences import has_words

_SWITCH = "<!-- languages -->"
_READY = 0.95  # of a language's sentences are translated where search engines hear of its pages
_ADDRESS = re.compile(r'(?<= )(href|src|content)="(?![a-z]+:|[#/])([^"?#]+)([^"]*)"')


def in_languages(
    files: Mapping[str, bytes], catalogues: Mapping[Language, Catalogue], address: str = ""
) -> dict[str, bytes]:
    """All files: those of the English report, and what each language has of its own in its folder.

    `address` is where the report lies on the web, if it does; only then can pages name each other in their heads.
    """
    own = {one: _Translation(one, catalogue, files).files() for one, catalogue in catalogues.items()}
    found = {name: _english(name, content) for name, content in files.items()}
    found |= {one.place(name): content for one, said in own.items() for name, content in said.items()}
    ready = [one for one, catalogue in catalogues.items() if catalogue.share >= _READY]
    heads = _Heads([ENGLISH, *catalogues], [ENGLISH, *ready], address)
    for language in heads.languages:
        for name in (name for name in files if name.endswith(".html")):
            place = language.place(name)
            found[place] = heads.with_switch(name, found[place].decode(), language).encode()
    return found


def _speaks(name: str, content: bytes) -> bool:
    """Whether a file has words for readers: pages, drawings, the feed and most scripts."""
    return name.endswith((".html", ".svg", ".xml")) or (
        name.endswith(".js") and (b"said`" in content or name == "search-index.js")
    )


def _english(name: str, content: bytes) -> bytes:
    return labels.drawn(content.decode()).encode() if name.endswith((".html", ".svg")) else content


class _Translation:
    """Files in one language."""

    def __init__(self, language: Language, catalogue: Catalogue, files: Mapping[str, bytes]) -> None:
        self._language, self._catalogue = language, catalogue
        self._own = [name for name, content in files.items() if _speaks(name, content)]
        self._shared = set(files) - set(self._own)
        self._files = files
        self._page = Page(catalogue)

    def files(self) -> dict[str, bytes]:
        """What the language has of its own of the English report: pages, drawings, the feed and scripts."""
        return {name: self._file(name).encode() for name in self._own}

    def _file(self, name: str) -> str:
        text = self._files[name].decode()
        self._catalogue.file = name
        if name == "search-index.js":
            return scripts.search_index(text, self._page.words)
        if name.endswith(".js"):
            return scripts.script(text, self._said)
        markup = name.endswith(".html")
        text = labels.replaced(self._page.translated(text, markup), self._page.words)
        text = text.replace('lang="en"', f'lang="{self._language.tag}"', 1)
        if name == "index.html":
            text = scripts.answers(text, self._page.words, self._page.run)
        return _ADDRESS.sub(lambda found: self._address(name, found), text)

    def _said(self, sentence: str, values: list[str]) -> str:
        """A script's sentence with its values."""
        told = self._catalogue(sentence, sentence) if has_words(sentence) else None
        return re.sub(r"\{(\d+)\}", lambda found: values[int(found[1]) - 1], told or sentence)

    def _address(self, page: str, found: re.Match[str]) -> str:
        """An address in a page; what the language has no copy of lies in the folder above."""
        attribute, place, rest = found.groups()
        target = posixpath.normpath(posixpath.join(posixpath.dirname(page), html.unescape(place)))
        if target in self._shared:
            place = f"../{place}"
        return f'{attribute}="{place}{rest}"'


class _Heads(Struct, frozen=True):
    """What pages say of themselves in other languages; search engines hear of those that are `ready`."""

    languages: list[Language]
    ready: list[Language]
    address: str

    def with_switch(self, name: str, page: str, language: Language) -> str:
        """The page with links to itself in the other languages, and with their addresses for search engines."""
        if len(self.languages) == 1:
            return page.replace(_SWITCH, "")
        here = posixpath.dirname(language.place(name)) or "."
        links = "".join(
            f'<li><a href="{posixpath.relpath(other.place(name), here)}" lang="{other.tag}">{other.name}</a></li>'
            for other in self.languages
            if other != language
        )
        page = page.replace(_SWITCH, f'<ul class="languages">{links}</ul>')
        return page.replace("<link rel=", self._alternates(name) + "<link rel=", 1)

    def _alternates(self, name: str) -> str:
        if not self.address or len(self.ready) == 1:
            return ""
        return "".join(
            f'<link rel="alternate" hreflang="{tag}" href="{html.escape(self.address + other.place(name))}">\n'
            for tag, other in [*((one.tag, one) for one in self.ready), ("x-default", ENGLISH)]
        )
