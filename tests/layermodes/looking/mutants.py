"""Deliberate changes of Keras, each of which turns one finding of layermodes on or off."""

import contextlib
import functools
import inspect

import tensorflow as tf
from models import L, keras


@contextlib.contextmanager
def patched(holder, name, value):
    own = name in vars(holder)
    before = vars(holder).get(name)
    setattr(holder, name, value)
    try:
        yield
    finally:
        if own:
            setattr(holder, name, before)
        else:
            delattr(holder, name)


BASE = next(cls for cls in keras.Model.__mro__ if cls.__name__ == "Layer" and "__call__" in vars(cls))
KERAS_3 = BASE.__module__ == "keras.src.layers.layer"
DEPTH = []


def wrapped_call(around):
    """A mutant of every layer's `__call__`: `around` gets the original as its first argument."""
    original = BASE.__call__

    @functools.wraps(original)
    def call(self, *args, **kwargs):
        return around(original, self, *args, **kwargs)

    return patched(BASE, "__call__", call)


def graph_keeps_its_mode():
    """Keras 3: the mode in the graph is not overridden by the model's call."""
    from keras.src.models import functional

    def operation_fn(operation, **context):
        def call(*args, **kwargs):
            for name, value in context.items():
                if name in getattr(operation, "_call_context_args", {}) and value is not None:
                    kwargs.setdefault(name, value)
            return operation(*args, **kwargs)

        return call

    return patched(functional, "operation_fn", operation_fn)


def outer_call_wins():
    """Keras 2: the mode of the call around a layer wins over the one passed to it."""

    def around(original, self, *args, **kwargs):
        outer = DEPTH[-1] if DEPTH else None
        if outer is not None and "training" in kwargs and tf.is_tensor(args[0]):
            kwargs["training"] = outer
        DEPTH.append(kwargs.get("training", outer))
        try:
            return original(self, *args, **kwargs)
        finally:
            DEPTH.pop()

    return wrapped_call(around)


def context_forgets():
    """Keras 3: what a layer was told ends with its call."""
    from keras.src.backend.common import global_state

    def around(original, self, *args, **kwargs):
        context = global_state.get_global_attribute("current_call_ctx")
        before = context.get_value("training") if context is not None else None
        try:
            return original(self, *args, **kwargs)
        finally:
            if context is not None:
                context.set_value("training", before)

    return wrapped_call(around)


def preprocessing_defaults_to_none():
    """Keras 3: random preprocessing has no default in its signature."""
    return patched(L.RandomFlip.call, "__defaults__", (None,))


def fit_tells_nothing():
    """`fit` calls the model without a mode."""
    step = keras.Model.train_step

    def train_step(self, data):
        own = type(self).__call__

        def quiet(model, *args, **kwargs):
            if model is self:
                kwargs.pop("training", None)
            return own(model, *args, **kwargs)

        with patched(type(self), "__call__", quiet):
            return step(self, data)

    return patched(keras.Model, "train_step", train_step)


def subclass_swallows_the_mode():
    """A layer whose `call` takes no `training` does not hand the mode on."""

    def around(original, self, *args, **kwargs):
        if "training" in kwargs and "training" not in inspect.signature(type(self).call).parameters:
            del kwargs["training"]
        return original(self, *args, **kwargs)

    return wrapped_call(around)


def frozen_dropout_keeps():
    """A frozen Dropout keeps every unit."""
    original = L.Dropout.call

    def call(self, inputs, training=None if not KERAS_3 else False):
        return original(self, inputs, training=training and self.trainable)

    return patched(L.Dropout, "call", call)


def normalization_always_infers():
    """BatchNormalization runs in inference mode whatever it is told."""
    cls = next(cls for cls in L.BatchNormalization.__mro__ if "call" in vars(cls))
    original = cls.call

    def call(self, inputs, training=None, **kwargs):
        return original(self, inputs, training=False, **kwargs)

    return patched(cls, "call", call)


def trainable_cannot_change():
    """Setting `trainable` does nothing."""
    return patched(BASE, "trainable", property(BASE.trainable.fget, lambda self, value: None))


def trainable_always_reaches():
    """Setting `trainable` reaches every layer inside, also where it was so before."""
    original = BASE.__setattr__

    def __setattr__(self, name, value):
        if name == "trainable":
            BASE.trainable.fset(self, value)
        else:
            original(self, name, value)

    return patched(BASE, "__setattr__", __setattr__)


def defaults_do_not_count():
    """Where nobody says anything, a layer runs in inference mode whatever its signature says."""

    def around(original, self, *args, **kwargs):
        if not DEPTH and kwargs.get("training") is None:
            kwargs["training"] = False
        DEPTH.append(self)
        try:
            return original(self, *args, **kwargs)
        finally:
            DEPTH.pop()

    return wrapped_call(around)
