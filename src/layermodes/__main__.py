"""The command line: `python -m layermodes model.keras` says which mode the layers of a saved model run in."""

import argparse
import json
import os
import sys
import zipfile


def main(arguments=None):
    """Look at a saved model and print the table, or JSON; 0, 3 with findings, 2 for errors."""
    parser = argparse.ArgumentParser(
        prog="layermodes", description="Which mode do the layers of a saved model run in?"
    )
    parser.add_argument("model", help="a .keras or .h5 file, or the folder of a SavedModel")
    parser.add_argument("--shape", help="shape of one input without the batch, such as 96,96,3, where it is open")
    parser.add_argument("--batch", type=int, default=8, help="rows of random data to run it on (8)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.add_argument("--unsafe", action="store_true", help="load files that hold code, and so run that code")
    given = parser.parse_args(arguments)
    from layermodes import InputError, modes

    try:
        model = load(given.model, given.unsafe)
        result = modes(model, random_batch(model, given.batch, given.shape))
    except InputError as error:
        print("layermodes: %s" % error, file=sys.stderr)
        return 2
    print(result.to_json() if given.json else result)
    return 3 if result.findings else 0


def load(path, unsafe):
    """A saved model; raises InputError where it is missing, cannot be read or would run code of its own."""
    from layermodes import InputError

    if not os.path.exists(path):
        raise InputError("%s does not exist" % path)
    if not unsafe and holds_code(path):
        raise InputError("%s holds code (a Lambda), which loading would run; --unsafe does so" % path)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        import tensorflow as tf
    except ImportError:
        raise InputError("TensorFlow is not installed") from None
    keywords = {"safe_mode": False} if unsafe and path.endswith(".keras") else {}
    try:
        return tf.keras.models.load_model(path, **keywords)
    except Exception as error:
        line = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise InputError("%s cannot be loaded: %s" % (path, line)) from None


def holds_code(path):
    """Whether a saved model has a Lambda layer: its function is stored as code."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.endswith("config.json")]
            return any(has_lambda(json.loads(archive.read(name))) for name in names)
    files = [path]
    if os.path.isdir(path):
        files = [os.path.join(path, name) for name in ("keras_metadata.pb", "saved_model.pb")]
    for name in files:
        if os.path.isfile(name):
            with open(name, "rb") as file:
                if b'"Lambda"' in file.read():
                    return True
    return False


def has_lambda(config):
    """Whether a configuration names a Lambda or stored code at any depth."""
    if isinstance(config, dict):
        return config.get("class_name") in ("Lambda", "__lambda__") or any(map(has_lambda, config.values()))
    return isinstance(config, list) and any(map(has_lambda, config))


def random_batch(model, rows, shape):
    """Random data in the shape of the model's inputs, always the same."""
    import numpy as np

    from layermodes import InputError

    inputs = getattr(model, "inputs", None)
    if not inputs and shape is None:
        raise InputError("the model does not say what it takes: give --shape")
    random = np.random.RandomState(0)
    if shape is not None:
        try:
            shapes = [tuple(int(size) for size in shape.split(","))]
        except ValueError:
            raise InputError("--shape is %r; it is numbers such as 96,96,3" % shape) from None
        types = ["float32"]
    else:
        shapes = [tuple(tensor.shape[1:]) for tensor in inputs]
        types = [getattr(tensor.dtype, "name", tensor.dtype) for tensor in inputs]
        if any(size is None for one in shapes for size in one):
            raise InputError("the model's input has open sizes %s: give --shape" % (shapes,))
    batch = [
        random.randint(0, 2, (rows, *one)).astype(kind) if "int" in kind else random.rand(rows, *one).astype(kind)
        for one, kind in zip(shapes, types)
    ]
    return batch[0] if len(batch) == 1 else batch


if __name__ == "__main__":
    sys.exit(main())
