"""An explicit `training=` of one layer reaches the layers called after it.

Environment: tf-nightly
Thread: https://github.com/keras-team/keras/pull/23364 (its tests have one layer each, none behind it)

A layer that is given a mode writes it into the context of the whole call tree, and nothing puts the old mode back.
Until 3.15 `Function` overwrote `training` for every operation, which hid this in functional models.

Prints:
1. Subclass: Dropout behind self.first(x, training=False), in model(x, training=True)
   expected: drops
   seen:     keeps every unit
2. The transfer-learning guide's model: Dropout in fit, behind base(inputs, training=False)
   expected: drops
   seen:     keeps every unit
3. BatchNormalization behind Dropout(0.5)(inputs, training=True), in predict
   expected: moving statistics unchanged
   seen:     moving statistics updated
"""

import keras
import numpy as np


class Told(keras.layers.Dropout):
    """A Dropout that notes whether it dropped in the last call."""

    def call(self, inputs, training=False):
        """Drop in training mode, and say so."""
        outputs = super().call(inputs, training=training)
        self.last = "drops" if keras.ops.any(outputs == 0) else "keeps every unit"
        return outputs


class Subclass(keras.Model):
    """Two layers; the first is told a mode of its own."""

    def __init__(self):
        super().__init__()
        self.first, self.second = keras.layers.Dropout(0.5), Told(0.5)

    def call(self, inputs, training=None):
        """Run the first layer in inference mode; the second is told nothing."""
        return self.second(self.first(inputs, training=False))


def report(number, question, expected, seen):
    """Print one finding."""
    print(f"{number}. {question}\n   expected: {expected}\n   seen:     {seen}")


keras.utils.set_random_seed(1)
ones = np.ones((4, 1000), "float32")

model = Subclass()
model(ones, training=True)
report(1, "Subclass: Dropout behind self.first(x, training=False), in model(x, training=True)", "drops",
       model.second.last)

base = keras.Sequential([keras.Input((1000,)), keras.layers.BatchNormalization()])
base.trainable = False
inputs = keras.Input((1000,))
head = Told(0.5)
model = keras.Model(inputs, keras.layers.Dense(1)(head(base(inputs, training=False))))
model.compile("sgd", "mse", run_eagerly=True)
model.fit(ones, np.ones((4, 1)), verbose=0)
question = "The transfer-learning guide's model: Dropout in fit, behind base(inputs, training=False)"
report(2, question, "drops", head.last)

inputs = keras.Input((1000,))
normalization = keras.layers.BatchNormalization()
model = keras.Model(inputs, normalization(keras.layers.Dropout(0.5)(inputs, training=True)))
before = np.array(normalization.moving_mean)
model.predict(ones, verbose=0)
same = np.array_equal(before, np.array(normalization.moving_mean))
question = "BatchNormalization behind Dropout(0.5)(inputs, training=True), in predict"
report(3, question, "moving statistics unchanged", f"moving statistics {'unchanged' if same else 'updated'}")
