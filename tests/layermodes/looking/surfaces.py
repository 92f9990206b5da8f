"""HTML, figure and command line of a result; and what a compiled step does to the weights."""

import contextlib
import io
import os
import sys
import tempfile

import numpy as np
from models import Eager, L, X, Y, keras, small

import layermodes
from layermodes.__main__ import main

Drop = type("Drop&<co>", (L.Dropout,), {})  # a name that must be escaped


def shown():
    """HTML and figure of a model, and what is said without matplotlib."""
    result = layermodes.modes(small(L.BatchNormalization(name="bn"), Drop(0.3, name="drop")), X, Y)
    drawn, picture = result.figure(), io.BytesIO()
    drawn.savefig(picture, format="png")
    axes = drawn.axes[0]
    told = {"html": result._repr_html_(), "png": len(picture.getvalue())}
    eager = layermodes.modes(Eager(), X)
    told.update({"eager": eager.to_dict(), "eager text": str(eager)})
    told["lines"] = [tick.get_text() for tick in axes.get_yticklabels()]
    told["columns"] = [tick.get_text() for tick in axes.get_xticklabels()]
    told["cells"] = [text.get_text() for text in axes.texts]
    here = {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "matplotlib"}
    sys.modules["matplotlib"] = None
    try:
        result.figure()
    except layermodes.InputError as error:
        told["without"] = str(error)
    finally:
        sys.modules.update(here)
    return told


def command(*arguments):
    """(status, standard output, standard error) of the command line."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(list(arguments))
    return status, out.getvalue(), err.getvalue()


def commands():
    """The command line on files of every sort."""
    folder = tempfile.mkdtemp()
    names = ("plain.h5", "code.h5", "broken.h5", "open.h5")
    plain, code, broken, open_sizes = (os.path.join(folder, name) for name in names)
    small(L.Dropout(0.3, name="drop")).save(plain)
    small(L.Lambda(lambda x: x * 2.0), L.Dropout(0.3, name="drop")).save(code)
    keras.Sequential([keras.Input((None, 4)), L.Dropout(0.3, name="drop"), L.LSTM(2)]).save(open_sizes)
    with open(broken, "w") as file:
        file.write("no model")
    return {
        "table": command(plain),
        "json": command(plain, "--json"),
        "code": command(code),
        "unsafe": command(code, "--unsafe"),
        "missing": command(os.path.join(folder, "missing.keras")),
        "broken": command(broken),
        "open": command(open_sizes),
        "shape": command(open_sizes, "--shape", "5,4"),
        "wrong shape": command(open_sizes, "--shape", "five"),
    }


def arrays(layer):
    """A layer's weights, those that a gradient moves and the others, without states of random numbers."""
    kinds = (layer.trainable_weights, layer.non_trainable_weights)
    return [[np.array(weight.numpy()) for weight in kind if "seed" not in weight.name] for kind in kinds]


def differs(one, other):
    return any(not np.array_equal(a, b) for a, b in zip(one, other))


def compiled_step(model, x, y):
    """Paths at which the compiled step, or the compiled `predict`, moves other weights than were told."""
    result = layermodes.modes(model, x, y)
    wrong = []
    before = {row.path: arrays(row.layer) for row in result.rows}
    if "predict" not in result.failures:
        model.predict_on_batch(x)
    for row in result.rows:
        if differs(before[row.path][1], arrays(row.layer)[1]) and row.calls["predict"] != "trains":
            wrong.append([row.path, "predict"])
    before = {row.path: arrays(row.layer) for row in result.rows}
    model.fit(x, y, batch_size=1000, verbose=0)
    assert not model.run_eagerly
    for row in result.rows:
        moved = [differs(a, b) for a, b in zip(before[row.path], arrays(row.layer))]
        if moved != [bool(row.weights_moved), bool(row.statistics_moved)]:
            wrong.append([row.path, moved, row.weights_moved, row.statistics_moved])
    return wrong
