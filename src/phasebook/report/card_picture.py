"""Draws a card with Pillow: few colours and no date, so that the file is small and the same to the byte."""

import io
from functools import lru_cache
from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from phasebook.report.cards import Card

WIDTH, HEIGHT, EDGE = 1200, 630, 60
STRIP = (400, 520)  # top and bottom of the rows of verdicts
PAPER, INK = (255, 255, 255), (28, 32, 36)
LOOKS = {  # how high the mark of a verdict is, as a share of its row, and its colour: those of style.css
    "holds": (1.0, (10, 87, 48)),
    "fails": (0.5, (150, 42, 9)),
    "unavailable": (0.12, (80, 90, 102)),
    "error": (0.3, (103, 40, 144)),
}
# The colours: the paper, shades of the ink, shades of the verdict's colour, the marks'. Fewer make a smaller file.
OF_INK, OF_VERDICT, MARKS = (0, 3), (3, 3), 7  # where the shades begin after the paper, and how many there are


def png(card: Card, digest: str) -> bytes:
    """The card as PNG, with `digest` as a text in the file."""
    image = Image.new("P", (WIDTH, HEIGHT), 0)
    image.putpalette(_palette(LOOKS[card.verdict][1] if card.verdict in LOOKS else INK))
    _write(image, (EDGE, 44), "Phasebook", 34, bold=True)
    _write(image, (WIDTH - EDGE, 50), card.kind, 26, right=True)
    size, lines = _fitted(card.title)
    for number, line in enumerate(lines):
        _write(image, (EDGE, 118 + number * round(size * 1.25)), line, size, bold=True)
    _write(image, (EDGE, 332), _cut(card.words, 34, True), 34, OF_VERDICT, bold=True)
    _rows(image, card)
    _write(image, (EDGE, 572), _cut(card.told, 26, False), 26)
    file = io.BytesIO()
    about = PngInfo()
    about.add_text("Digest", digest)
    image.save(file, "PNG", pnginfo=about, compress_level=6)
    return file.getvalue()


def _rows(image: Image.Image, card: Card) -> None:
    """One row a claim, one mark a column, with the families of columns named below."""
    draw = ImageDraw.Draw(image)
    gap, count = 14, sum(number for _, number in card.families)
    wide = (WIDTH - 2 * EDGE - gap * (len(card.families) - 1)) / count
    starts = [0, *accumulate(number for _, number in card.families)]
    lefts = [
        EDGE + (starts[family] + place) * wide + family * gap
        for family, (_, number) in enumerate(card.families)
        for place in range(number)
    ]
    high = (STRIP[1] - STRIP[0]) / max(len(card.rows), 1)
    for number, row in enumerate(card.rows):
        middle = STRIP[0] + (number + 0.5) * high
        for left, verdict in zip(lefts, row, strict=True):
            if verdict in LOOKS:
                half = max(LOOKS[verdict][0] * 0.42 * min(high, 90), 0.6)
                box = (round(left), round(middle - half), round(left + wide) - 2, round(middle + half))
                draw.rectangle(box, fill=MARKS + list(LOOKS).index(verdict))
    for family, (name, _) in enumerate(card.families):
        right = 0 < family == len(card.families) - 1
        place = WIDTH - EDGE if right else round(lefts[starts[family]])
        _write(image, (place, STRIP[1] + 10), name, 22, right=right)


def _write(
    image: Image.Image, place: tuple[int, int], words: str, size: int, shades: tuple[int, int] = OF_INK, *,
    bold: bool = False, right: bool = False,
) -> None:  # fmt: skip
    """Write one line with its upper left corner, or its upper right one, at `place`."""
    font = _font(size, bold)
    wide = min(round(font.getlength(words)) + 2, WIDTH)
    grey = Image.new("L", (wide, round(size * 1.4)), 0)
    ImageDraw.Draw(grey).text((0, 0), words, fill=255, font=font)
    before, count = shades
    levels = [round(value / 255 * count) for value in range(256)]
    image.paste(
        grey.point([level and before + level for level in levels]),
        (place[0] - wide if right else place[0], place[1]),
    )


def _fitted(title: str) -> tuple[int, list[str]]:
    """The largest size at which a title takes three lines or fewer, and the lines."""
    for size in (56, 48, 42):
        lines = _wrapped(title, size)
        if len(lines) * size * 1.25 <= 200:
            return size, lines
    return 36, _wrapped(title, 36)[:4]


def _wrapped(words: str, size: int) -> list[str]:
    lines = [""]
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and _font(size, True).getlength(longer) > WIDTH - 2 * EDGE:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _cut(words: str, size: int, bold: bool) -> str:
    """The words, shortened at the end where they are longer than a line."""
    font, longest = _font(size, bold), WIDTH - 2 * EDGE
    if font.getlength(words) <= longest:
        return words
    ends = range(min(len(words), 200), 0, -1)
    return next((f"{words[:end]} …" for end in ends if font.getlength(f"{words[:end]} …") <= longest), "…")


def _palette(said: tuple[int, int, int]) -> list[int]:
    """The colours one after the other, as numbers for red, green and blue."""
    colours: list[tuple[int, ...]] = [PAPER]
    for colour, (_, count) in ((INK, OF_INK), (said, OF_VERDICT)):
        for level in range(1, count + 1):
            colours.append(tuple(round(a + (b - a) * level / count) for a, b in zip(PAPER, colour, strict=True)))
    return [number for colour in [*colours, *(mark for _, mark in LOOKS.values())] for number in colour]


@lru_cache(maxsize=32)
def _font(size: int, bold: bool) -> ImageFont.FreeTypeFont:
    """DejaVu Sans as it comes with matplotlib, which need not be imported for that."""
    found = find_spec("matplotlib")
    assert found and found.origin
    fonts = Path(found.origin).parent / "mpl-data/fonts/ttf"
    return ImageFont.truetype(
        fonts / f"DejaVuSans{'-Bold' if bold else ''}.ttf", size, layout_engine=ImageFont.Layout.BASIC
    )
