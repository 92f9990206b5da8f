"""Instruments: which statistics a BatchNormalization used and whether it moved them, what a Dropout did.

A mode is never guessed from one symptom; where an instrument cannot tell, it raises InstrumentError.
"""

import numpy as np

TRAINS = "normalised with batch statistics, moving statistics updated"
INFERS = "normalised with moving statistics, moving statistics unchanged"
DROPPED = "dropped units"
KEPT_ALL = "kept every unit"

TOLERANCE = 1e-3
FEWEST_UNITS = 1000


class InstrumentError(Exception):
    """The instrument cannot tell training mode from inference mode here: an error, never a verdict."""


def numbers(tensor):
    """A tensor or variable as a NumPy array of float64, in eager execution of any release."""
    return np.asarray(tensor.numpy() if hasattr(tensor, "numpy") else tensor, dtype="float64")


def moving_statistics(layer):
    """Moving mean and variance of a BatchNormalization, two arrays of shape (units,)."""
    return numbers(layer.moving_mean), numbers(layer.moving_variance)


def normalise(inputs, mean, variance, layer):
    """What a BatchNormalization must put out for `inputs` (batch, units), given the statistics used."""
    scaled = (inputs - mean) / np.sqrt(variance + layer.epsilon)
    return scaled * numbers(layer.gamma) + numbers(layer.beta)


def watch_batch_normalization(layer, inputs, call):
    """Run `call()`, which must put `inputs` (batch, units) through `layer` alone, and say what it did.

    Two facts, each seen by itself: which statistics the output was computed with (compared with both
    candidates, worked out in NumPy) and whether the moving statistics moved. Returns one sentence:
    TRAINS, INFERS or the two facts of a mixture. Raises InstrumentError where the candidates lie too
    close together to tell, or the output is neither.
    """
    inputs = numbers(inputs)
    before = moving_statistics(layer)
    from_batch = normalise(inputs, inputs.mean(axis=0), inputs.var(axis=0), layer)
    from_moving = normalise(inputs, before[0], before[1], layer)
    apart = np.abs(from_batch - from_moving).max()
    if apart < 100 * TOLERANCE:
        raise InstrumentError("batch and moving statistics give outputs only %.2g apart" % apart)
    outputs = numbers(call())
    if np.abs(outputs - from_batch).max() < TOLERANCE * apart:
        used = "batch"
    elif np.abs(outputs - from_moving).max() < TOLERANCE * apart:
        used = "moving"
    else:
        raise InstrumentError("the output fits neither the batch nor the moving statistics")
    return "normalised with %s statistics, moving statistics %s" % (used, moved(layer, before))


def moved(layer, before):
    """Whether the moving statistics differ from `before`: "updated" or "unchanged"."""
    after = moving_statistics(layer)
    same = all(np.array_equal(old, new) for old, new in zip(before, after))
    return "unchanged" if same else "updated"


def watch_dropout(inputs, outputs, rate=0.5):
    """Say whether a Dropout of `rate` between `inputs` and `outputs` dropped; at least 1,000 units.

    Returns DROPPED where the share of zeros is near `rate`, KEPT_ALL where the output is the input;
    raises InstrumentError for anything between, for too few units, or for inputs that hold zeros.
    """
    inputs, outputs = numbers(inputs), numbers(outputs)
    if inputs.size < FEWEST_UNITS:
        raise InstrumentError("%d units are too few to see a dropout by" % inputs.size)
    if not np.all(inputs):
        raise InstrumentError("the inputs hold zeros, which look like dropped units")
    if np.allclose(inputs, outputs, atol=TOLERANCE):
        return KEPT_ALL
    share = float(np.mean(outputs == 0.0))
    if abs(share - rate) < 0.1:
        return DROPPED
    raise InstrumentError("%.0f%% of the units are zero, the rate is %.0f%%" % (100 * share, 100 * rate))


def watch_noise(inputs, outputs):
    """Say whether noise was added between `inputs` and `outputs`: "added noise" or "added nothing"."""
    inputs, outputs = numbers(inputs), numbers(outputs)
    return "added nothing" if np.allclose(inputs, outputs, atol=TOLERANCE) else "added noise"


def check_instruments(inputs, layer, dropout, units):
    """Show that the instruments tell the two modes apart in this environment, on bare layers.

    `layer` is a fresh BatchNormalization for `inputs` (batch, units), `dropout` a Dropout of rate 0.5,
    `units` a tensor of at least 1,000 ones. Returns rows of (instrument, mode asked for, seen); raises
    InstrumentError where a layer told its mode explicitly is not seen to be in it.
    """
    layer(inputs, training=False)
    rows = [
        ("BatchNormalization", "training=False", INFERS,
         watch_batch_normalization(layer, inputs, lambda: layer(inputs, training=False))),
        ("BatchNormalization", "training=True", TRAINS,
         watch_batch_normalization(layer, inputs, lambda: layer(inputs, training=True))),
        ("Dropout", "training=False", KEPT_ALL, watch_dropout(units, dropout(units, training=False))),
        ("Dropout", "training=True", DROPPED, watch_dropout(units, dropout(units, training=True))),
    ]
    for instrument, asked, expected, seen in rows:
        if seen != expected:
            raise InstrumentError("%s with %s was seen as: %s" % (instrument, asked, seen))
    return [(instrument, asked, seen) for instrument, asked, _, seen in rows]
