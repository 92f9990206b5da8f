"""A finished page in another language: its sentences replaced, everything else as it is."""

import html
import re

from phasebook.languages.catalogue import Catalogue
from phasebook.languages.sentences import (
    INLINE,
    LETTERS,
    TAG,
    Node,
    Sentence,
    closed,
    example,
    full_width,
    has_words,
    nodes,
    sentence,
)

_UNTOUCHED = {"script", "style", "pre", "template", "textarea", "id", "updated"}
_BESIDE = {
    "button",
    "img",
    "input",
    "label",
    "output",
    "select",
    "svg",
    "textarea",
}  # stand in a line, as words do
_PLAIN = {"title", "option", "textarea", "text"}  # elements that hold text alone; text is in drawings
_SPOKEN = re.compile(r'(?<= )(aria-label|title|alt|placeholder|label)="([^"]*)"')
_DESCRIPTIONS = re.compile(r'(<meta [^<>]*="(?:og:title|og:description|og:image:alt)" content=)"([^"]*)"')
_ASIDE = "\u2002"  # an en space, between elements that stand side by side and make no sentence
_PIECES = re.compile(r"( · |(?<=[.?!:;]) )")  # a description, or a page's title, is put together from sentences


class Page:
    """Translates pages from a catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._known: dict[tuple[str, bool], str] = {}

    def translated(self, page: str, markup: bool = True) -> str:
        """The page with every sentence that has a translation replaced, the others marked as English.

        Without `markup` its elements hold text alone, as those of a feed or a drawing do.
        """
        done: list[str] = []
        at = run = 0
        plain = not markup
        while found := TAG.search(page, at):
            closing, tag, attributes = found.groups()
            at = found.end()
            if not tag or (tag in INLINE and not plain):
                continue
            words = page[run : found.start()]
            if tag in _BESIDE or not words.isspace():  # no browser shows other lone spaces
                done.append(self.run(words, plain))
            done.append(self._tag(found[0]))
            plain = not markup or (tag in _PLAIN and not closing)
            if not closing and (tag in _UNTOUCHED or _is_foreign(tag, attributes)):
                at = page.find(f"</{tag}>", at)
                done.append(page[found.end() : at])
            run = at
        return "".join([*done, page[run:]])

    def words(self, text: str) -> str:
        """Plain text, translated where it can be: as a whole, or else piece by piece."""
        return html.unescape(self.run(html.escape(text, quote=False), plain=True))

    def run(self, run: str, plain: bool = False) -> str:
        """A run of words and inline elements; `plain` where no markup may come out."""
        if not LETTERS.search(run):
            return run
        key = run, plain
        if key not in self._known:
            self._known[key] = self._new_run(run, plain)
        return self._known[key]

    def _new_run(self, run: str, plain: bool) -> str:
        done: list[str] = []
        group: list[Node] = []
        for node in nodes(run):
            if node.tag and not node.end:  # what it belongs to lies outside
                done += self._group(group, plain), self._tag(node.start)
                group = []
            else:
                group.append(node)
        return closed("".join([*done, self._group(group, plain)]), between=_ASIDE)

    def _group(self, group: list[Node], plain: bool) -> str:
        """Nodes that make one sentence, or, where they have no words between them, several."""
        told = sentence(group)
        if not has_words(told.text):
            return "".join(self._part(node) if node.tag else full_width(node.raw) for node in group)
        if plain:
            return self._plain(group[0].inside, told)
        translation = self._catalogue(told.text.strip(), example(group))
        if translation is None:
            for part in told.parts:
                self._part(part)  # its words are asked for, too
            return f'<span lang="en">{"".join(node.raw for node in group)}</span>'
        return self._filled(told, translation)

    def _plain(self, text: str, told: Sentence) -> str:
        """Text without markup: said elsewhere with some, or a sentence, or put together from several."""
        words = html.unescape(text).strip()
        pieces = _PIECES.split(text)
        for end in range(len(pieces), 0, -2):  # the longest beginning that is said elsewhere
            elsewhere = self._catalogue.without_marks(html.unescape("".join(pieces[:end])).strip())
            if elsewhere is not None:
                rest = "".join(pieces[end + 1 :])
                between = "".join(pieces[end : end + 1]) if rest else ""
                return html.escape(elsewhere, quote=False) + between + self.run(rest, plain=True)
        if told.text.strip() not in self._catalogue.known and len(pieces) > 1:
            return "".join(self.run(piece, plain=True) for piece in (pieces[0], pieces[1], "".join(pieces[2:])))
        translation = self._catalogue(told.text.strip(), words)
        return text if translation is None else self._filled(told, translation)

    def _filled(self, told: Sentence, translation: str) -> str:
        """The translation as HTML, with the spaces that the sentence has around it."""
        before, after = (" " if told.text[place].isspace() else "" for place in (0, -1))
        return before + closed(told.filled(translation, self._part)) + after

    def _part(self, node: Node) -> str:
        """What stands for itself in a sentence."""
        if not node.tag:
            return node.raw
        if node.keeps:
            return node.raw.replace("<cite>", '<cite lang="en">', 1)
        return self._tag(node.start) + self.run(node.inside) + node.end

    def _tag(self, tag: str) -> str:
        """A tag with what its attributes say."""
        if '="' not in tag:
            return tag
        tag = _DESCRIPTIONS.sub(lambda found: f'{found[1]}"{self._attribute(found[2])}"', tag)
        return _SPOKEN.sub(lambda found: f'{found[1]}="{self._attribute(found[2])}"', tag)

    def _attribute(self, value: str) -> str:
        return html.escape(self.words(html.unescape(value)))


def _is_foreign(tag: str, attributes: str) -> bool:
    """Whether an element says that its words are of another language, or names."""
    return tag != "html" and (" lang=" in attributes or ' translate="no"' in attributes)
