"""The words in matplotlib's figures, which are drawn as shapes: replaced by text, or left as they are drawn.

A group of glyphs says in `LABEL` which words it draws, behind the side of them that stays in place.
"""

import html
import re
from collections.abc import Callable

LABEL = "data-label"
_NOTE = re.compile(rf' {LABEL}="([a-z]+)\|([^"]*)"')
_GROUP = re.compile(rf"<g([^<>]*?){_NOTE.pattern}([^<>]*)>(.*?)</g>", re.DOTALL)
_GLYPH = re.compile(r'<use(?: x="(-?[\d.]+)")?(?: y="-?[\d.]+")?[^<>]*/>')
_ADVANCE = 62  # of a glyph, in hundredths of the font's size: DejaVu Sans's average


def drawn(page: str) -> str:
    """The page with its figures' words as they were drawn."""
    return _NOTE.sub("", page)


def replaced(page: str, words: Callable[[str], str]) -> str:
    """The page with the labels that `words` has a translation for as text; it draws the others as they were."""

    def group(found: re.Match[str]) -> str:
        before, side, label, after, inside = found.groups()
        label = html.unescape(label)
        told = words(label)
        if told == label:
            return f"<g{before}{after}>{inside}</g>"
        last = max((float(x or 0) for x in _GLYPH.findall(inside)), default=0)
        place = {"start": 0.0, "middle": (last + _ADVANCE) / 2, "end": last + _ADVANCE}[side]
        text = (
            f'<text transform="scale(1 -1)" x="{place:.0f}" font-size="100" text-anchor="{side}">'
            f"{html.escape(told)}</text>"
        )
        return f"<g{before}{after}>{_GLYPH.sub('', inside)}{text}</g>"

    return _GROUP.sub(group, page)
