"""What a layer did in one call: compared with what it does when told each mode, on the same inputs and state."""

import numpy as np

from layermodes.flavours import is_a
from layermodes.memento import same, value_of
from layermodes.observe import TOLERANCE

TRAINS, INFERS, NOT_REACHED = "trains", "infers", "not reached"
CANNOT = "cannot tell: "
SMALLEST = {"float16": 1e-2, "bfloat16": 5e-2}


def arrays(outputs):
    """All tensors of an output as arrays, in a fixed order."""
    if outputs is None:
        return []
    if isinstance(outputs, dict):
        return [array for key in sorted(outputs) for array in arrays(outputs[key])]
    if isinstance(outputs, (list, tuple)):
        return [array for part in outputs for array in arrays(part)]
    return [np.asarray(outputs.numpy() if hasattr(outputs, "numpy") else outputs)]


def apart(one, other):
    """The largest difference of two outputs; infinite where their shapes differ."""
    if [array.shape for array in one] != [array.shape for array in other]:
        return np.inf
    gaps = [np.abs(as_float(a) - as_float(b)).max() for a, b in zip(one, other) if a.size]
    return max(gaps, default=0.0)


def as_float(array):
    """An array in double precision."""
    return np.asarray(array, dtype="float64")


def repeat(frame, training, tape):
    """What the layer does when told `training` on the recorded inputs: (outputs, state after)."""
    recorded = frame.recorded
    args, kwargs = recorded.arguments
    for variable, value in recorded.before:
        variable.assign(value)
    tape.go_back(recorded.mark)
    outputs = arrays(frame.layer(*without_training(frame.layer, args), **dict(kwargs, training=training)))
    after = [value_of(variable) for variable, _ in recorded.before] + [recorded.draws(tape)]
    return outputs, after


def without_training(layer, args):
    """Positional arguments without a mode among them."""
    from layermodes.watching import call_parameters

    names = [name for name in call_parameters(layer) if name != "self"]
    place = names.index("training") if "training" in names else len(args)
    return args[:place]


def judge(frame, tape):
    """One sentence on what the layer did: "trains", "infers", a mixture in words, or "cannot tell: ..."."""
    recorded, layer = frame.recorded, frame.layer
    if recorded is None or recorded.after is None:
        return CANNOT + "the layer's call did not return"
    if single_value(layer, recorded):
        return CANNOT + "each channel has one value in this batch, whose variance is 0; give more rows"
    frozen = is_a(layer, "BatchNormalization") and not layer.trainable
    now = [value_of(variable) for variable, _ in recorded.before]
    try:
        if frozen:
            layer.trainable = True
        told = {mode: repeat(frame, mode, tape) for mode in (False, True)}
    except Exception as error:
        return CANNOT + "told its mode by itself, the layer raises %s" % type(error).__name__
    finally:
        if frozen:
            layer.trainable = False
        for (variable, _), value in zip(recorded.before, now):
            variable.assign(value)
    return verdict(recorded, told)


def single_value(layer, recorded):
    """Whether a BatchNormalization gets one value for each channel."""
    if not is_a(layer, "BatchNormalization"):
        return False
    shape = arrays(recorded.output)[0].shape
    axes = layer.axis if isinstance(layer.axis, (list, tuple)) else [layer.axis]
    if getattr(layer, "virtual_batch_size", None) is not None:
        axes = [axis - 1 for axis in axes]  # counted with the axis of virtual batches in front
    kept = [shape[axis] for axis in axes]
    return int(np.prod(shape)) == int(np.prod(kept))


def verdict(recorded, told):
    """What the outputs and the state of a call say, each by itself, and what follows from both."""
    seen = arrays(recorded.output)
    used = by_output(seen, told)
    state = by_state(recorded, told)
    if used is None and state is None:
        if not any(np.any(array) for array in seen):
            return CANNOT + "what comes out is 0 everywhere, in both modes"
        return CANNOT + "on these inputs the layer does the same in both modes"
    if "neither" in (used, state):
        return CANNOT + "what it did is what it does in neither mode (random numbers that cannot be repeated?)"
    if used is None or state is None or used == state:
        return used or state
    words = {TRAINS: "training", INFERS: "inference"}
    return "output as in %s mode, state as in %s mode" % (words[used], words[state])


def by_output(seen, told):
    """The mode that the output is that of; None where both modes give the same, "neither" for neither."""
    infers, trains = told[False][0], told[True][0]
    gap = apart(infers, trains)
    scale = max([np.abs(as_float(array)).max() for array in infers + trains if array.size] or [0.0])
    smallest = max([SMALLEST.get(str(array.dtype), 1e-6) for array in seen] or [1e-6])
    if not np.isfinite(scale):
        return "neither"
    if gap <= smallest * scale:
        return None
    slack = max(TOLERANCE, 0.1 * smallest * scale / gap) * gap if np.isfinite(gap) else smallest * scale
    near = {INFERS: apart(seen, infers) <= slack, TRAINS: apart(seen, trains) <= slack}
    return next((mode for mode in (INFERS, TRAINS) if near[mode]), "neither")


def by_state(recorded, told):
    """The mode that the change of the layer's own state is that of; None where both modes leave the same."""
    infers, trains = told[False][1], told[True][1]
    telling = [place for place, (a, b) in enumerate(zip(infers, trains)) if not same(a, b)]
    if not telling:
        return None
    start = [value for _, value in recorded.before] + [np.array(0)]
    before = [start[place] for place in telling]
    after = [recorded.after[place] for place in telling]
    pairs = [(infers[place], trains[place]) for place in telling]
    if all(nearer(a, ours, other) for a, (ours, other) in zip(after, pairs)):
        return INFERS
    if all(nearer(a, ours, other) for a, (other, ours) in zip(after, pairs)):
        return TRAINS
    moved = any(not same(a, b) for a, b in zip(before, after))
    return "neither" if moved else INFERS


def nearer(state, ours, other):
    """Whether a state is `ours` and not `other`: to the bit for whole numbers, else up to rounding."""
    if state.shape != ours.shape or state.dtype.kind in "iub":
        return same(state, ours)
    gap = np.abs(as_float(ours) - as_float(other)).max() if ours.shape == other.shape else np.inf
    return bool(np.abs(as_float(state) - as_float(ours)).max() <= max(TOLERANCE * gap, 0.0))
