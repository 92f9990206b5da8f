"""The training endpoint that ExportArchive's documentation shows runs in inference mode.

Environment: tf-nightly
Thread: https://github.com/keras-team/keras/pull/23364

The example in the documentation of `ExportArchive` adds the endpoint `lambda x: model.call(x, training=True)`.
`Function` now leaves the mode to the call context, which only `__call__` opens; `call` ignores its own `training`.

Prints:
1. Functional: model.call(x, training=True)
   expected: drops
   seen:     keeps every unit
2. Sequential: model.call(x, training=True)
   expected: drops
   seen:     keeps every unit
3. Exported endpoint of model.call(x, training=True)
   expected: drops
   seen:     keeps every unit
"""

import tempfile

import keras
import numpy as np
import tensorflow as tf


def report(number, question, outputs):
    """Print whether Dropout dropped."""
    seen = "drops" if np.any(np.asarray(outputs) == 0) else "keeps every unit"
    print(f"{number}. {question}\n   expected: drops\n   seen:     {seen}")


keras.utils.set_random_seed(1)
ones = np.ones((4, 1000), "float32")

inputs = keras.Input((1000,))
functional = keras.Model(inputs, keras.layers.Dropout(0.5)(inputs))
report(1, "Functional: model.call(x, training=True)", functional.call(ones, training=True))

sequential = keras.Sequential([keras.Input((1000,)), keras.layers.Dropout(0.5)])
report(2, "Sequential: model.call(x, training=True)", sequential.call(ones, training=True))

archive = keras.export.ExportArchive()
archive.track(functional)
signature = [tf.TensorSpec((None, 1000), tf.float32)]
archive.add_endpoint("call_training", lambda x: functional.call(x, training=True), input_signature=signature)
with tempfile.TemporaryDirectory() as folder:
    archive.write_out(folder, verbose=False)
    report(3, "Exported endpoint of model.call(x, training=True)",
           tf.saved_model.load(folder).call_training(tf.constant(ones)))
