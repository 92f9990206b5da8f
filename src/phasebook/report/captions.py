"""What to see in a figure: the notebook's own words, and what the figure says of its data."""

import re

from markupsafe import Markup
from nbformat import NotebookNode

from phasebook.report import text

_SEE = re.compile(r"\n*^\*\*What to see:\*\* (.+?)\s*(?=\n\n|\Z)", flags=re.MULTILINE | re.DOTALL)


def take(cells: list[NotebookNode]) -> None:
    """Move each paragraph "**What to see:** ..." from the prose to the next figure, where one was drawn."""
    told = None
    for cell in cells:
        if cell.cell_type == "markdown":
            told = cell if _SEE.search(cell.source) else None
        outputs = [output for output in cell.get("outputs", []) if "data" in output]
        for output in outputs:
            output.metadata.pop("phasebook", None)  # a kernel could have sent it
        drawn = next((output for output in outputs if "image/svg+xml" in output["data"]), None)
        if told and drawn:
            found = _SEE.search(told.source)
            assert found
            drawn.metadata["phasebook"] = {"see": found[1]}
            told.source = told.source.replace(found[0], "").strip("\n")
            told = None


def caption(see: str, alternative: str, prefix: str) -> Markup:
    """The caption of a figure: what to see, with the alternative text, made from the data drawn, folded below it.

    Where the notebook does not say what to see, the alternative text does. It stands on the page once, as the
    element "<prefix>said", which names the figure; a figure that is drawn once more has no `alternative`.
    """
    said = (
        Markup('<span id="{}">{}</span>').format(f"{prefix}said", text.plain(alternative)) if alternative else ""
    )
    if see and said:
        said = Markup("<details><summary>In words and numbers</summary><p>{}</p></details>").format(said)
    if see:
        return Markup("<figcaption><p><b>What to see:</b> {}</p>{}</figcaption>").format(text.inline(see), said)
    return Markup("<figcaption><p><b>What to see:</b> {}</p></figcaption>").format(said) if said else Markup("")
