"""Figures in one style: SVG without background, readable in light and dark and without colour.

Ink is drawn in a marked colour that becomes `currentColor`, so that a page's own text colour applies.
"""

import io
import re

import matplotlib
from IPython.display import display
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

INK = "#123456"  # stands for the page's text colour until `show` replaces it
BLUE, ORANGE, GREEN, PURPLE, GREY = "#3f8fd2", "#d97a1d", "#2f9e6e", "#a86fc4", "#8a8f98"
HATCHES = ["", "///", "...", "xx", "\\\\\\"]
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "none",
    "hatch.color": INK,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "lines.linewidth": 2,
    "patch.edgecolor": INK,
    "svg.fonttype": "path",
    "svg.hashsalt": "phasebook",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def panels(columns=1, rows=1, width=7.0, height=3.0, **layout):
    """A figure and its axes (as pyplot.subplots gives them), sizes in inches, in Phasebook's style."""
    known = {key: value for key, value in STYLE.items() if key in matplotlib.rcParams}
    matplotlib.rcParams.update(known)
    figure = Figure(figsize=(width, height))
    FigureCanvasSVG(figure)
    return figure, figure.subplots(rows, columns, **layout)


def show(figure, alternative):
    """Display `figure` as SVG with its alternative text, which must be made from the data drawn.

    Raises ValueError for a text too short to say anything. The SVG is the same to the byte for the
    same data: no date, fixed ids, glyphs as paths.
    """
    if len(alternative) < 40:
        raise ValueError("the alternative text says too little: %r" % alternative)
    file = io.BytesIO()
    figure.tight_layout()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    svg = file.getvalue().decode().replace(INK, "currentColor")
    svg = svg[svg.index("<svg"):]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    bundle = {"image/svg+xml": svg, "text/plain": alternative}
    display(bundle, metadata={"image/svg+xml": {"alt": alternative}}, raw=True)
