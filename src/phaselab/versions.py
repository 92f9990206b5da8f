"""What runs this notebook, told from inside the kernel; Experiment sends it with the end mark."""

import os
import platform
import sys

import numpy as np
import tensorflow as tf


def flavour():
    """Which Keras `tf.keras` is: "tf.keras" (before TF 2.16), "keras-3" or "tf-keras"."""
    if tuple(int(part) for part in tf.__version__.split(".")[:2]) < (2, 16):
        return "tf.keras"
    return "tf-keras" if os.environ.get("TF_USE_LEGACY_KERAS") == "1" else "keras-3"


def keras_version():
    """Version of the Keras in use.

    Asked of the package where there is one (from TF 2.6 on), because `tf.keras.__version__` is missing
    in TF 2.15, with tf-keras and in early Keras 3.
    """
    if flavour() == "tf-keras":
        import tf_keras

        return tf_keras.__version__
    if flavour() == "keras-3" or not hasattr(tf.keras, "__version__"):
        import keras

        return keras.__version__
    return tf.keras.__version__


def backend():
    """What Keras computes with: "tensorflow", or with Keras 3 also "jax" or "torch"."""
    return tf.keras.backend.backend() if flavour() == "keras-3" else "tensorflow"


if backend() != "tensorflow":
    # What is written for another backend is `keras`. `tf.keras` is the same but for a few classes, such as
    # AlphaDropout, of which it keeps old ones that call TensorFlow (keras/src/legacy/layers.py).
    import keras

    tf.keras = keras


def environment():
    """Versions and platform as the results file holds them."""
    return {
        "tensorflow": tf.__version__,
        "keras": keras_version(),
        "flavour": flavour(),
        "backend": backend(),
        "python": "%d.%d" % sys.version_info[:2],
        "numpy": np.__version__,
        "platform": "%s-%s" % (sys.platform, platform.machine()),
    }
