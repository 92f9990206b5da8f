"""Watches one call of a model: which layers were called, what each was told, what went in and what came out."""

import contextlib
import functools
import inspect
import types

import numpy as np

from layermodes.flavours import all_layers, flavour_of, from_keras, is_a, is_model
from layermodes.memento import state_variables, value_of
from layermodes.remembering import remembered

NO_MODE = ("Resizing", "CenterCrop", "Rescaling", "Bidirectional", "StackedRNNCells", "InputLayer")
QUANTIZED = ("Dense", "EinsumDense", "Embedding")  # Keras 3's take `training` for the scales of float8
UNITS = (
    "RNN",
    "MultiHeadAttention",
    "GroupedQueryAttention",
    "TimeDistributed",
    "ConvRNN",
    "ConvLSTM",
    "BaseImagePreprocessingLayer",  # some call the layers inside them past `__call__`
)
TOUCHED = ("_call_spec", "_call_full_argspec", "_call_fn_args", "_call_accepts_kwargs", "_expects_training_arg")
UNKNOWN = "not looked up yet"


class Frame:
    """One call of a layer: what the caller passed, what reached `call`, and around it the frame of the caller."""

    def __init__(self, layer, parent, passed, number):
        self.layer, self.parent, self.passed, self.number = layer, parent, passed, number
        self.told = None
        self.reached = False
        self.inside = []
        self.recorded = None
        self.fixed = UNKNOWN

    def ancestors(self):
        """The frames around this one, from the inside to the outside."""
        frame = self.parent
        while frame is not None:
            yield frame
            frame = frame.parent


class Recorded:
    """What is needed to repeat a call: arguments, state and random numbers before it; output and state after."""

    def __init__(self, arguments, before, mark):
        self.arguments, self.before, self.mark = arguments, before, mark
        self.output = self.after = None

    def draws(self, tape):
        """How often random numbers of TensorFlow's own were drawn since this call began, as an array."""
        return np.array(tape.position - self.mark[0])


@remembered
def call_parameters(layer):
    """The names of the parameters of a layer's `call`, or none where they cannot be read."""
    call = type(layer).call if "call" not in vars(layer) else vars(layer)["call"]
    try:
        return inspect.signature(call).parameters
    except (TypeError, ValueError):
        return {}


def signature_default(layer):
    """The default of `training` in the signature of the layer's `call`; None where it has none."""
    parameter = call_parameters(layer).get("training")
    return None if parameter is None or parameter.default is inspect.Parameter.empty else parameter.default


def names_training(layer):
    """Whether the layer's `call` takes `training`."""
    return "training" in call_parameters(layer)


@remembered
def has_mode(layer):
    """Whether a layer gets a row: one that takes `training` and is more than a container of other layers."""
    if is_model(layer) or is_a(layer, *NO_MODE, *QUANTIZED) or not names_training(layer):
        return False
    if is_a(layer, "RNN"):
        cells = [layer.cell, *getattr(layer.cell, "cells", [])]
        rates = [getattr(cell, name, 0) or 0 for cell in cells for name in ("dropout", "recurrent_dropout")]
        return any(rates) or not all(from_keras(type(cell)) for cell in cells)
    if is_a(layer, "MultiHeadAttention", "GroupedQueryAttention", "BaseDenseAttention", "Attention"):
        return bool(getattr(layer, "_dropout", None) or getattr(layer, "dropout", None))
    if is_a(layer, "TimeDistributed"):
        return any(has_mode(inner) for inner in [layer.layer, *all_layers(layer.layer)])
    return not (from_keras(type(layer)) and is_a(layer, "Wrapper") and not is_a(layer, "SpectralNormalization"))


def is_unit(layer):
    """Whether a layer is told as a whole, and nothing inside it by itself."""
    return is_a(layer, *UNITS) or any(cls.__name__ == "RNN" for cls in type(layer).__mro__)


class Watch:
    """Collects the frames of one call; `frames` in the order in which the calls began."""

    def __init__(self, tape):
        self.tape = tape
        self.frames, self.stack = [], []

    def current(self):
        """The innermost frame that is open."""
        return self.stack[-1] if self.stack else None


def bound(function, args, kwargs):
    """Arguments by name; None where they do not fit the signature."""
    try:
        return inspect.signature(function).bind(*args, **kwargs).arguments
    except (TypeError, ValueError):
        return None


def passed_training(layer, args, kwargs):
    """The mode that the caller passed: True, False, or None for none."""
    if "training" in kwargs:
        return plain(kwargs["training"])
    names = list(call_parameters(layer))
    names = names[1:] if names[:1] == ["self"] else names
    if "training" in names and names.index("training") < len(args):
        return plain(args[names.index("training")])
    return None


def plain(mode):
    """A mode as True, False or None, also where it is a tensor or an integer."""
    if mode is None or isinstance(mode, bool):
        return mode
    try:
        return bool(mode.numpy() if hasattr(mode, "numpy") else mode)
    except Exception:
        return None


@contextlib.contextmanager
def watching(model, tape):
    """Within it every call of a layer of the model's Keras leaves a frame in the Watch that it yields."""
    from tensorflow import executing_eagerly as eager

    base = flavour_of(model).base
    watch, original = Watch(tape), base.__call__

    @functools.wraps(original)
    def watched(layer, *args, **kwargs):
        if symbolic(args) or not eager() or any(is_unit(frame.layer) for frame in watch.stack):
            return original(layer, *args, **kwargs)
        parent = watch.current()
        frame = Frame(layer, parent, passed_training(layer, args, kwargs), len(watch.frames))
        watch.frames.append(frame)
        (parent.inside if parent is not None else []).append(frame)
        watch.stack.append(frame)
        try:
            with capturing(layer, frame, watch, (args, kwargs)):
                return original(layer, *args, **kwargs)
        finally:
            watch.stack.pop()

    base.__call__ = watched
    try:
        yield watch
    finally:
        base.__call__ = original


def symbolic(args):
    """Whether the first argument is a placeholder of a graph under construction."""
    first = args[0] if args else None
    while isinstance(first, (list, tuple)) and first:
        first = first[0]
    return type(first).__name__ in ("KerasTensor", "RaggedKerasTensor", "SparseKerasTensor")


@contextlib.contextmanager
def capturing(layer, frame, watch, arguments):
    """Within it the layer's `call` notes what it is told; a layer with a mode also what is needed to repeat it."""
    for name in TOUCHED:
        getattr(layer, name, None)
    had, instance = "call" in vars(layer), vars(layer).get("call")
    original = layer.call

    @functools.wraps(getattr(original, "__func__", original))
    def call(self, *args, **kwargs):
        there = bound(original, args, kwargs) or {}
        frame.told = plain(there.get("training", there.get("kwargs", {}).get("training", None)))
        if "training" not in there and names_training(layer):
            frame.told = plain(signature_default(layer))
        if not names_training(layer):
            frame.told = frame.passed if frame.passed is not None else frame.parent and frame.parent.told
        frame.reached = True
        if not has_mode(layer) or frame.recorded is not None:
            return original(*args, **kwargs)
        state = [(variable, value_of(variable)) for variable in state_variables(layer)]
        recorded = Recorded(arguments, state, watch.tape.mark())
        frame.recorded = recorded
        recorded.output = original(*args, **kwargs)
        recorded.after = [value_of(variable) for variable, _ in state] + [recorded.draws(watch.tape)]
        return recorded.output

    vars(layer)["call"] = types.MethodType(call, layer)
    try:
        yield
    finally:
        if had:
            vars(layer)["call"] = instance
        else:
            vars(layer).pop("call", None)
