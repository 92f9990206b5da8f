"""From a Keras 3 to a column on JAX or on Torch, with a TensorFlow beside it whose `tf.keras` it is."""

import re
from datetime import UTC, date, datetime

import msgspec

from phasebook.environments import index, resolve
from phasebook.environments.dates import dates_of
from phasebook.environments.resolve import Release, Resolution
from phasebook.project.environments import Backend, Environment, load_environments, lock_text
from phasebook.project.folders import Folders

# What PyTorch needs; its own pins are copied, see `_pytorch`.
_BESIDE_TORCH = ("filelock", "fsspec", "jinja2", "networkx>=2.5.1", "setuptools>=77.0.3,<82", "sympy>=1.13.3")
_TORCH = re.compile(r"^(?:# wheel \S+\n)?torch==[^\n]*\\\n(?:    --hash[^\n]*\n?)+", re.MULTILINE)


def resolve_on(folders: Folders, moment: datetime, backend: Backend, keras: str) -> Resolution:
    """The column and the lock of a Keras 3 on a backend; `keras` is a version, of a nightly too, or "nightly".

    The lock ignores what was published after `moment`; for a Keras newer than that, after now. JAX is the newest
    that is no younger than the TensorFlow beside it, which cannot read what a younger one exports. Torch is that
    of the pairs with PyTorch, on its Python: the package index has no wheels for the CPU alone.
    Writes nothing. Raises Problem for a Keras that does not exist, and without a network.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    if keras != "nightly":
        index.refuse_nonsense("KERAS", keras)
    beside = load_environments(folders.for_pytorch()) if backend == "torch" else {}
    pairs = next((one for one in beside.values() if one.default), None)
    release = resolve.find(pairs.tensorflow if pairs else None, moment)
    if pairs:
        release = msgspec.structs.replace(release, python=pairs.python)
    version = keras if keras != "nightly" else _nightly(release, now)
    uploaded = index.published([resolve.keras_pin(version)], release.python, now)
    moment = moment if max(uploaded.values()) <= moment else now
    text = resolve.lock(release, version, None, moment, _BESIDE_TORCH if pairs else [_jax(release, now)])
    if pairs:
        text += "".join(_TORCH.findall(lock_text(folders.for_pytorch(), pairs)))
    name = f"keras-{'nightly' if '.dev' in version else version}+{backend}"
    undated = Environment(
        name=name, tensorflow=release.version, keras=version, flavour="keras-3", python=release.python, lock=name,
        first_released=date.min, released=date.min, backend=backend,
    )  # fmt: skip
    first, tested = dates_of(undated, moment)
    return Resolution([msgspec.structs.replace(undated, first_released=first, released=tested)], name, text)


def _jax(release: Release, now: datetime) -> str:
    """The requirement for JAX."""
    [uploaded] = index.published([release.pin], release.python, now).values()
    found, complaint = index.versions(["jax"], release.python, uploaded)
    if not found:
        raise index.missing("jax", complaint)
    return f"jax=={found['jax']}"


def _nightly(release: Release, moment: datetime) -> str:
    """The newest nightly of Keras; raises Problem where the index does not tell."""
    found, complaint = index.versions(["keras-nightly"], release.python, moment, prereleases=True)
    if not found:
        raise index.missing("keras-nightly", complaint)
    return found["keras-nightly"]
