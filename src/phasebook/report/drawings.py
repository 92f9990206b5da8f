"""SVG figures made safe for a page: known elements and attributes only, ids of their own, an accessible name."""

import re
from functools import lru_cache
from xml.etree import ElementTree

from markupsafe import Markup, escape

from phasebook.languages.labels import LABEL

SVG = "http://www.w3.org/2000/svg"
NOTHING = Markup("")
FIRST = "f1-"  # the prefix of the ids in a page's first figure
XLINK = "{http://www.w3.org/1999/xlink}href"
_ELEMENTS = {
    "svg", "g", "defs", "path", "use", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan",
    "clipPath", "pattern", "linearGradient", "radialGradient", "stop", "marker", "mask",
}  # fmt: skip
_ATTRIBUTES = {
    "d", "points", "x", "y", "x1", "y1", "x2", "y2", "dx", "dy", "cx", "cy", "r", "rx", "ry", "fx", "fy", "width",
    "height", "transform", "rotate", "offset", "pathLength", "textLength", "lengthAdjust", "viewBox", "orient",
    "preserveAspectRatio", "fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-opacity",
    "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-dasharray", "stroke-dashoffset", "opacity",
    "color", "clip-path", "clip-rule", "mask", "marker-start", "marker-mid", "marker-end", "markerWidth",
    "markerHeight", "markerUnits", "refX", "refY", "font", "font-family", "font-size", "font-style", "font-weight",
    "font-variant", "font-stretch", "text-anchor", "dominant-baseline", "letter-spacing", "word-spacing",
    "text-decoration", "visibility", "stop-color", "stop-opacity", "gradientUnits", "gradientTransform",
    "spreadMethod", "patternUnits", "patternContentUnits", "patternTransform", "maskUnits", "maskContentUnits",
    "clipPathUnits", "paint-order", "shape-rendering", "vector-effect",
}  # fmt: skip
_GLYPH = re.compile(r'(<path [^<>]*) id="(f\d+-DejaVu[^"]*)"([^<>]*/>)')
_NAMED = re.compile(r'( id="|href="#|url\(#)(f\d+-[\w.-]+)')
_NUMBER = re.compile(r"-?(?<![.\d])\d*\.\d+(?:e[-+]?\d+)?(?![.\d])")  # no other number beside it, as in "1.5.5"
_MARKERS = re.compile(
    r'<use(?: [xy]="[^"]*")*( fill="[^"]*" stroke="[^"]*")[^>]*/>(?:<use(?: [xy]="[^"]*")*\1[^>]*/>)+'
)
_FUNCTIONS = {"matrix", "translate", "scale", "rotate", "skewX", "skewY", "rgb", "rgba", "hsl", "hsla"}
_INHERITED = ' stroke-linejoin="round" stroke-linecap="butt"'  # matplotlib says so for `*` in a style element


def drawing(svg: str, alternative: str, prefix: str, caption: Markup = NOTHING) -> Markup:
    """A figure for a page: the SVG inline, so that `currentColor` is the page's own.

    The element "<prefix>said" of its caption names it; without a caption, `alternative` does.
    """
    body = _rebuilt(svg, prefix)
    if body is None:
        return Markup("<p>{}</p>").format(alternative or "A figure that cannot be shown.")
    start, inside = body.split(">", 1)
    if prefix == FIRST:
        inside = f'<g id="{FIRST}whole">{inside.removesuffix("</svg>")}</g></svg>'
    name = _by(prefix) if caption and alternative else f'aria-label="{escape(alternative)}"'
    return _figure(start, name, inside, caption)


def again(svg: str, prefix: str, caption: Markup = NOTHING) -> Markup:
    """The page's first figure, which has that prefix there, once more; nothing where it cannot be shown."""
    body = _rebuilt(svg, prefix)
    if body is None:
        return NOTHING
    return _figure(body.split(">", 1)[0], _by(prefix), f'<use href="#{prefix}whole"/></svg>', caption)


def _by(prefix: str) -> str:
    """The attribute that names a figure by the words in its caption."""
    return f'aria-labelledby="{prefix}said"'


def _figure(start: str, name: str, inside: str, caption: Markup) -> Markup:
    return Markup(f'<figure>{start} role="img" {name}>{inside}{caption}</figure>')


def shared_glyphs(page: str) -> str:
    """A page's figures with each glyph of matplotlib's font once, which the others use, and with short ids."""
    known: dict[str, str] = {}  # by what is drawn

    def once(found: re.Match[str]) -> str:
        before, own, after = found.groups()
        first = known.setdefault(before + after, own)
        names[own] = names.setdefault(first, f"_{len(names)}")  # no heading has such an id
        return found[0] if first == own else ""

    def renamed(found: re.Match[str]) -> str:
        start, own = found.groups()
        return start + names.setdefault(own, f"_{len(names)}")

    names: dict[str, str] = {}
    page = _GLYPH.sub(once, page).replace("<defs></defs>", "")
    return re.sub(r"<svg .*?</svg>", lambda svg: _NAMED.sub(renamed, svg[0]), page, flags=re.DOTALL)


def picture(svg: str) -> tuple[bytes, tuple[int, int]] | None:
    """The SVG as a file of its own, dark where the reader's setting is dark, and its size in pixels."""
    body = harmless(svg)
    if body is None:
        return None
    start, _, rest = body.partition(">")
    style = "<style>svg{color:#1c2024}@media(prefers-color-scheme:dark){svg{color:#e6e8eb}}</style>"
    width, height = re.findall(r'(?:width|height)="(\d+)"', start)[:2]
    return f'{start} xmlns="{SVG}">{style}{rest}\n'.encode(), (int(width), int(height))


def harmless(svg: str) -> str | None:
    """The SVG written anew from what neither runs nor loads anything; None where it is not well-formed."""
    return _rebuilt(svg, "")


@lru_cache(maxsize=256)
def _rebuilt(svg: str, prefix: str) -> str | None:
    """The SVG written anew from what is known to be harmless; None where it is not well-formed."""
    if "<!ENTITY" in svg:
        return None
    with_comments = ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))
    try:
        root = ElementTree.fromstring(svg, with_comments)
    except ElementTree.ParseError:
        return None
    if root.tag != f"{{{SVG}}}svg":
        return None
    _name_labels(root)
    return _written(root, prefix, set(re.findall(r"#([\w.-]+)", svg)))


def _name_labels(element: ElementTree.Element, side: str = "middle") -> None:
    """Note on each group of glyphs the words from matplotlib's comment before it, and which side stays in place.

    `phasebook.languages.labels` puts another language there, or takes the note off.
    """
    name = element.get("id", "").partition("_")[0]
    side = {"ytick": "end", "legend": "start"}.get(name, side)
    comment: ElementTree.Element | None = None
    for child in element:
        if child.tag == ElementTree.Comment:  # type: ignore[comparison-overlap]
            comment = child
        elif comment is not None and child.find(f"{{{SVG}}}use") is not None:
            child.set(LABEL, f"{side}|{(comment.text or '').strip()}")
        else:
            _name_labels(child, side)


def _written(element: ElementTree.Element, prefix: str, used: set[str]) -> str:
    """An element and what is inside; nothing for what is unknown or a group of nothing."""
    name = str(element.tag).removeprefix(f"{{{SVG}}}")
    if name not in _ELEMENTS:
        return ""
    speaks = name in ("text", "tspan")
    inside = str(escape(element.text or "")) if speaks else ""
    for child in element:
        inside += _written(child, prefix, used) + (str(escape(child.tail or "")) if speaks else "")
    if not inside and name in ("g", "defs"):
        return ""
    attributes = _attributes(element, prefix, used) if name != "svg" else ""
    markers = _MARKERS.fullmatch(inside) if name == "g" and 'fill="' not in attributes else None
    if markers:  # of one look, which their group has for all
        attributes, inside = attributes + markers[1], inside.replace(markers[1], "")
    if name == "g" and not attributes:
        return inside
    start = f"<{name}{_size(element) if name == 'svg' else attributes}"
    return f"{start}>{inside}</{name}>" if inside or name == "svg" else f"{start}/>"


def _size(root: ElementTree.Element) -> str:
    """The view box, and the size in pixels that it is drawn at where there is room."""
    box = root.get("viewBox", "0 0 100 100")
    number = r"-?\d{1,6}(?:\.\d{1,9})?"
    if not re.fullmatch(rf"\s*{number}(?:[\s,]+{number}){{3}}\s*", box):
        box = "0 0 100 100"
    width, height = (round(abs(float(found)) * 4 / 3) for found in re.findall(number, box)[2:])
    return f' viewBox="{escape(box)}" width="{width}" height="{height}"{_INHERITED}'


def _attributes(element: ElementTree.Element, prefix: str, used: set[str]) -> str:
    """The harmless attributes, `style` taken apart; ids that are used, and what points at them, prefixed.

    Coordinates keep one decimal, a tenth of a point.
    """
    found = {key: value for key, value in element.items() if key in _ATTRIBUTES}
    for key in {"d", "points", "x", "y"} & set(found):
        found[key] = _rounded(found[key])
    _coarsen(found)
    _place(element, found)
    for rule in element.get("style", "").split(";"):
        key, _, value = rule.partition(":")
        found[key.strip()] = value.strip()
    kept = {key: value.replace("url(#", f"url(#{prefix}") for key, value in found.items() if _harmless(key, value)}
    if element.get("id") in used:
        kept["id"] = prefix + element.attrib["id"]
    target = element.get(XLINK) or element.get("href") or ""
    if re.fullmatch(r"#[\w.-]+", target):
        kept["href"] = f"#{prefix}{target[1:]}"
    if LABEL in element.attrib:
        kept[LABEL] = element.attrib[LABEL]
    return "".join(f' {key}="{escape(value)}"' for key, value in kept.items())


def _coarsen(found: dict[str, str]) -> None:
    """Draw a glyph of matplotlib's in 400ths of its size instead of 6400ths, which nobody can see."""
    if found.get("transform") == "scale(0.015625)" and "d" in found:
        found["d"] = re.sub(r"-?\d+(?:\.\d+)?", lambda one: str(round(float(one[0]) / 16)), found["d"])
        found["transform"] = "scale(0.25)"


def _place(element: ElementTree.Element, found: dict[str, str]) -> None:
    """Round where an element is moved to; a glyph that is only moved says so with the shorter `x` and `y`."""
    if "transform" not in found:
        return
    moved = re.sub(r"translate\([^()]*\)", lambda one: _rounded(one[0]), found.pop("transform"))
    only = re.fullmatch(r"translate\((-?[\d.]+)[ ,](-?[\d.]+)\)", moved)
    if only and element.tag == f"{{{SVG}}}use" and not {"x", "y"} & set(found):
        found |= {key: value for key, value in zip("xy", only.groups(), strict=True) if value not in ("0", "-0")}
    else:
        found["transform"] = moved


def _rounded(numbers: str) -> str:
    """Numbers with one decimal at most, and no space beside the letters of a path."""
    short = _NUMBER.sub(lambda one: f"{float(one[0]):.1f}".removesuffix(".0"), numbers)
    return re.sub(r"(?<=[A-Za-z]) +| +(?=[A-Za-z])|(?<= ) +| +$", "", short)


def _harmless(key: str, value: str) -> bool:
    """Whether an attribute is known, and its value made of plain words, numbers and known functions alone."""
    if key not in _ATTRIBUTES:
        return False
    if re.fullmatch(r"url\(#[\w.-]+\)", value):
        return True
    functions = re.findall(r"(?<![\w-])([\w-]*)\s*\(", value)
    return re.fullmatch(r"[\w\s.,#%()+'-]*", value) is not None and set(functions) <= _FUNCTIONS
