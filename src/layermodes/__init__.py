"""Which mode do the layers of a Keras model run in, observed from what they do."""
