"""A model for each family of layers with a mode, with every such layer that the release has."""

from models import L, X, Y, compiled, flat, keras, small

PLACES = [L, getattr(L, "experimental", None)]
PLACES.append(getattr(PLACES[1], "preprocessing", None))
RANDOM = {
    "RandomFlip": {},
    "RandomRotation": {"factor": 0.3},
    "RandomTranslation": {"height_factor": 0.3, "width_factor": 0.3},
    "RandomZoom": {"height_factor": 0.3},
    "RandomContrast": {"factor": 0.5},
    "RandomBrightness": {"factor": 0.5},
    "RandomHue": {"factor": 0.3},
    "RandAugment": {},
    "AugMix": {},
    "RandomCrop": {"height": 8, "width": 8},
}


class Counting(L.Layer):
    """A layer of one's own whose state alone tells the modes apart."""

    def build(self, shape):
        self.calls = self.add_weight(name="calls", shape=(), initializer="zeros", trainable=False)

    def call(self, x, training=None):
        if training:
            self.calls.assign_add(1.0)
        return x


def has(name):
    """A layer of the release by its name, wherever the release keeps it; None where it has none."""
    return next((getattr(place, name) for place in PLACES if place is not None and hasattr(place, name)), None)


def kinds():
    """(name, model, x, y) for each family."""
    normalizations = [L.BatchNormalization(), L.BatchNormalization(center=False, scale=False)]
    if has("SyncBatchNormalization"):
        normalizations += [has("SyncBatchNormalization")(), L.BatchNormalization(renorm=True)]
    else:
        normalizations.append(L.BatchNormalization(synchronized=True))
    if has("SpectralNormalization"):
        normalizations.append(L.SpectralNormalization(L.Dense(4)))
    yield "normalization", small(L.Dense(6), *normalizations), X, Y
    noise = [kind(0.3) for kind in (L.Dropout, L.GaussianDropout, L.AlphaDropout, L.GaussianNoise)]
    yield "noise", small(*noise, Counting(), L.Reshape((5, 4)), L.SpatialDropout1D(0.4)), X, Y
    recurrent = [L.LSTM(4, dropout=0.3, return_sequences=True), L.GRU(4, recurrent_dropout=0.3)]
    yield "recurrent", small(*recurrent, shape=(6, 4)), flat(8, 6, 4), flat(8, 1)
    images = [has(name)(**given) for name, given in RANDOM.items() if has(name)]
    pool = L.GlobalAveragePooling2D()
    yield "random", small(*images, pool, shape=(12, 12, 3)), flat(4, 12, 12, 3), flat(4, 1)
    inputs = keras.Input((5, 8))
    hidden = L.MultiHeadAttention(2, 4, dropout=0.3)(inputs, inputs)
    hidden = L.AdditiveAttention(dropout=0.3)([hidden, L.Attention(dropout=0.3)([hidden, hidden])])
    model = compiled(keras.Model(inputs, L.Dense(1)(L.Flatten()(hidden))))
    yield "attention", model, flat(8, 5, 8), flat(8, 1)
