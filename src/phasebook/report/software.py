"""The software that ran a column, as its result names it, and the tools around it."""

import re

from msgspec import Struct

from phasebook.environments.index import pins
from phasebook.project.citation import Citation
from phasebook.project.errors import Problem
from phasebook.project.results import Versions

LOCK = "requirements/report.txt"
_KERAS = {
    "tf-keras": ("tf-keras", "https://github.com/keras-team/tf-keras"),
    "tf.keras": ("tf.keras", "https://www.tensorflow.org/api_docs/python/tf/keras"),
    "keras-3": ("Keras", "https://keras.io/"),
}
_BACKENDS = {"jax": ("JAX", "https://docs.jax.dev/"), "torch": ("PyTorch", "https://pytorch.org/")}


class Software(Struct, frozen=True):
    """A program or library at one version."""

    name: str
    version: str
    url: str = ""
    description: str = ""

    @property
    def id(self) -> str:
        """What the crate calls it; no two versions are called the same."""
        return f"#{self.name}-{self.version}"


def of_column(ran: Versions, lock: str) -> list[Software]:
    """What a column's kernels ran on, as they told it themselves; JAX or PyTorch as `lock`, its text, pins it."""
    keras, address = _KERAS[ran.flavour]
    backend = _BACKENDS.get(ran.backend)
    own = [Software(backend[0], pins(lock)[ran.backend], backend[1])] if backend else []
    return [
        *own,
        Software("TensorFlow", ran.tensorflow, "https://www.tensorflow.org/"),
        Software(keras, ran.keras, address),
        Software("NumPy", ran.numpy, "https://numpy.org/"),
        Software("Python", ran.python, "https://www.python.org/"),
    ]


def phasebook(citation: Citation) -> Software:
    """What judged the notebooks' records."""
    return Software("Phasebook", citation.version)


def papermill(lock: str) -> Software:
    """What executed the notebooks; `lock` is the text of requirements/report.txt."""
    found = re.search(r"^papermill==([A-Za-z0-9.]+)", lock, re.MULTILINE)
    if found is None:
        raise Problem(f"{LOCK}: pins no papermill; regenerate it with `make locks`")
    said = f"The version that {LOCK} pins; results do not record it."
    return Software("papermill", found[1], "https://papermill.readthedocs.io/", said)
