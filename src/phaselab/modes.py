"""One figure for many cases: where each call was stated to run, training or inference, and where it ran.

Notebooks end with it, so that the whole experiment can be taken in at a glance.
"""

from matplotlib.patches import FancyBboxPatch

from layermodes.observe import DROPPED, INFERS, KEPT_ALL, TRAINS
from phaselab.draw import BLUE, GREY, INK, ORANGE, panels, show

COLUMNS = {"inference mode": 0, "training mode": 1, "neither": 2}
MODES = {TRAINS: "training mode", DROPPED: "training mode", INFERS: "inference mode", KEPT_ALL: "inference mode"}


def show_modes(experiment, title, rows):
    """Draw and display one row for each (label, claim, part) of `rows`, from the experiment's records.

    A row holds the claim's records whose case name contains `part`. A frame marks the mode that was stated,
    a dot a case that ran in it, a cross one that did not. Where nothing was recorded, the row says so.
    """
    found = [(label, _modes(experiment, claim, part)) for label, claim, part in rows]
    neither = any("neither" in pair for _, pairs in found for pair in pairs)
    figure, axes = panels(width=7.2, height=1.1 + 0.42 * len(rows))
    for place, (_, pairs) in enumerate(found):
        _draw_row(axes, place, pairs)
    shown = list(COLUMNS)[:3 if neither else 2]
    axes.set(xlim=(-0.5, len(shown) - 0.5), ylim=(len(rows) - 0.4, -0.6), title=title)
    axes.set_xticks(range(len(shown)))
    axes.set_xticklabels(shown)
    axes.xaxis.tick_top()
    axes.set_yticks(range(len(rows)))
    axes.set_yticklabels([label for label, _ in found])
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_xlabel("frame: as stated    dot: ran as stated    cross: ran otherwise")
    show(figure, title + ". " + " ".join(_words(label, pairs) for label, pairs in found))


def _modes(experiment, claim, part):
    """Pairs of (stated mode, mode seen), one for each case that was judged."""
    records = [r for r in experiment.records if r["claim"] == claim and part in r["case"] and "holds" in r]
    return [(MODES.get(r["expected"], "neither"), MODES.get(r["observed"], "neither")) for r in records]


def _draw_row(axes, place, pairs):
    for stated in sorted({stated for stated, _ in pairs}):
        corner, style = (COLUMNS[stated] - 0.32, place - 0.3), "round,pad=0,rounding_size=0.1"
        axes.add_patch(FancyBboxPatch(corner, 0.64, 0.6, boxstyle=style, fill=False, edgecolor=INK))
    for mode, column in COLUMNS.items():
        here = [stated for stated, seen in pairs if seen == mode]
        for index, stated in enumerate(here):
            look = {"marker": "o", "color": BLUE} if stated == mode else {"marker": "X", "color": ORANGE}
            beside = 0.09 * (index - (len(here) - 1) / 2.0)
            axes.plot([column + beside], [place], markersize=7, linestyle="none", **look)
    if not pairs:
        axes.text(0.5, place, "not in this release", ha="center", va="center", style="italic", color=GREY)


def _words(label, pairs):
    """One row of the figure as a sentence."""
    if not pairs:
        return "%s: not in this release." % label
    stated = " or ".join(sorted({stated for stated, _ in pairs}))
    seen = ["%d of %d in %s" % (sum(s == mode for _, s in pairs), len(pairs), mode)
            for mode in COLUMNS if any(s == mode for _, s in pairs)]
    return "%s: stated %s, seen %s." % (label, stated, ", ".join(seen))
