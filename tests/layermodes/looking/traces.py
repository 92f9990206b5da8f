"""Everything that a look at a model could leave behind, compared with a model that nobody looked at."""

import random

import numpy as np
import tensorflow as tf
from models import L, keras


class Watched(keras.Model):
    """Counts its calls and can be made to fail in the middle of one."""

    fuse = None

    def __init__(self):
        super().__init__()
        self.drop, self.norm = L.Dropout(0.3, name="drop", seed=4), L.BatchNormalization(name="norm")
        self.last, self.counter = L.Dense(1), 0

    def call(self, x, training=None):
        self.counter += 1
        if Watched.fuse is not None:
            Watched.fuse[0] -= 1
            if Watched.fuse[0] < 0:
                raise Watched.fuse[1]
        return self.last(self.norm(self.drop(x), training=training))


def after(look):
    """What a fresh, trained model is and does after `look` at it."""
    keras.backend.clear_session()
    for seed in (tf.random.set_seed, np.random.seed, random.seed):
        seed(5)
    model = Watched()
    x, y = np.random.rand(16, 20).astype("float32"), np.random.rand(16, 1).astype("float32")
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(x, y, verbose=0, epochs=2, batch_size=8)
    model.predict(x, verbose=0)
    step, predicting, call = model.train_function, model.predict_function, type(model).__mro__[1].__call__
    tf.random.get_global_generator().reset_from_seed(3)
    look(model, x, y)
    Watched.fuse = None
    same = {
        "functions": model.train_function is step and model.predict_function is predicting,
        "hooks": type(model).__mro__[1].__call__ is call and "call" not in vars(model.drop),
        "eager": tf.config.functions_run_eagerly(),
        "flags": [
            model.counter,
            model.built,
            bool(model.run_eagerly),
            [layer.trainable for layer in model.layers],
        ],
        "attributes": [sorted(vars(thing)) for thing in (model, model.drop, model.norm, model.optimizer)],
        "weights": [weight.numpy().tolist() for weight in model.weights],
        "optimizer": [values(variable) for variable in variables(model.optimizer)],
        "metrics": [values(variable) for metric in model.metrics for variable in metric.variables],
        "random": [
            random.random(),
            np.random.rand(),
            number(tf.random.normal(())),
            number(tf.random.uniform((), seed=3)),
        ],
        "generator": number(tf.random.get_global_generator().normal(())),
        "names": L.Dense(1).name,
    }
    same["next call"] = np.asarray(model(x, training=True)).tolist()
    same["next fit"] = model.fit(x, y, verbose=0, epochs=2, batch_size=8).history
    same["next predict"] = model.predict(x, verbose=0).tolist()
    return same


def variables(optimizer):
    held = optimizer.variables
    return held() if callable(held) else held


def values(variable):
    return variable.numpy().tolist()


def number(tensor):
    return float(tensor.numpy())


def differences(looks):
    """For each way to look, the names of what differs from not looking; the control does not look either."""
    clean = after(lambda *_: None)
    found = {}
    for name, look in {"control": lambda *_: None, **looks}.items():
        seen = after(look)
        found[name] = [part for part in clean if clean[part] != seen[part]]
    return found
