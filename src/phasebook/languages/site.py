"""The report's files in its languages: English as it was rendered, the others from the same files."""

import html
import posixpath
import re
from collections.abc import Mapping

from phasebook.languages import ENGLISH, Language, labels, scripts
from phasebook.languages.catalogue import Catalogue
from phasebook.languages.pages import Page
from phasebook.languages.sentences import has_words

_SWITCH = "<!-- languages -->"
_ADDRESS = re.compile(r'(?<= )(href|src|content)="(?![a-z]+:|[#/])([^"?#]+)([^"]*)"')


def in_languages(
    files: Mapping[str, bytes], catalogues: Mapping[Language, Catalogue], address: str = ""
) -> dict[str, bytes]:
    """All files: those of the English report, and what each language has of its own in its folder.

    `address` is where the report lies on the web, if it does; only then can pages name each other in their heads.
    """
    languages = [ENGLISH, *catalogues]
    found = {name: _english(name, content, languages, address) for name, content in files.items()}
    for language, catalogue in catalogues.items():
        translation = Translation(language, catalogue, files)
        for name in translation.own:
            said = translation.file(name, files[name].decode())
            found[language.place(name)] = _with_switch(name, said, language, languages, address).encode()
    return found


def _speaks(name: str, content: bytes) -> bool:
    """Whether a file has words for readers: pages, drawings, the feed and most scripts."""
    return name.endswith((".html", ".svg", ".xml")) or (
        name.endswith(".js") and (b"said`" in content or name == "search-index.js")
    )


def _english(name: str, content: bytes, languages: list[Language], address: str) -> bytes:
    if not name.endswith((".html", ".svg")):
        return content
    return labels.drawn(_with_switch(name, content.decode(), ENGLISH, languages, address)).encode()


class Translation:
    """Files in one language."""

    def __init__(self, language: Language, catalogue: Catalogue, files: Mapping[str, bytes]) -> None:
        self._language, self._catalogue = language, catalogue
        self.own = [name for name, content in files.items() if _speaks(name, content)]
        self._shared = set(files) - set(self.own)
        self._page = Page(catalogue)

    def file(self, name: str, text: str) -> str:
        """A page, drawing, feed or script of the English report in this language."""
        self._catalogue.file = name
        if name == "search-index.js":
            return scripts.search_index(text, self._page.words)
        if name.endswith(".js"):
            return scripts.script(text, self._said)
        markup = name.endswith(".html")
        text = labels.replaced(self._page.translated(text, markup), self._page.words)
        text = text.replace('lang="en"', f'lang="{self._language.tag}"', 1) if markup else text
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


def _with_switch(name: str, page: str, language: Language, languages: list[Language], address: str) -> str:
    """The page with links to itself in the other languages, and with their addresses for search engines."""
    if not name.endswith(".html"):
        return page
    if len(languages) == 1:
        return page.replace(_SWITCH, "")
    here = posixpath.dirname(language.place(name)) or "."
    links = "".join(
        f'<li><a href="{posixpath.relpath(other.place(name), here)}" lang="{other.tag}">{other.name}</a></li>'
        for other in languages
        if other != language
    )
    page = page.replace(_SWITCH, f'<ul class="languages">{links}</ul>')
    if not address:
        return page
    alternates = "".join(
        f'<link rel="alternate" hreflang="{tag}" href="{html.escape(address + other.place(name))}">\n'
        for tag, other in [*((one.tag, one) for one in languages), ("x-default", ENGLISH)]
    )
    return page.replace("<link rel=", alternates + "<link rel=", 1)
