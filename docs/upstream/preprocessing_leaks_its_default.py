"""Behind a preprocessing layer, a plain call runs BatchNormalization in training mode in Keras 3.15.

Environment: tf-2.21+keras-3.15.1
Thread: https://github.com/keras-team/keras/pull/23166 (merged to master; asks for a backport to 3.15)

The preprocessing layers' `call` has `training=True` in its signature. In Keras 3.0 to 3.15 this default is
written into the context of the call, from which the layers behind take it.

Prints:
1. BatchNormalization behind RandomFlip, in a plain model(x)
   expected: moving statistics unchanged
   seen:     moving statistics updated
2. BatchNormalization behind RandomCrop, in a plain model(x)
   expected: moving statistics unchanged
   seen:     moving statistics updated
3. BatchNormalization behind Resizing, in a plain model(x)
   expected: moving statistics unchanged
   seen:     moving statistics updated
4. BatchNormalization behind CenterCrop, in a plain model(x)
   expected: moving statistics unchanged
   seen:     moving statistics updated
"""

import keras
import numpy as np

keras.utils.set_random_seed(1)
images = np.random.default_rng(1).random((4, 8, 8, 3)).astype("float32")
LAYERS = [
    keras.layers.RandomFlip(), keras.layers.RandomCrop(6, 6), keras.layers.Resizing(6, 6),
    keras.layers.CenterCrop(6, 6),
]
for number, layer in enumerate(LAYERS, 1):
    inputs = keras.Input((8, 8, 3))
    normalization = keras.layers.BatchNormalization()
    model = keras.Model(inputs, normalization(layer(inputs)))
    before = np.array(normalization.moving_mean)
    model(images)
    same = np.array_equal(before, np.array(normalization.moving_mean))
    print(f"{number}. BatchNormalization behind {type(layer).__name__}, in a plain model(x)")
    print("   expected: moving statistics unchanged")
    print(f"   seen:     moving statistics {'unchanged' if same else 'updated'}")
