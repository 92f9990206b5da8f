"""Random numbers of TensorFlow's own that can be drawn a second time, without touching the user's seeds."""

import contextlib
import random
import threading

import numpy as np

NAMES = {
    "random_uniform": "stateless_random_uniform",
    "random_standard_normal": "stateless_random_normal",
    "truncated_normal": "stateless_truncated_normal",
}


class Tape:
    """Counts the random operations of an observation; going back to a `mark` repeats what was drawn since."""

    def __init__(self):
        self.position = 0

    def mark(self):
        """Where all random numbers stand that are no variable of a layer: TensorFlow's, Python's and NumPy's."""
        return self.position, random.getstate(), np.random.get_state()

    def go_back(self, mark):
        """Draw again from a mark on."""
        self.position = mark[0]
        random.setstate(mark[1])
        np.random.set_state(mark[2])

    def seed(self):
        """The seed of the next operation."""
        self.position += 1
        return [0x6C61796572, self.position]


@contextlib.contextmanager
def repeatable():
    """Within it every stateful random operation of TensorFlow draws from a Tape, which it yields.

    The user's seeds and the counters of his operations are neither read nor moved. Other threads and graphs
    keep TensorFlow's own operations.
    """
    from tensorflow.python.eager import context
    from tensorflow.python.framework import random_seed
    from tensorflow.python.ops import gen_random_ops, gen_stateless_random_ops

    tape, own = Tape(), threading.get_ident()
    before = {name: getattr(gen_random_ops, name) for name in NAMES}
    get_seed = random_seed.get_seed

    def ours():
        return threading.get_ident() == own and context.executing_eagerly()

    def replacement(name):
        stateless = getattr(gen_stateless_random_ops, NAMES[name])

        original = before[name]

        def draw(shape, dtype, seed=0, seed2=0, name=None):
            if not ours():
                return original(shape, dtype, seed=seed, seed2=seed2, name=name)
            return stateless(shape, tape.seed(), dtype=dtype)

        return draw

    def integers(shape, minval, maxval, seed=0, seed2=0, name=None):
        if not ours():
            return before["random_uniform_int"](shape, minval, maxval, seed=seed, seed2=seed2, name=name)
        return gen_stateless_random_ops.stateless_random_uniform_int(shape, tape.seed(), minval, maxval)

    def seedless(op_seed):
        return (0, 0) if ours() else get_seed(op_seed)

    before["random_uniform_int"] = gen_random_ops.random_uniform_int
    try:
        for name in NAMES:
            setattr(gen_random_ops, name, replacement(name))
        gen_random_ops.random_uniform_int = integers
        random_seed.get_seed = seedless
        yield tape
    finally:
        random_seed.get_seed = get_seed
        for name, original in before.items():
            setattr(gen_random_ops, name, original)
