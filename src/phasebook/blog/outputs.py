"""What a notebook's cells left behind, records and figures, as parts of a neutral post."""

from typing import Any

from phasebook.blog.tree import Block, Blocks, Code, Inline, Items, Paragraph, Said, Styled, Text
from phasebook.report.drawings import SVG, harmless

# An <img> has no text colour to inherit; with its own ground a figure is legible on any page.
_INK = (
    "<style>:root{color:#24292f;background:#fff}"
    "@media(prefers-color-scheme:dark){:root{color:#e6edf3;background:#1b1b1f}}</style>"
)


def recorded(records: list[dict[str, Any]]) -> Blocks:
    """What the cases of a cell recorded: for each claim one list, an item for each case."""
    blocks: Blocks = []
    for claim in dict.fromkeys(record["claim"] for record in records):
        blocks.append(Paragraph([Text("Recorded for "), Code(claim), Text(":")]))
        items: list[Blocks] = [[_case(record)] for record in records if record["claim"] == claim]
        blocks.append(Items(items))
    return blocks


def _case(record: dict[str, Any]) -> Block:
    name = Styled("strong", [Said([Text(record["case"])])])

    def own(key: str) -> Inline:
        return Said([Text(str(record[key]))])

    if "unavailable" in record:
        return Paragraph([Text("– "), name, Text(": unavailable. "), own("unavailable"), Text(".")])
    if "error" in record:
        return Paragraph([Text("! "), name, Text(": error. "), Said([Text(record["error"])], "kept")])
    if record["holds"]:
        return Paragraph([Text("✓ "), name, Text(": "), own("observed"), Text(", as expected.")])
    expected = [Text(": not as expected. Expected: "), own("expected")]
    return Paragraph([Text("✗ "), name, *expected, Text(". Observed: "), own("observed"), Text(".")])


def svg_file(svg: str) -> bytes | None:
    """A figure's SVG as a file of its own, with ink and ground for light and dark.

    It is written anew from what neither runs nor loads anything, with its words labelled (`languages/labels.py`);
    None where it is not well-formed.
    """
    for name, address in (("xlink", "http://www.w3.org/1999/xlink"), ("", SVG)):
        attribute = f"xmlns:{name}" if name else "xmlns"
        if f"{attribute}=" not in svg.partition(">")[0]:
            svg = svg.replace("<svg", f'<svg {attribute}="{address}"', 1)
    found = harmless(svg)
    if found is None:
        return None
    opening, end, rest = found.removeprefix("<svg").partition(">")
    return f'<svg xmlns="{SVG}"{opening}{end}{_INK}{rest}'.encode()
