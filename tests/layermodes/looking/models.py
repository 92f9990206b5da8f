"""Models that the tests of layermodes look at, on whichever Keras is there; run by the Pythons of environments."""

import os

import numpy as np
import tensorflow as tf

if os.environ.get("TF_USE_LEGACY_KERAS"):
    import tf_keras as keras
else:
    keras = tf.keras
L = keras.layers
RANDOM = np.random.RandomState(1)
X = RANDOM.rand(16, 20).astype("float32")
Y = RANDOM.rand(16, 1).astype("float32")
IMAGES = RANDOM.rand(8, 12, 12, 3).astype("float32")


def flat(*shape):
    return RANDOM.rand(*shape).astype("float32")


def compiled(model):
    model.compile("sgd", "mse")
    return model


def recipe(frozen=True, fixed=True):
    """Keras's transfer-learning recipe: a base that was trained before, behind it a Dropout and a Dense."""
    inputs = keras.Input((12, 12, 3))
    base = keras.Model(inputs, L.BatchNormalization(name="bn")(L.Conv2D(4, 3)(inputs)), name="base")
    base.layers[-1].moving_mean.assign([0.1, 0.2, 0.3, 0.4])
    base.trainable = not frozen
    inputs = keras.Input((12, 12, 3))
    hidden = base(inputs, training=False) if fixed else base(inputs)
    hidden = L.Dropout(0.5, name="head")(L.GlobalAveragePooling2D()(hidden))
    return compiled(keras.Model(inputs, L.Dense(1)(hidden)))


def spike():
    """MobileNetV2, untrained, behind `training=False`, with a Dropout head."""
    base = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=(32, 32, 3))
    inputs = keras.Input((32, 32, 3))
    hidden = L.GlobalAveragePooling2D()(base(inputs, training=False))
    model = keras.Model(inputs, L.Dense(1)(L.Dropout(0.2, name="head")(hidden)))
    return compiled(model)


class Leaky(keras.Model):
    """Passes a mode to one layer; the layer behind it is told nothing."""

    def __init__(self):
        super().__init__()
        self.first, self.second = L.Dropout(0.3, name="first"), L.BatchNormalization(name="second")
        self.last = L.Dense(1)

    def call(self, x, training=None):
        return self.last(self.second(self.first(x, training=False)))


class Nameless(keras.Model):
    """A model whose `call` takes no `training`."""

    def __init__(self):
        super().__init__()
        self.drop, self.last = L.Dropout(0.3, name="drop"), L.Dense(1)

    def call(self, x):
        return self.last(self.drop(x))


class Untold(Leaky):
    """A model whose own step calls it without a mode."""

    def call(self, x, training=None):
        return self.last(self.second(self.first(x)))

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self(x) - y) ** 2)
        variables = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        return {"loss": loss}


class Eager(L.Layer):
    """Drops unless it is told otherwise."""

    def __init__(self):
        super().__init__(name="eager")
        self.drop = L.Dropout(0.3, name="drop")

    def call(self, x, training=True):
        return self.drop(x, training=training)


class Noisy(L.Layer):
    """A layer of one's own with random numbers of TensorFlow's own."""

    def call(self, x, training=False):
        return x + tf.random.normal(tf.shape(x)) if training else x


class Block(L.Layer):
    """A transformer block as a subclass."""

    def __init__(self):
        super().__init__(name="block")
        self.attention, self.norm = (
            L.MultiHeadAttention(2, 4, dropout=0.3, name="attention"),
            L.LayerNormalization(),
        )
        self.inner = keras.Sequential([L.Dense(8), L.Dropout(0.4, name="deep"), L.Dense(8)], name="inner")
        self.drop = L.Dropout(0.3, name="drop")

    def call(self, x, training=None):
        hidden = self.norm(x + self.drop(self.attention(x, x, training=training), training=training))
        return hidden + self.inner(hidden, training=training)


class Gan(keras.Model):
    """Two networks and a step of one's own; no `call`."""

    def __init__(self):
        super().__init__()
        self.g = keras.Sequential(
            [keras.Input((4,)), L.Dense(8), L.BatchNormalization(name="bn"), L.Dense(6)], name="g"
        )
        self.d = keras.Sequential(
            [keras.Input((6,)), L.Dense(8), L.Dropout(0.4, name="drop"), L.Dense(1)], name="d"
        )

    def compile(self, adversary, maker):
        super().compile()
        self.adversary, self.maker = adversary, maker

    def train_step(self, data):
        real = data[0] if isinstance(data, tuple) else data
        noise = tf.random.normal((tf.shape(real)[0], 4))
        made = self.g(noise)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self.d(real, training=True)) - tf.reduce_mean(self.d(made, training=True))
        variables = self.d.trainable_variables
        self.adversary.apply_gradients(zip(tape.gradient(loss, variables), variables))
        with tf.GradientTape() as tape:
            fooled = tf.reduce_mean(self.d(self.g(noise, training=True)))
        variables = self.g.trainable_variables
        self.maker.apply_gradients(zip(tape.gradient(fooled, variables), variables))
        return {"loss": loss}


def gan():
    model = Gan()
    model.compile(keras.optimizers.SGD(), keras.optimizers.SGD())
    return model


def small(*layers, shape=(20,)):
    """A compiled Sequential of the layers and a Dense at the end."""
    return compiled(keras.Sequential([keras.Input(shape), *layers, L.Dense(1)]))


def unet():
    inputs = keras.Input((12, 12, 3))
    high = L.Dropout(0.2)(L.BatchNormalization()(L.Conv2D(4, 3, padding="same")(inputs)))
    low = L.BatchNormalization()(L.Conv2D(8, 3, strides=2, padding="same")(high))
    joined = L.Concatenate()([high, L.UpSampling2D()(low)])
    return compiled(keras.Model(inputs, L.Conv2D(1, 1)(L.SpatialDropout2D(0.3)(joined))))


def shared():
    inputs, drop = keras.Input((20,)), L.Dropout(0.5, name="shared")
    return compiled(keras.Model(inputs, L.Dense(1)(drop(L.Dense(5)(drop(inputs))))))


def two_inputs():
    one, two = keras.Input((5,), name="one"), keras.Input((3,), name="two")
    joined = L.GaussianNoise(0.5)(L.Concatenate()([L.Dropout(0.5)(one), two]))
    return compiled(keras.Model([one, two], L.Dense(1)(joined)))


def recurrent():
    inputs = keras.Input((5, 4))
    lstm = L.LSTM(6, dropout=0.3, recurrent_dropout=0.3)
    return compiled(keras.Model(inputs, L.Dense(1)(L.Bidirectional(lstm)(inputs))))


def always_dropping():
    inputs = keras.Input((20,))
    return compiled(keras.Model(inputs, L.Dense(1)(L.Dropout(0.3, name="always")(inputs, training=True))))


def augmented():
    return compiled(
        keras.Sequential(
            [
                keras.Input((12, 12, 3)),
                L.RandomFlip(name="flip"),
                L.Conv2D(3, 3),
                L.BatchNormalization(name="behind"),
                L.Flatten(),
                L.Dense(1),
            ]
        )
    )


def changed_after_compile():
    model = small(L.Dense(4, name="early"), L.Dropout(0.3))
    model.fit(X, Y, verbose=0)
    model.layers[0].trainable = False
    return model


def reached_nothing():
    inner = keras.Sequential([keras.Input((20,)), L.Dense(4)], name="inner")
    inner.layers[-1].trainable = False
    inner.trainable = True
    return small(inner)


def frozen_dropping():
    inner = keras.Sequential([keras.Input((20,)), L.Dense(4), L.Dropout(0.5, name="drop")], name="inner")
    inner.trainable = False
    return small(inner)
