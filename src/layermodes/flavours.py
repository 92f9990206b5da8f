"""Which Keras a model belongs to: its base classes, its version and the places where it keeps state."""

import importlib
import sys


class InputError(ValueError):
    """The model or the data cannot be looked at; the sentence says why, and nothing was changed."""


BASES = {
    "keras.src.layers.layer": "keras-3",
    "keras.src.engine.base_layer": "keras-2",
    "keras.engine.base_layer": "keras-2",
    "tf_keras.src.engine.base_layer": "keras-2",
    "tf_keras.engine.base_layer": "keras-2",
    "tensorflow.python.keras.engine.base_layer": "keras-2",
}


class Flavour:
    """The Keras of one model: `base` is its Layer class, `generation` "keras-2" or "keras-3"."""

    def __init__(self, base):
        self.base = base
        self.generation = BASES[base.__module__]
        self.root = base.__module__.split(".engine.")[0].split(".layers.")[0]

    @property
    def is_keras_3(self):
        """Whether this is Keras 3, whose modes travel in a call context."""
        return self.generation == "keras-3"

    def module(self, name):
        """A module of this Keras by its name below the root, or None where this release has none."""
        try:
            return importlib.import_module(self.root + "." + name)
        except ImportError:
            return None

    def versions(self):
        """The versions that a result depends on."""
        import numpy
        import tensorflow

        package = {"tf_keras": "tf_keras", "tensorflow": "tensorflow.keras"}.get(self.root.split(".")[0], "keras")
        keras = tensorflow.keras if package == "tensorflow.keras" else sys.modules[package]
        return {
            "tensorflow": tensorflow.__version__,
            "keras": keras.__version__,
            "flavour": "keras-3" if self.is_keras_3 else "tf-keras" if package == "tf_keras" else "tf.keras",
            "python": "%d.%d.%d" % sys.version_info[:3],
            "numpy": numpy.__version__,
        }


def flavour_of(model):
    """The flavour of a model; raises InputError for what is no Keras model, or one of another backend."""
    if model is None:
        raise InputError("there is no model: the first argument is None")
    if isinstance(model, type):
        raise InputError("%s is a class, not a model: call it first" % model.__name__)
    for cls in type(model).__mro__:
        if cls.__name__ == "Layer" and cls.__module__ in BASES:
            flavour = Flavour(cls)
            break
    else:
        raise InputError("%s is not a Keras model" % type(model).__name__)
    if flavour.is_keras_3:
        backend = sys.modules["keras"].backend.backend()
        if backend != "tensorflow":
            raise InputError("the model runs on the %s backend; layermodes observes TensorFlow alone" % backend)
    return flavour


def is_model(layer):
    """Whether a layer is a model: a container whose layers speak for it."""
    return any(cls.__name__ == "Model" for cls in type(layer).__mro__)


def is_a(layer, *names):
    """Whether one of the classes of `layer` from Keras itself bears one of the names."""
    return any(cls.__name__ in names and from_keras(cls) for cls in type(layer).__mro__)


def from_keras(cls):
    """Whether a class is Keras's own rather than the user's."""
    top = cls.__module__.split(".")[0]
    return top in ("keras", "tf_keras") or cls.__module__.startswith("tensorflow.python.keras")


def layers_inside(layer):
    """The layers directly inside a layer, in their order, each once."""
    if hasattr(layer, "_flatten_layers"):
        found = layer._flatten_layers(recursive=False, include_self=False)
    else:
        found = getattr(layer, "layers", [])
    kept = []
    for inner in found:
        if all(inner is not other for other in kept):
            kept.append(inner)
    return kept


def all_layers(layer, seen=None):
    """Every layer inside a layer, to any depth, each once."""
    seen = {} if seen is None else seen
    for inner in layers_inside(layer):
        if id(inner) not in seen:
            seen[id(inner)] = inner
            all_layers(inner, seen)
    return list(seen.values())
