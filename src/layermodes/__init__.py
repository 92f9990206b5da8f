"""Which mode do the layers of a Keras model run in, observed from what they do, and why."""

__version__ = "0.1.0"

_PLACES = {
    "modes": "layermodes.result",
    "Modes": "layermodes.result",
    "check": "layermodes.rules",
    "expect": "layermodes.expecting",
    "InputError": "layermodes.flavours",
}
__all__ = ["InputError", "Modes", "check", "expect", "modes"]


def __getattr__(name):
    if name not in _PLACES:
        raise AttributeError("module 'layermodes' has no attribute %r" % name)
    import importlib

    return getattr(importlib.import_module(_PLACES[name]), name)


def __dir__():
    return sorted(set(globals()) | set(__all__))
