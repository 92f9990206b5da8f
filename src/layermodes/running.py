"""Runs a model once for each way to call it, watched, and leaves everything as it was."""

import contextlib
import signal
import threading
import warnings

import numpy as np

from layermodes.flavours import InputError, all_layers, flavour_of, layers_inside
from layermodes.judging import CANNOT, NOT_REACHED, judge
from layermodes.memento import Memento, same, value_of
from layermodes.randomness import repeatable
from layermodes.reasons import reason_of
from layermodes.watching import has_mode, watching

CALLS = ("training=True", "training=False", "none", "fit", "predict")
NOT_COMPILED = "not compiled"


class Seen:
    """What one layer did in one call: `did`, what it was `told`, the `reason`, and the frame."""

    def __init__(self, frame, did, reason):
        self.frame, self.did, self.told, self.reason = frame, did, frame.told, reason


class Pass:
    """One way to call the model: its frames with their paths, what was seen, or why it could not be run."""

    def __init__(self, call):
        self.call = call
        self.frames, self.paths, self.seen = [], {}, {}
        self.failure = None
        self.moved = {}


def is_compiled(model):
    """Whether a model was compiled."""
    return bool(getattr(model, "compiled", False) or getattr(model, "_is_compiled", False))


def call_of(model, call, x, y):
    """A function that runs the model in one of the ways to call it."""
    if call == "fit":
        return lambda: step(model, x, y)
    if call == "predict":
        return lambda: model.predict_on_batch(x)
    kwargs = {} if call == "none" else {"training": call == "training=True"}
    return lambda: model(x, **kwargs)


def step(model, x, y):
    """One step of `fit`: the model's own training function on one batch, packed as `fit` packs it."""
    import tensorflow as tf

    data = (x, as_tensors(y)) if y is not None else (x,) if isinstance(x, (list, tuple, dict)) else x
    model.make_train_function()
    model.train_function(iter(tf.data.Dataset.from_tensors(without_lists(data))))


def without_lists(data):
    """Nested data with tuples for lists, which tf.data would take for one tensor."""
    if isinstance(data, dict):
        return {key: without_lists(part) for key, part in data.items()}
    return tuple(map(without_lists, data)) if isinstance(data, (list, tuple)) else data


def check_inputs(model, x):
    """Raise InputError for data that no run could make sense of."""
    if x is None:
        raise InputError("there is no x: give a batch as the model takes it")
    for part in flat(x):
        array = np.asarray(part.numpy() if hasattr(part, "numpy") else part)
        if array.dtype.kind == "f" and not np.isfinite(array.astype("float64")).all():
            raise InputError("x holds NaN or infinity: nothing can be compared behind it")
        if array.size == 0:
            raise InputError("x is empty")


def flat(x):
    """All arrays of a nested input."""
    if isinstance(x, dict):
        return [part for key in x for part in flat(x[key])]
    if isinstance(x, (list, tuple)) and any(hasattr(part, "shape") for part in x):
        return [part for inner in x for part in flat(inner)]
    return [x]


def as_tensors(x):
    """A nested input with NumPy arrays as tensors, as a layer of any release takes them."""
    import tensorflow as tf

    if isinstance(x, dict):
        return {key: as_tensors(part) for key, part in x.items()}
    if isinstance(x, (list, tuple)) and any(hasattr(part, "shape") for part in x):
        return type(x)(as_tensors(part) for part in x)
    if isinstance(x, np.ndarray) and x.dtype == np.float64:
        return tf.convert_to_tensor(x.astype("float32"))
    return tf.convert_to_tensor(x)


@contextlib.contextmanager
def interrupts_wait():
    """Within it Ctrl-C waits until the end, so that what is put back is put back wholly."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting = []
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, lambda *_: waiting.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if waiting:
        raise KeyboardInterrupt


@contextlib.contextmanager
def eagerly(model):
    """Within it functions and the model's own step run eagerly; the memento puts the model's flags back."""
    import tensorflow as tf

    before = tf.config.functions_run_eagerly() if hasattr(tf.config, "functions_run_eagerly") else False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tf.config.run_functions_eagerly(True)
        try:
            if is_compiled(model):
                model.run_eagerly = True
            for name in ("train_function", "predict_function"):
                if name in vars(model):
                    setattr(model, name, None)
            yield
        finally:
            tf.config.run_functions_eagerly(before)


def observe_all(model, x, y, calls=CALLS):
    """Run the model in each of the ways and return its Passes; the model is as before, whatever happens."""
    flavour = flavour_of(model)
    check_inputs(model, x)
    import tensorflow as tf

    if not tf.executing_eagerly():
        raise InputError("eager execution is off: nothing can be compared")
    memento = Memento([model], flavour)
    known = {id(variable): value for variable, value in memento.values}
    stale = changed_since_traced(model)
    passes = []
    try:
        with repeatable() as tape, eagerly(model):
            for call in calls:
                passes.append(observe(model, call, (as_tensors(x), y), tape, known))
                with interrupts_wait():
                    memento.restore()
    finally:
        with interrupts_wait():
            memento.restore()
    if all(one.failure and one.failure != NOT_COMPILED for one in passes if one.failure != NOT_COMPILED):
        raise InputError("the model cannot be run on this x: " + passes[0].failure)
    name_reasons(passes, learning_phase(flavour))
    return passes, stale


def observe(model, call, data, tape, known):
    """Run one way to call the model, then judge each call of a layer with a mode."""
    seen = Pass(call)
    if call == "fit" and not is_compiled(model):
        seen.failure = NOT_COMPILED
        return seen
    with watching(model, tape) as watch:
        try:
            call_of(model, call, *data)()
        except Exception as error:
            seen.failure = "%s: %s" % (type(error).__name__, first_line(error))
    if seen.failure:
        return seen
    seen.frames = [frame for frame in watch.frames if frame.reached]
    seen.paths = paths_of(model, seen.frames)
    if call == "fit":
        seen.moved = moved(model, known)
    for frame in seen.frames:
        if has_mode(frame.layer):
            seen.seen[seen.paths[id(frame)]] = Seen(frame, judge(frame, tape), None)
    return seen


def first_line(error):
    """The first line of an error's message that says something."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith("Exception encountered")]
    return (telling or lines or ["no message"])[0].replace("\x1b[1m", "").replace("\x1b[0m", "")


def moved(model, known):
    """For each layer inside the model: whether its own trainable and its other weights moved in the step."""
    result = {}
    for layer in all_layers(model):
        states = []
        for weights in (layer.trainable_weights, layer.non_trainable_weights):
            pairs = [(getattr(weight, "_value", weight), weight) for weight in weights]
            pairs = [tensor for tensor, weight in pairs if id(tensor) in known and "seed" not in weight.name]
            states.append([not same(value_of(tensor), known[id(tensor)]) for tensor in pairs])
        result[id(layer)] = states
    return result


def changed_since_traced(model):
    """Layers whose trainable weights are not those that an already traced training step moves, by id."""
    optimizer = getattr(model, "optimizer", None)
    recorded = getattr(model, "_compiled_trainable_state", None)
    if recorded is not None:
        return {id(layer) for layer, state in list(recorded.items()) if layer.trainable != state}
    held = getattr(optimizer, "_trainable_variables", None)
    if not held or getattr(model, "train_function", None) is None:
        return set()
    trained = {id(variable) for variable in held}
    changed = set()
    for layer in all_layers(model):
        now = {id(variable) for variable in layer.trainable_weights}
        every = {id(variable) for variable in layer.weights}
        if now != (trained & every) and not layers_inside(layer):
            changed.add(id(layer))
    return changed


def paths_of(model, frames):
    """The path of each frame by its id: names from the outside to the inside, without the model's own."""
    paths, counts = {}, {}
    for frame in frames:
        names = [one.layer.name for one in [frame, *frame.ancestors()] if one.layer is not model]
        path = "/".join(reversed(names)) or model.name
        counts[path] = counts.get(path, 0) + 1
        paths[id(frame)] = path if counts[path] == 1 else "%s#%d" % (path, counts[path])
    return paths


def learning_phase(flavour):
    """The learning phase where somebody set one, else None."""
    if flavour.is_keras_3:
        return None
    backend = flavour.module("backend")
    if not getattr(backend, "global_learning_phase_is_set", lambda: False)():
        return None
    phase = backend.learning_phase()
    return int(phase) if isinstance(phase, (int, bool)) else int(phase.numpy())


def name_reasons(passes, phase):
    """Fill in the reason of each observation; what a caller hands on shows over all passes."""
    passed = {}
    for one in passes:
        for frame in one.frames:
            if frame.parent is not None and frame.passed is not None:
                passed.setdefault(one.paths[id(frame)], set()).add((bool(frame.parent.told), frame.passed))
    for one in passes:
        paths = one.paths

        def handed_on(frame, paths=paths):
            pairs = passed.get(paths[id(frame)], set())
            return all(told == given for told, given in pairs) and len(pairs) > 1

        for seen in one.seen.values():
            seen.reason = reason_of(seen.frame, one.frames, lambda f, p=paths: p[id(f)], handed_on, phase)


__all__ = ["CANNOT", "NOT_REACHED", "observe_all"]
