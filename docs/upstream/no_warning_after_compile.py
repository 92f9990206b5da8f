"""Keras does not warn when `trainable` is changed after `compile`: the check stands behind a `raise`.

Environment: tf-2.21+keras-3.15.1
Thread: https://github.com/keras-team/keras/pull/22787

In `Trainer._assert_compile_called` the line that compares the flags follows `raise ValueError(msg)` in the same
block, so it is never reached.

Prints:
1. fit after `dense.trainable = False` without compiling again
   expected: a warning that speaks of `trainable`
   seen:     no warning
"""

import warnings

import keras
import numpy as np

dense = keras.layers.Dense(1)
model = keras.Sequential([keras.Input((2,)), dense, keras.layers.Dense(1)])
model.compile("sgd", "mse")
model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)
dense.trainable = False
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    model.fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0)
warned = any("trainable" in str(warning.message) for warning in caught)
print("1. fit after `dense.trainable = False` without compiling again")
print("   expected: a warning that speaks of `trainable`")
print(f"   seen:     {'a warning that speaks of `trainable`' if warned else 'no warning'}")
