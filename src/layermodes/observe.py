"""Instruments: which statistics a BatchNormalization used and which it moved, what a Dropout or noise layer did.

A mode is never guessed from one symptom, and a half of it is an observation of its own; where an instrument cannot
tell, it raises InstrumentError. Needs NumPy alone; parses as Python 3.7.
"""

import numpy as np

TRAINS = "normalised with batch statistics, moving statistics updated"
INFERS = "normalised with moving statistics, moving statistics unchanged"
DROPPED = "dropped units"
DROPPED_UNSCALED = "dropped units, survivors not scaled by 1 / (1 - rate)"
KEPT_ALL = "kept every unit"
ADDED_NOISE = "added noise"
ADDED_OTHER_NOISE = "added noise of another standard deviation"
ADDED_NOTHING = "added nothing"

TOLERANCE = 1e-3
FEWEST_UNITS = 1000


class InstrumentError(Exception):
    """The instrument cannot tell training mode from inference mode here: an error, never a verdict."""


def numbers(tensor):
    """A tensor or variable as a NumPy array of float64, in eager execution of any release and backend."""
    if hasattr(tensor, "detach"):  # a tensor of Torch that a gradient could still be asked of
        tensor = tensor.detach()
    return np.asarray(tensor.numpy() if hasattr(tensor, "numpy") else tensor, dtype="float64")


def moving_statistics(layer):
    """Moving mean and variance of a BatchNormalization, two arrays of shape (units,)."""
    return numbers(layer.moving_mean), numbers(layer.moving_variance)


def normalise(inputs, mean, variance, layer):
    """What a BatchNormalization over the last axis must put out for `inputs`, given the statistics used."""
    scaled = (inputs - mean) / np.sqrt(variance + layer.epsilon)
    return scaled * numbers(layer.gamma) + numbers(layer.beta)


def batch_statistics(inputs):
    """Mean and variance (of n, not n - 1) of `inputs` (batch, ..., units) over all axes but the last."""
    axes = tuple(range(inputs.ndim - 1))
    return inputs.mean(axis=axes), inputs.var(axis=axes)


def watch_batch_normalization(layer, inputs, call):
    """Run `call()`, which must put `inputs` (batch, ..., units) through `layer` alone, and say what it did.

    Two facts, each seen by itself: which statistics the output was computed with (compared with both
    candidates, worked out in NumPy) and what became of the moving statistics. Returns one sentence:
    TRAINS, INFERS or the facts of a mixture. Raises InstrumentError where the candidates lie too
    close together to tell, or the output is neither.
    """
    inputs = numbers(inputs)
    before = moving_statistics(layer)
    from_batch = normalise(inputs, *batch_statistics(inputs), layer=layer)
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
    return "normalised with %s statistics, %s" % (used, movement(layer, before))


def movement(layer, before):
    """What became of the moving statistics since `before`: "moving statistics updated" or "... unchanged".

    Where only one of the two moved, each is told: "moving mean updated, moving variance unchanged".
    """
    after = moving_statistics(layer)
    mean, variance = ["unchanged" if np.array_equal(old, new) else "updated" for old, new in zip(before, after)]
    if mean == variance:
        return "moving statistics " + mean
    return "moving mean %s, moving variance %s" % (mean, variance)


def watch_dropout(inputs, outputs, rate=0.5):
    """Say what a Dropout of `rate` between `inputs` and `outputs` did; at least 1,000 units.

    Returns KEPT_ALL where the output is the input, DROPPED where the share of zeros is near `rate` and what
    is left is `inputs / (1 - rate)`, DROPPED_UNSCALED where it is not. Raises InstrumentError for another
    share of zeros, for too few units, or for inputs that hold zeros.
    """
    inputs, outputs = numbers(inputs), numbers(outputs)
    if inputs.size < FEWEST_UNITS:
        raise InstrumentError("%d units are too few to see a dropout by" % inputs.size)
    if not np.all(inputs):
        raise InstrumentError("the inputs hold zeros, which look like dropped units")
    if np.allclose(inputs, outputs, rtol=TOLERANCE, atol=0.0):
        return KEPT_ALL
    left = outputs != 0.0
    share = 1.0 - float(np.mean(left))
    if abs(share - rate) >= 0.1:
        raise InstrumentError("%.0f%% of the units are zero, the rate is %.0f%%" % (100 * share, 100 * rate))
    scaled = np.allclose(inputs[left] / (1.0 - rate), outputs[left], rtol=TOLERANCE, atol=0.0)
    return DROPPED if scaled else DROPPED_UNSCALED


def watch_noise(inputs, outputs, deviation=1.0):
    """Say whether Gaussian noise of a standard `deviation` was added between `inputs` and `outputs`.

    Returns ADDED_NOTHING, ADDED_NOISE, or ADDED_OTHER_NOISE where the standard deviation is off by more than
    a tenth; raises InstrumentError for fewer than 1,000 units.
    """
    inputs, outputs = numbers(inputs), numbers(outputs)
    if inputs.size < FEWEST_UNITS:
        raise InstrumentError("%d units are too few to tell noise by" % inputs.size)
    if np.allclose(inputs, outputs, rtol=TOLERANCE, atol=0.0):
        return ADDED_NOTHING
    seen = float((outputs - inputs).std())
    return ADDED_NOISE if abs(seen - deviation) < 0.1 * deviation else ADDED_OTHER_NOISE


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
