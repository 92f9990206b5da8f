"""What a model and all it holds were like, and how to make them so again, to the bit.

Everything that can be reached from the model through attributes and containers is remembered: attributes as
references, containers by their contents, variables by their values. What was not there before is dropped.
"""

import collections
import random
import sys
import types

import numpy as np

ATOMS = (str, bytes, int, float, complex, bool, type(None), type, np.ndarray, np.generic, np.dtype)
CONTAINERS = (dict, list, tuple, set, frozenset, collections.deque)
CODE = (
    types.FunctionType,
    types.MethodType,
    types.BuiltinFunctionType,
    types.ModuleType,
    types.CodeType,
    property,
    staticmethod,
    classmethod,
)
TENSORFLOW_WALKED = (
    "tensorflow.python.keras",
    "tensorflow.python.trackable",
    "tensorflow.python.training.tracking",
    "tensorflow.python.ops.stateful_random_ops",
    "tensorflow.python.module",
)
NOT_WALKED = (
    "Node",
    "KerasHistory",
    "KerasTensor",
    "SymbolicArguments",
    "InputSpec",
    "CallFunctionSpec",
    "CallSpec",
)


def is_variable(thing):
    """Whether this is a tf.Variable: something with a value of its own."""
    return hasattr(thing, "assign") and hasattr(thing, "read_value") and hasattr(thing, "handle")


def is_walked(thing):
    """Whether the attributes of an object are part of the state: not those of TensorFlow's own machinery."""
    cls = type(thing)
    module = cls.__module__ or ""
    if cls.__name__ in NOT_WALKED or not hasattr(thing, "__dict__"):
        return False
    if module.startswith("tensorflow."):
        return module.startswith(TENSORFLOW_WALKED)
    return module.split(".")[0] not in (
        "builtins",
        "threading",
        "_thread",
        "weakref",
        "numpy",
        "logging",
        "inspect",
    )


def inner_things(thing):
    """What a container or an object holds."""
    if issubclass(type(thing), dict):
        yield from list(dict.values(thing))
    elif issubclass(type(thing), CONTAINERS):
        yield from list(thing)
    if is_walked(thing):
        yield from list(vars(thing).values())
    if hasattr(type(thing), "__wrapped__"):
        yield thing.__wrapped__


def reachable(roots):
    """Everything with state that can be reached from the roots: (variables, objects and containers)."""
    seen, variables, holders = set(), [], []
    waiting = list(roots)
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, ATOMS + CODE) or id(thing) in seen:
            continue
        seen.add(id(thing))
        if is_variable(thing):
            variables.append(thing)
            if not (type(thing).__module__ or "").startswith(("keras", "tf_keras")):
                continue
        container = issubclass(type(thing), CONTAINERS)
        if container or is_walked(thing) or hasattr(type(thing), "__wrapped__"):
            holders.append(thing)
            waiting.extend(inner_things(thing))
    return variables, holders


def state_variables(layer):
    """The variables that a layer can reach, the generators of its random numbers included."""
    return [variable for variable in reachable([layer])[0] if exists(variable)]


def exists(variable):
    """Whether a variable has a value yet."""
    try:
        variable.read_value()
    except Exception:
        return False
    return True


def value_of(variable):
    """A copy of a variable's value as an array, in its own type."""
    value = variable.read_value()
    return np.array(value.numpy() if hasattr(value, "numpy") else value, copy=True)


def same(one, other):
    """Whether two arrays are the same to the bit."""
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    if one.dtype.kind in "OSU" or not one.ndim:
        return one.tobytes() == other.tobytes()
    one, other = np.ascontiguousarray(one), np.ascontiguousarray(other)
    return bool(np.array_equal(one.ravel().view("uint8"), other.ravel().view("uint8")))


class Memento:
    """Remembers the roots when it is made; `restore` makes everything as it was then."""

    def __init__(self, roots, flavour):
        self.flavour = flavour
        variables, holders = reachable(list(roots) + list(global_roots(flavour)))
        self.values = [(variable, value_of(variable)) for variable in variables if exists(variable)]
        self.attributes = [(thing, dict(vars(thing))) for thing in holders if is_walked(thing)]
        self.contents = [(thing, contents(thing)) for thing in holders if contents(thing) is not None]
        self.python, self.numpy = random.getstate(), np.random.get_state()
        self.tensorflow = tensorflow_seeds()
        self.keras = getattr(getattr(flavour.module("backend"), "_SEED_GENERATOR", None), "generator", None)
        self.keras_state = self.keras.getstate() if self.keras is not None else None

    def restore(self):
        """Put back attributes, contents, values and random states; only what differs is written."""
        for thing, attributes in self.attributes:
            now = vars(thing)
            if now.keys() != attributes.keys() or any(now[name] is not attributes[name] for name in attributes):
                now.clear()
                now.update(attributes)
        for thing, before in self.contents:
            put_back(thing, before)
        for variable, value in self.values:
            if not same(value_of(variable), value):
                variable.assign(value)
        random.setstate(self.python)
        np.random.set_state(self.numpy)
        restore_tensorflow_seeds(self.tensorflow)
        if self.keras is not None:
            self.keras.setstate(self.keras_state)


def contents(thing):
    """What a container holds, as a copy; None for what is no container that can change."""
    if issubclass(type(thing), dict):
        return list(dict.items(thing))
    if issubclass(type(thing), list):
        return list(list.__iter__(thing))
    if issubclass(type(thing), set):
        return list(set.__iter__(thing))
    if issubclass(type(thing), collections.deque):
        return list(thing)
    return None


def put_back(thing, before):
    """Give a container the contents it had, past the hooks of classes that derive from Python's own."""
    now = contents(thing)
    if issubclass(type(thing), dict):
        if len(now) != len(before) or any(a[0] is not b[0] or a[1] is not b[1] for a, b in zip(now, before)):
            dict.clear(thing)
            dict.update(thing, before)
    elif len(now) != len(before) or any(a is not b for a, b in zip(now, before)):
        if issubclass(type(thing), list):
            list.__setitem__(thing, slice(None), before)
        elif issubclass(type(thing), set):
            set.clear(thing)
            set.update(thing, before)
        else:
            thing.clear()
            thing.extend(before)


def global_roots(flavour):
    """State that Keras and TensorFlow keep outside the model: counters of names, global generators."""
    if flavour.is_keras_3:
        state = flavour.module("backend.common.global_state")
        if state is not None:
            yield vars(state.GLOBAL_STATE_TRACKER)
    else:
        backend = flavour.module("backend")
        yield from list(dict(getattr(backend, "PER_GRAPH_OBJECT_NAME_UIDS", {})).values())
    stateful = sys.modules.get("tensorflow.python.ops.stateful_random_ops")
    generator = getattr(stateful, "global_generator", None)
    if generator is not None:
        yield generator


def tensorflow_seeds():
    """TensorFlow's global seed and the generator that it draws the seeds of operations from."""
    from tensorflow.python.eager import context

    current = context.context()
    rng = getattr(current, "_rng", None)
    return getattr(current, "_seed", None), rng, rng.getstate() if rng is not None else None


def restore_tensorflow_seeds(saved):
    """Put back what `tensorflow_seeds` returned."""
    from tensorflow.python.eager import context

    current = context.context()
    seed, rng, state = saved
    current._seed = seed
    if rng is not None:
        rng.setstate(state)
        current._rng = rng
