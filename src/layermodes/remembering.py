"""What is looked up about layers again and again, remembered while one model is looked at and no longer."""

import functools

_CACHES = []


def remembered(function):
    """`function` of one layer, asked once for each layer until `forget`."""
    known = {}
    _CACHES.append(known)

    @functools.wraps(function)
    def asked(layer):
        held = known.get(id(layer))
        if held is None:
            held = known[id(layer)] = (layer, function(layer))  # the layer too, so that its id stays its own
        return held[1]

    return asked


def forget():
    """Let go of every layer and all that was remembered of it."""
    for known in _CACHES:
        known.clear()
