"""What was seen of a model: `modes` and its result, as rows, a dict, JSON, a table, HTML and a figure."""

import json

from layermodes import tables
from layermodes.flavours import flavour_of, is_a, layers_inside
from layermodes.remembering import forget
from layermodes.running import CALLS, CANNOT, NOT_REACHED, observe_all
from layermodes.watching import has_mode, is_unit

SCHEMA = 1


def modes(model, x, y=None):
    """Run `model` on a real batch once for each way to call it, and say what each layer with a mode did.

    The ways: `training=True`, `training=False`, "none" (a plain call), "fit" (one step of the model's own
    `train_step`, where it is compiled) and "predict". The model is left as it was. Raises InputError, with
    one sentence, where the model or the data cannot be looked at.
    """
    forget()
    try:
        passes, changed = observe_all(model, x, y)
        return Modes(model, passes, changed)
    finally:
        forget()


class Row:
    """One layer in one place: what it did in each call and why, its flag, and what the step did to its weights."""

    def __init__(self, path, layer):
        self.path, self.layer = path, layer
        self.name = type(layer).__name__
        self.trainable = bool(layer.trainable)
        self.calls, self.why, self.seen = {}, {}, {}
        self.weights_moved = self.statistics_moved = None

    def expected(self, call):
        """The mode that the call and the flag would let expect."""
        if call in ("training=False", "none", "predict"):
            return "infers"
        return "infers" if is_a(self.layer, "BatchNormalization") and not self.trainable else "trains"


class Modes:
    """The result of `modes`: `rows`, `findings`, `to_dict()`, `to_json()`, `to_html()`, `figure()`, `str()`."""

    def __init__(self, model, passes, changed=()):
        self.model_name = model.name
        self.versions = flavour_of(model).versions()
        self.passes = passes
        self.failures = {one.call: one.failure for one in passes if one.failure}
        self.rows = rows_of(model, passes, changed)
        from layermodes.rules import findings_of

        self.findings = findings_of(model, self, changed)

    def to_dict(self):
        """Everything as plain values, in the format that others rely on."""
        return {
            "schema": SCHEMA,
            "versions": dict(self.versions),
            "layers": [
                {
                    "path": row.path,
                    "class": row.name,
                    "trainable": row.trainable,
                    "calls": dict(row.calls),
                    "why": dict(row.why),
                    "expected": {call: row.expected(call) for call in CALLS},
                    "weights_moved_in_fit": row.weights_moved,
                    "statistics_moved_in_fit": row.statistics_moved,
                }
                for row in self.rows
            ],
            "findings": [finding.to_dict() for finding in self.findings],
        }

    def to_json(self):
        """`to_dict` as JSON text."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False)

    def to_html(self):
        """A table for a notebook, folded as on the terminal."""
        return tables.html(self)

    def figure(self):
        """A matplotlib figure, a row for each layer and a column for each call; needs matplotlib."""
        from layermodes.drawing import figure

        return figure(self)

    def _repr_html_(self):
        return self.to_html()

    def __str__(self):
        return tables.text(self)

    __repr__ = __str__


def rows_of(model, passes, changed):
    """A row for each layer with a mode in each place where it was called, then those that were never reached."""
    rows = {}
    for one in passes:
        for path, seen in one.seen.items():
            rows.setdefault(path, Row(path, seen.frame.layer))
            rows[path].seen[one.call] = seen
    reached = {id(row.layer) for row in rows.values()}
    for path, layer in unreached(model, reached):
        rows[path] = Row(path, layer)
    order = {path: place for place, path in enumerate(longest(passes))}
    for row in rows.values():
        fill(row, passes, changed)
    return sorted(rows.values(), key=lambda row: order.get(row.path, len(order)))


def longest(passes):
    """The paths in the order of the pass that reached most layers."""
    return max((list(one.seen) for one in passes), key=len, default=[])


def fill(row, passes, changed):
    """What a row says of each call."""
    for one in passes:
        seen = row.seen.get(one.call)
        if one.failure:
            row.calls[one.call] = one.failure if one.failure == "not compiled" else CANNOT + one.failure
        elif seen is None:
            row.calls[one.call] = NOT_REACHED
        elif one.call == "fit" and id(row.layer) in changed:
            row.calls[one.call] = (
                CANNOT + "`trainable` was changed after compile; a step that was traced before goes on"
            )
        else:
            row.calls[one.call] = seen.did
            row.why[one.call] = seen.reason.text
        if one.call == "fit" and id(row.layer) in one.moved:
            weights, statistics = one.moved[id(row.layer)]
            frozen = not row.trainable and bool(statistics)
            row.weights_moved = any(weights) if weights else (False if frozen else None)
            row.statistics_moved = any(statistics) if statistics else None


def unreached(model, reached):
    """Layers with a mode that no call reached, with their paths."""

    def walk(layer, prefix, found):
        for inner in layers_inside(layer):
            path = prefix + inner.name
            if has_mode(inner) and id(inner) not in reached:
                found.setdefault(path, inner)
            if not is_unit(inner):
                walk(inner, path + "/", found)
        return found

    return walk(model, "", {}).items() if not is_unit(model) else []
