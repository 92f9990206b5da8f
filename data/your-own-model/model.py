"""A model as for transfer learning, and the three lines that ask which mode its layers run in."""

import numpy as np
import tensorflow as tf

import layermodes

base = tf.keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=(96, 96, 3))
inputs = tf.keras.Input((96, 96, 3))
hidden = base(inputs, training=False)  # meant: its BatchNormalization runs in inference mode
hidden = tf.keras.layers.GlobalAveragePooling2D()(hidden)
hidden = tf.keras.layers.Dropout(0.2, name="head")(hidden)
model = tf.keras.Model(inputs, tf.keras.layers.Dense(1)(hidden))
model.compile("adam", "mse")
x = np.random.default_rng(0).random((8, 96, 96, 3), dtype="float32")
y = np.random.default_rng(1).random((8, 1), dtype="float32")

result = layermodes.modes(model, x, y)
print(result)
