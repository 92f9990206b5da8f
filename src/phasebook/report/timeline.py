"""The picture of the whole report: every claim that ever changed, as a line through the releases, by date."""

import io
from datetime import date
from itertools import pairwise
from typing import Any

from phasebook.history.lines import lines_of, verdicts
from phasebook.history.neighbours import merged
from phasebook.history.wording import label
from phasebook.report.columns import Column
from phasebook.report.facts import Facts

INK = "#123456"  # stands for the page's text colour until the SVG is written
LIGHT = {"ink": "#1c2024", "paper": "#ffffff"}
LOOKS = {"holds": (0.8, "#3f8fd2"), "fails": (0.36, "#d97a1d"), "unavailable": (0.1, "#8a8f98")}  # height, colour
LEFT = 0.21  # the share of the width that the experiments' names take
MOST_NAMED = 4  # turns that are named above the picture


class Timeline:
    """The claims that changed on the main line of releases, and when each release came."""

    def __init__(self, facts: Facts) -> None:
        known = {column.name: column for column in facts.columns}
        main = [known[name] for name in lines_of(facts.environments).main if name in known]
        # several TensorFlows run the newest Keras: the first of them stands for it
        self.columns: list[Column] = [those[0] for those in merged(main, lambda column: label(column.environment))]
        names = [column.name for column in self.columns]
        self.rows: list[tuple[str, list[str]]] = []
        self.groups: list[tuple[str, int]] = []  # an experiment's number and how many rows it has
        for stem, claims in facts.notebooks.items():
            changed = []
            for claim in claims:
                found = verdicts(claim.id, names, facts.results)
                words = [found.get(name, "") for name in names]
                if len({word for word in words if word in LOOKS}) > 1:
                    changed.append((claim.id, words))
            self.rows += changed
            self.groups += [(stem, len(changed))] if changed else []

    @property
    def dates(self) -> list[date]:
        """When each release of the line came; never before the one to its left."""
        found: list[date] = []
        for column in self.columns:
            own = column.environment.first_released
            found.append(max(own, found[-1]) if found else own)
        return found

    def turns(self) -> list[tuple[int, int]]:
        """Column numbers with how many claims change there, those with the most first."""
        counts = [
            (place, sum(words[place - 1] != words[place] for _, words in self.rows))
            for place in range(1, len(self.columns))
        ]
        return sorted(((place, count) for place, count in counts if count), key=lambda one: (-one[1], one[0]))

    def alternative(self) -> str:
        """The picture in words, from the data drawn."""
        names = [label(column.environment) for column in self.columns]
        told = ", ".join(f"{count} at {names[place]}" for place, count in self.turns()[:MOST_NAMED])
        return (
            f"A chart of time from {names[0]} to {names[-1]}. Each of {len(self.rows)} lines is a claim whose "
            "verdict changed: thick where the claim holds, thin where it fails, a hairline where it is "
            f"unavailable. Most verdicts change at these releases: {told}."
        )


def drawn(timeline: Timeline, width: float, height: float, *, card: bool = False) -> bytes:
    """The picture as SVG for a page, or with `card` as PNG, 100 pixels an inch; sizes in inches."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    ink = LIGHT["ink"] if card else INK
    style = {"font.family": "DejaVu Sans", "font.size": 9, "svg.hashsalt": "phasebook", "svg.fonttype": "path"}
    style |= dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.edgecolor"), ink)
    with rc_context(style):
        figure = Figure(figsize=(width, height), facecolor=LIGHT["paper"] if card else "none")
        (FigureCanvasAgg if card else FigureCanvasSVG)(figure)
        top = 0.80 if card else 0.86
        axes = figure.add_axes((LEFT, 0.1, 0.98 - LEFT, top - 0.1), facecolor="none")
        _rows(axes, timeline)
        _scales(axes, timeline)
        words = (
            "Each line is a claim whose verdict changed. Thick: it holds. Thin: it fails. Hairline: unavailable."
        )
        figure.text(LEFT, 0.015, words, fontsize=9)
        if card:
            title = "What do training, trainable and the learning phase really do?"
            figure.text(0.03, 0.92, title, fontsize=20, fontweight="bold")
        file = io.BytesIO()
        figure.savefig(
            file, format="png" if card else "svg", dpi=100, metadata=_nothing(card), transparent=not card
        )
    return file.getvalue() if card else file.getvalue().replace(INK.encode(), b"currentColor")


def _nothing(card: bool) -> dict[str, Any]:
    """No date and no program in the file: it is the same to the byte."""
    return {"Software": None} if card else {"Date": None, "Creator": None}


def _rows(axes: Any, timeline: Timeline) -> None:
    """One line a claim: its height says the verdict, and its colour."""
    days = [one.toordinal() for one in timeline.dates]
    ends = [*days[1:], days[-1] + 60]
    for number, (_, words) in enumerate(timeline.rows):
        for those in merged(range(len(words)), words.__getitem__):
            look = LOOKS.get(words[those[0]])
            if look:
                height, colour = look
                start, end = days[those[0]], ends[those[-1]]
                bottom = number - height / 2
                axes.broken_barh([(start, end - start)], (bottom, height), facecolor=colour, linewidth=0)


def _scales(axes: Any, timeline: Timeline) -> None:
    """Releases below, experiments at the left, the turns with the most changes named above."""
    days = [one.toordinal() for one in timeline.dates]
    axes.set_xlim(days[0], days[-1] + 60)
    axes.set_ylim(len(timeline.rows) - 0.5, -0.5)
    years = range(timeline.dates[0].year + 1, timeline.dates[-1].year + 1)
    axes.set_xticks([date(year, 1, 1).toordinal() for year in years], [str(year) for year in years])
    starts = [sum(count for _, count in timeline.groups[:place]) for place in range(len(timeline.groups) + 1)]
    middles = [(start + end - 1) / 2 for start, end in pairwise(starts)]
    axes.set_yticks(middles, [stem.replace("-", " ", 1).replace("-", " ") for stem, _ in timeline.groups])
    axes.tick_params(length=0)
    for start in starts[1:-1]:
        axes.axhline(start - 0.5, color=axes.xaxis.label.get_color(), linewidth=0.3)
    named: list[int] = []  # days
    for place, count in timeline.turns()[:MOST_NAMED]:
        beside = sum(abs(days[place] - day) < 0.1 * (days[-1] - days[0]) for day in named)
        named.append(days[place])
        name = label(timeline.columns[place].environment)
        axes.axvline(days[place], color=axes.xaxis.label.get_color(), linewidth=0.8, linestyle=":")
        right = days[place] > days[0] + 0.85 * (days[-1] - days[0])
        axes.annotate(
            f"{name}: {count}", (days[place], -0.7), xytext=(0, 4 + 12 * beside), textcoords="offset points",
            ha="right" if right else "left", va="bottom", annotation_clip=False,
        )  # fmt: skip
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
