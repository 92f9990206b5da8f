"""A result as a figure: a row for each layer, a column for each call."""

from layermodes.flavours import InputError
from layermodes.running import CALLS
from layermodes.tables import folded, label, short

COLOURS = {"trains": "#d95f02", "infers": "#1b9e77"}


def figure(result):
    """A matplotlib figure of a result; raises InputError where matplotlib is not installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError("a figure needs matplotlib, which is not installed") from None
    groups = folded(result.rows)
    drawn = Figure(figsize=(9, 1 + 0.4 * max(len(groups), 1)), layout="constrained")
    axes = drawn.add_subplot()
    for line, group in enumerate(groups):
        for column, call in enumerate(CALLS):
            said = short(group[0].calls.get(call, ""))
            axes.add_patch(rectangle(column, line, COLOURS.get(said, "#cccccc")))
            axes.text(column + 0.5, line + 0.5, said[:22], ha="center", va="center", fontsize=7)
    axes.set_xlim(0, len(CALLS))
    axes.set_ylim(max(len(groups), 1), 0)
    axes.set_xticks([place + 0.5 for place in range(len(CALLS))], CALLS)
    axes.set_yticks([place + 0.5 for place in range(len(groups))], [label(group) for group in groups])
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    return drawn


def rectangle(column, line, colour):
    """One cell of the figure."""
    from matplotlib.patches import Rectangle

    return Rectangle((column + 0.03, line + 0.06), 0.94, 0.88, facecolor=colour, alpha=0.55)
