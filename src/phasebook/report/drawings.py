"""SVG figures made safe for a page: known elements and attributes only, ids of their own, an accessible name."""

import re
from functools import lru_cache
from xml.etree import ElementTree

from markupsafe import Markup, escape

SVG = "http://www.w3.org/2000/svg"
XLINK = "{http://www.w3.org/1999/xlink}href"
_ELEMENTS = {
    "svg", "g", "defs", "path", "use", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan",
    "clipPath", "pattern", "linearGradient", "radialGradient", "stop", "marker", "mask",
}  # fmt: skip
_DROPPED = {"id", "class", "style", "href", "tabindex", "role", "lang"}
_INHERITED = ' stroke-linejoin="round" stroke-linecap="butt"'  # matplotlib says so for `*` in a style element


def drawing(svg: str, alternative: str, prefix: str) -> Markup:
    """A figure for a page: the SVG inline, so that `currentColor` is the page's own, named by `alternative`."""
    body = _rebuilt(svg, prefix)
    if body is None:
        return Markup("<p>{}</p>").format(alternative or "A figure that cannot be shown.")
    named = f' role="img" aria-label="{escape(alternative)}"'
    return Markup(f"<figure>{body.replace('>', named + '>', 1)}</figure>")


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
    try:
        root = ElementTree.fromstring(svg)
    except ElementTree.ParseError:
        return None
    if root.tag != f"{{{SVG}}}svg":
        return None
    return _written(root, prefix, set(re.findall(r"#([\w.-]+)", svg)))


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
    start = f"<{name}{_size(element) if name == 'svg' else _attributes(element, prefix, used)}"
    return f"{start}>{inside}</{name}>" if inside or name == "svg" else f"{start}/>"


def _size(root: ElementTree.Element) -> str:
    """The view box, and the size in pixels that it is drawn at where there is room."""
    box = root.get("viewBox", "0 0 100 100")
    numbers = re.findall(r"[\d.]+", box)
    width, height = (round(float(number) * 4 / 3) for number in (numbers + ["100"] * 4)[2:4])
    return f' viewBox="{escape(box)}" width="{width}" height="{height}"{_INHERITED}'


def _attributes(element: ElementTree.Element, prefix: str, used: set[str]) -> str:
    """The harmless attributes, `style` taken apart; ids that are used, and what points at them, prefixed.

    Coordinates keep two decimals, a hundredth of a point.
    """
    found = {key: value for key, value in element.items() if "{" not in key and key not in _DROPPED}
    for key in {"d", "points", "x", "y"} & set(found):
        found[key] = re.sub(r"(\.\d\d)\d+", r"\1", found[key])
    for rule in element.get("style", "").split(";"):
        key, _, value = rule.partition(":")
        found[key.strip()] = value.strip()
    if element.get("id") in used:
        found["id"] = prefix + element.attrib["id"]
    target = element.get(XLINK) or element.get("href") or ""
    if target.startswith("#"):
        found["href"] = f"#{prefix}{target[1:]}"
    kept = {key: value.replace("url(#", f"url(#{prefix}") for key, value in found.items() if _harmless(key, value)}
    return "".join(f' {key}="{escape(value)}"' for key, value in kept.items())


def _harmless(key: str, value: str) -> bool:
    if not re.fullmatch(r"[a-zA-Z][a-zA-Z-]*", key) or key.lower().startswith("on"):
        return False
    return not re.search(r"url\((?!#)|javascript:|https?:|data:|expression", value, flags=re.IGNORECASE)
