"""Looks at every model in the environment whose Python runs this, and prints what layermodes said as JSON."""

import contextlib
import json
import sys
import tempfile
import time
import warnings

warnings.simplefilter("ignore")

import models  # noqa: E402
import mutants  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
import traces  # noqa: E402
from models import IMAGES, L, X, Y, flat, keras, small  # noqa: E402

import layermodes  # noqa: E402

KERAS_3 = mutants.KERAS_3


def said(model, x, y=None):
    """What `modes` said, shortened: each path's calls, reasons in fit, and the findings."""
    result = layermodes.modes(model, x, y).to_dict()
    return {
        "calls": {row["path"]: list(row["calls"].values()) for row in result["layers"]},
        "why": {row["path"]: row["why"] for row in result["layers"]},
        "moved": {row["path"]: row["weights_moved_in_fit"] for row in result["layers"]},
        "findings": sorted([one["rule"], one["path"]] for one in result["findings"]),
        "claims": {one["rule"]: one["claim"] for one in result["findings"]},
    }


def built(model, x=X):
    model(x)
    return models.compiled(model)


def tried_on():
    """The kinds of model that people have."""
    yield "unet", models.unet(), flat(4, 12, 12, 3), flat(4, 12, 12, 1)
    yield "gan", models.gan(), flat(16, 6), None
    inputs = keras.Input((5, 8))
    block = models.Block()(inputs)
    yield "transformer", models.compiled(keras.Model(inputs, L.Dense(1)(block))), flat(8, 5, 8), flat(8, 5, 1)
    yield "bidirectional", models.recurrent(), flat(8, 5, 4), flat(8, 1)
    yield "shared", models.shared(), X, Y
    yield "two inputs", models.two_inputs(), [flat(8, 5), flat(8, 3)], flat(8, 1)
    yield (
        "time distributed",
        small(L.TimeDistributed(L.Dropout(0.5), name="td"), shape=(5, 4)),
        flat(8, 5, 4),
        flat(8, 5, 1),
    )
    yield "own layer", small(models.Noisy(name="noisy")), X, Y
    yield "dense", small(), X, Y
    yield "not compiled", keras.Sequential([keras.Input((20,)), L.Dropout(0.3, name="drop")]), X, None
    yield "batch of one", small(L.BatchNormalization(name="bn"), L.Dropout(0.3, name="drop")), X[:1], Y[:1]
    yield "zeros", small(L.GaussianDropout(0.3, name="drop")), np.zeros_like(X), Y
    yield "rate 0", small(L.Dropout(0.0, name="drop")), X, Y
    yield (
        "nothing built",
        models.compiled(keras.Sequential([L.Dense(3), L.Dropout(0.3, name="drop"), L.Dense(1)])),
        X,
        Y,
    )


def loaded():
    """A saved and loaded model, in each format that the release can both write and read."""
    model = small(L.BatchNormalization(name="bn"), L.Dropout(0.3, name="drop"))
    folder, formats = tempfile.mkdtemp(), {}
    for ending in (".keras", ""):
        with contextlib.suppress(ValueError):
            model.save(folder + "/model" + ending)
            formats[ending or "SavedModel"] = said(keras.models.load_model(folder + "/model" + ending), X, Y)[
                "calls"
            ]
    return formats


def mixed_precision():
    policy = keras.mixed_precision
    change = getattr(policy, "set_global_policy", None) or policy.experimental.set_policy
    change("mixed_float16")
    try:
        layers = [L.Conv2D(8, 3), L.BatchNormalization(name="bn"), L.Dropout(0.3, name="drop"), L.Flatten()]
        return said(small(*layers, shape=(12, 12, 3)), IMAGES, flat(8, 1))["calls"]
    finally:
        change("float32")


def rules():
    """For each rule the findings without a mutant and with one: (model, data, mutant)."""
    images = (IMAGES, flat(8, 1))
    nothing, plain = contextlib.nullcontext, (X, Y)
    leaky, default = (lambda: built(models.Leaky())), (lambda: small(models.Eager()))
    yield "recipe", models.recipe, images, mutants.graph_keeps_its_mode if KERAS_3 else mutants.outer_call_wins
    yield "leak", leaky, plain, mutants.context_forgets if KERAS_3 else nothing
    if hasattr(L, "RandomFlip"):
        yield "augmented", models.augmented, images, mutants.preprocessing_defaults_to_none if KERAS_3 else nothing
    yield "fit", (lambda: small(L.Dropout(0.3, name="drop"))), plain, mutants.fit_tells_nothing
    yield "untold", (lambda: built(models.Untold())), plain, nothing
    yield "nameless", (lambda: built(models.Nameless())), plain, mutants.subclass_swallows_the_mode
    yield "frozen", models.frozen_dropping, plain, mutants.frozen_dropout_keeps
    yield "fine-tuned", (lambda: models.recipe(False, False)), images, mutants.normalization_always_infers
    yield "changed", models.changed_after_compile, plain, mutants.trainable_cannot_change
    yield "reached nothing", models.reached_nothing, plain, mutants.trainable_always_reaches
    yield "default", default, plain, mutants.defaults_do_not_count
    yield (
        "always",
        models.always_dropping,
        plain,
        mutants.graph_keeps_its_mode if KERAS_3 else mutants.outer_call_wins,
    )


def findings():
    found = {}
    for name, make, data, mutant in rules():
        without = said(make(), *data)
        with mutant():
            changed = said(make(), *data)
        found[name] = {"without": without["findings"], "with": changed["findings"], "claims": without["claims"]}
    return found


def failing(error):
    def look(model, x, y):
        for calls in (2, 5):  # in a plain call, in fit
            models_fuse(calls, error)
            with contextlib.suppress(type(error)):
                layermodes.modes(model, x, y)

    return look


def models_fuse(calls, error):
    traces.Watched.fuse = [calls, error]


def bad_input():
    """What is said of input that cannot be looked at."""
    model, wrong = small(L.Dropout(0.3)), X.copy()
    wrong[0] = np.nan
    cases = {
        "nan": (model, wrong),
        "none": (None, X),
        "no x": (model, None),
        "class": (keras.Sequential, X),
        "shape": (model, X[:, :7]),
        "no model": (3, X),
        "unbuilt": (keras.Sequential([L.Dense(1)]), None),
    }
    sentences = {}
    for name, (given, x) in cases.items():
        try:
            layermodes.modes(given, x)
        except layermodes.InputError as error:
            sentences[name] = str(error)
    return sentences


def spike():
    model, x, y = models.spike(), flat(8, 32, 32, 3), flat(8, 1)
    started = time.time()
    result = said(model, x, y)
    looked = time.time() - started
    started = time.time()
    for mode in (True, False, None):
        model(x, training=mode)
    model.predict_on_batch(x)
    model.train_on_batch(x, y)
    return {"result": result, "seconds": looked, "theirs": time.time() - started}


def expecting():
    """`expect`: that it is silent, and what it says where it fails."""
    layermodes.expect(small(L.Dropout(0.3, name="drop")), X, {"drop": "trains"}, Y)
    try:
        layermodes.expect(small(L.Dropout(0.3, name="drop")), X, {"dr*": "infers", "other": "trains"}, Y)
    except AssertionError as error:
        return str(error)
    return None


def main():
    parts = sys.argv[1].split(",")
    looks = {
        "modes": lambda model, x, y: layermodes.modes(model, x, y),
        "exception": failing(ValueError("in the middle")),
        "interrupt": failing(KeyboardInterrupt()),
    }
    work = {
        "tried": lambda: {name: said(model, x, y) for name, model, x, y in tried_on()},
        "loaded": loaded,
        "mixed": mixed_precision,
        "findings": findings,
        "bad": bad_input,
        "spike": spike,
        "expect": expecting,
        "traces": lambda: traces.differences(looks),
        "format": lambda: layermodes.modes(small(L.Dropout(0.3, name="drop")), X, Y).to_dict(),
    }
    print(
        "LOOKED" + json.dumps({"keras_3": KERAS_3, "tensorflow": tf.__version__, **{p: work[p]() for p in parts}})
    )


main()
