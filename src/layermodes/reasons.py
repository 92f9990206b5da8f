"""Where the mode that a layer was told came from."""

from layermodes.flavours import is_a, is_model
from layermodes.remembering import remembered
from layermodes.watching import UNKNOWN, names_training, passed_training, plain, signature_default


@remembered
def graph_nodes(layer):
    """The operations of a Functional model in the order in which they run, as (layer, keyword arguments)."""
    graph = getattr(layer, "_functional", None) or layer
    by_depth = getattr(graph, "_nodes_by_depth", None)
    if not by_depth:
        return []
    nodes = [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]
    return [(operation(node), arguments(node)) for node in nodes]


def operation(node):
    """The layer of a node, whatever the release calls it."""
    for name in ("operation", "layer", "outbound_layer"):
        if hasattr(node, name):
            return getattr(node, name)
    return None


def arguments(node):
    """What was passed when the graph was put together: (positional, by name)."""
    if hasattr(node, "call_kwargs"):
        return tuple(getattr(node, "call_args", ())), dict(node.call_kwargs)
    held = getattr(node, "arguments", None)
    return tuple(getattr(held, "args", ())), dict(getattr(held, "kwargs", {}))


def fixed_in_graph(frame):
    """The mode that the graph around a frame holds for this call of its layer; None where it holds none.

    Keras 3 writes a signature's default into the graph; a mode equal to it is taken for that.
    """
    parent = frame.parent
    if parent is None:
        return None
    if frame.fixed is UNKNOWN:
        frame.fixed = looked_up(frame, parent)
    return frame.fixed


def looked_up(frame, parent):
    """`fixed_in_graph`, from the graph itself."""
    same = [args for layer, args in graph_nodes(parent.layer) if layer is frame.layer]
    place = sum(1 for other in parent.inside[: parent.inside.index(frame)] if other.layer is frame.layer)
    fixed = passed_training(frame.layer, *same[place]) if place < len(same) else None
    written_by_keras = fixed is not None and fixed == signature_default(frame.layer)
    return None if written_by_keras else fixed


def in_graph(frame):
    """Whether the caller of a frame's layer is a graph rather than code."""
    return frame.parent is not None and bool(graph_nodes(frame.parent.layer))


def told_around(frame):
    """The mode of the call around a frame; None where it has none."""
    return frame.parent.told if frame.parent is not None else None


class Reason:
    """Why a layer was told its mode: `kind`, the `text`, the layer it leaked from, the mode in the graph."""

    def __init__(self, kind, text, source=None, fixed=None):
        self.kind, self.text, self.source, self.fixed = kind, text, source, fixed


def reason_of(frame, frames, name, handed_on, phase):
    """The reason for what `frame` was told.

    `name` gives a frame's path; `handed_on` says whether, over all calls, what the caller passed followed
    the caller's own mode; `phase` is the learning phase where one was set, or None.
    """
    told, around, fixed = bool(frame.told), told_around(frame), fixed_in_graph(frame)
    if frame.parent is None:
        if frame.passed is None:
            return unsaid(frame, frames, name, phase)
        return Reason("call", "the call")
    if fixed is not None:
        source = preprocessing_before(frame)
        if source is not None and fixed:
            return Reason("leak", "leaked from %s, into the graph" % source.name, source, fixed)
        if told == fixed:
            return Reason("graph", "training=%s in the graph of %s" % (fixed, name(frame.parent)), None, fixed)
        return Reason("overridden", "the outer call, over training=%s in the graph" % fixed, None, fixed)
    if frame.passed is not None and not in_graph(frame):
        if handed_on(frame):
            return outer(frame, frames, name, handed_on, phase, "handed on by %s" % name(frame.parent))
        return Reason("own", "training=%s, passed by %s" % (frame.passed, name(frame.parent)))
    if around is not None and told == around:
        return outer(frame, frames, name, handed_on, phase, "the outer call")
    return unsaid(frame, frames, name, phase)


def outer(frame, frames, name, handed_on, phase, text):
    """The reason of a layer that does as the call around it: with that call's own reason, if it is of interest."""
    around = reason_of(frame.parent, frames, name, handed_on, phase)
    if around.kind in ("call", "outer"):
        return Reason("outer", text)
    return Reason(around.kind, "%s: %s" % (name(frame.parent), around.text), around.source, around.fixed)


def unsaid(frame, frames, name, phase):
    """The reason of a layer that nobody told: it leaked, the learning phase, a default, or nothing at all."""
    told, around = bool(frame.told), told_around(frame)
    leak = leaking(frame, frames) if told != bool(around) else None
    if leak is not None and (around is not None or frame.told is not None):
        return Reason("leak", "leaked from %s" % name(leak), leak.layer)
    default = signature_default(frame.layer)
    if phase is not None and around is None and told == phase:
        return Reason("phase", "the learning phase, set to %d" % phase)
    if around is not None and not told and around and not names_training(frame.parent.layer):
        return Reason("lost", "lost in %s, whose call takes no training" % name(frame.parent))
    if default is not None and told == bool(default) and told:
        return Reason("default", "training=%s in the signature of its call" % plain(default))
    return Reason("nothing", "nobody said: inference")


def leaking(frame, frames):
    """The last frame before this one that was told this mode by itself or by its signature, in the same call."""
    root = [frame, *frame.ancestors()][-1]
    around = {id(other) for other in frame.ancestors()}
    for other in reversed(frames[: frame.number]):
        if other is root or id(other) in around or root not in list(other.ancestors()):
            continue
        own = other.passed if other.passed is not None else fixed_in_graph(other)
        own = own if own is not None else signature_default(other.layer)
        if own is not None and bool(own) == bool(frame.told) and bool(own) != bool(told_around(other)):
            return other
    return None


def preprocessing_before(frame):
    """The layer whose signature's default of True the graph took over for `frame`'s layer, or None."""
    found = None
    for layer, _ in graph_nodes(frame.parent.layer):
        if layer is frame.layer:
            return found
        if signature_default(layer) is True and not is_model(layer) and is_a(layer, "Layer"):
            found = layer
    return None
