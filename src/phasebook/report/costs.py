"""The first page's figure over all columns: what the guides' recipe and Monte Carlo dropout give on each release.

Drawn from the whole numbers in data/numbers; a column whose numbers belong to another run is left out.
"""

from statistics import median_low

from markupsafe import Markup, escape
from msgspec import Struct

from phasebook.project.claims import Claim
from phasebook.report.columns import Column, spans
from phasebook.report.facts import Facts
from phasebook.running import numbers

CLAIM = "cost-guide-recipe"
LEFT, STEP, LABELS = 44, 15, 104  # pixels: left of the columns, from column to column, below them for their names


class Panel(Struct, frozen=True):
    """One of the figure's two parts: a title, the settings it compares, and its scale in per cent or points."""

    title: str
    settings: tuple[str, str]  # drawn as rings with a line from lowest to highest, and as crosses
    low: int
    high: int
    top: int
    height: int

    def y(self, value: float) -> float:
        """Where a value stands; what lies beyond the scale stands at its end."""
        inside = min(max(value, self.low), self.high)
        return round(self.top + self.height * (self.high - inside) / (self.high - self.low), 1)


PANELS = (
    Panel(
        "Fine-tuning, batches of 4: accuracy in per cent",
        ("the guides' recipe, batches of 4", "BatchNormalization frozen, batches of 4"), 80, 100, 26, 140,
    ),
    Panel(
        "Monte Carlo dropout: calibration error in points",
        ("calibration error, mean of dropping", "calibration error, one prediction"), 0, 10, 212, 100,
    ),
)  # fmt: skip
HEIGHT = PANELS[-1].top + PANELS[-1].height + LABELS


def figure(facts: Facts) -> Markup:
    """The figure with its alternative text; nothing where no column has the numbers."""
    claim = facts.claims.get(CLAIM)
    drawn = _with_numbers(facts, claim) if claim else []
    if not drawn:
        return Markup("")
    inside = "".join(_panel(panel, [found for _, found in drawn]) for panel in PANELS) + _names(drawn)
    width = max(LEFT + STEP * len(drawn) + 8, 340)  # the titles need as much
    return Markup(
        f'<figure class="scroll" tabindex="0"><svg viewBox="0 0 {width} {HEIGHT}" width="{width}" '
        f'height="{HEIGHT}" role="img" aria-label="{escape(alternative(drawn))}" font-size="11" '
        f'fill="currentColor">{inside}</svg></figure>'
    )


def alternative(drawn: list[tuple[Column, numbers.Table]]) -> str:
    """The figure in words: the median of every setting, neighbours that agree together."""
    sentences = [
        f"{panel.title}, {setting.partition(', batches')[0]}: {_medians(drawn, setting)}."
        for panel in PANELS
        for setting in panel.settings
    ]
    return "Medians over five seeds by release. " + " ".join(sentences)


def _medians(drawn: list[tuple[Column, numbers.Table]], setting: str) -> str:
    medians = {column.name: median_low(table[setting]) for column, table in drawn}
    alike = spans([column for column, _ in drawn], lambda column: medians[column.name])
    return "; ".join(f"{span.label}: {medians[span.columns[0].name]}" for span in alike)


def _with_numbers(facts: Facts, claim: Claim) -> list[tuple[Column, numbers.Table]]:
    """The columns that have every number of the figure."""
    needed = {setting for panel in PANELS for setting in panel.settings}
    found = [(c, numbers.load(facts.folders, c.environment, claim.notebook)) for c in facts.columns]
    return [(column, table) for column, table in found if all(table.get(name) for name in needed)]


def _x(place: int) -> int:
    return LEFT + STEP * place + STEP // 2


def _panel(panel: Panel, tables: list[numbers.Table]) -> str:
    """A panel: its title, its scale, and for each column both settings."""
    first, second = panel.settings
    end = LEFT + STEP * len(tables)
    ranges, rings, crosses = "", "", ""
    for place, table in enumerate(tables):
        x, own = _x(place), table[first]
        ranges += f"M{x} {panel.y(min(own))}V{panel.y(max(own))}"
        rings += f'<circle cx="{x}" cy="{panel.y(median_low(own))}" r="4"/>'
        crosses += f"m{x - 3} {panel.y(median_low(table[second])) - 3}l6 6m-6 0l6-6".replace("m", "M", 1)
    ticks = "".join(
        f'<text x="{LEFT - 6}" y="{panel.y(value) + 4}" text-anchor="end">{value}</text>'
        for value in (panel.low, (panel.low + panel.high) // 2, panel.high)
    )
    scale = "".join(f"M{LEFT} {panel.y(v)}H{end}" for v in (panel.low, (panel.low + panel.high) // 2, panel.high))
    return (
        f'<text x="0" y="{panel.top - 12}" font-weight="600">{escape(panel.title)}</text>{ticks}'
        f'<path d="{scale}" stroke="currentColor" stroke-opacity=".25"/>'
        f'<path d="{ranges}" stroke="#3f8fd2" stroke-width="2"/>'
        f'<g fill="none" stroke="#3f8fd2" stroke-width="2">{rings}</g>'
        f'<path d="{crosses}" stroke="#d97a1d" stroke-width="1.6"/>'
    )


def _names(drawn: list[tuple[Column, numbers.Table]]) -> str:
    """The columns' names below the figure, upright."""
    y = HEIGHT - LABELS + 8
    names = "".join(
        f'<text transform="translate({_x(place) + 4} {y}) rotate(-90)">{escape(_short(column))}</text>'
        for place, (column, _) in enumerate(drawn)
    )
    return f'<g text-anchor="end">{names}</g>'


def _short(column: Column) -> str:
    if column.family == "Keras 3":
        return f"{column.release} Keras {column.keras}"
    return f"{column.release} tf-keras" if column.family == "tf-keras" else column.release
