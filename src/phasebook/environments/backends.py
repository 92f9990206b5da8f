"""From a Keras 3 to a column on JAX or on Torch, with a TensorFlow beside it whose `tf.keras` it is."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import get_args

import msgspec
from packaging.version import Version

from phasebook.environments import index, resolve
from phasebook.environments.dates import dates_of
from phasebook.environments.resolve import Release, Resolution
from phasebook.project.environments import Backend, Environment, load_environments, lock_text
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders

BACKENDS: tuple[Backend, ...] = tuple(name for name in get_args(Backend) if name != "tensorflow")

# What PyTorch needs; its own pins are copied.
_BESIDE_TORCH = ("filelock", "fsspec", "jinja2", "networkx>=2.5.1", "setuptools>=77.0.3,<82", "sympy>=1.13.3")
_TORCH = re.compile(r"^(?:# wheel \S+\n)?torch==[^\n]*\\\n(?:    --hash[^\n]*\n?)+", re.MULTILINE)


def resolve_on(folders: Folders, moment: datetime, backend: str, keras: str | None = None) -> Resolution:
    """The column and the lock of a Keras 3 on a backend.

    `keras` is a version, of a nightly too, or "nightly", or None for the newest. The lock ignores what was
    published after `moment`; for a Keras newer than that, after now. JAX is the newest that is no younger than the
    TensorFlow beside it, which cannot read what a younger one exports. Torch is that of the pairs with PyTorch, on
    its Python: the package index has no wheels for the CPU alone.
    Writes nothing. Raises Problem for a Keras or a backend that does not exist, and without a network.
    """
    if backend not in BACKENDS:
        raise Problem(
            f"BACKEND={backend} is no other backend of Keras 3 than TensorFlow: write {' or '.join(BACKENDS)}"
        )
    if keras not in (None, "nightly"):
        index.refuse_nonsense("KERAS", str(keras))
    now = datetime.now(UTC).replace(microsecond=0)
    beside = load_environments(folders.for_pytorch()) if backend == "torch" else {}
    pairs = next((one for one in beside.values() if one.default), None)
    release = resolve.find(pairs.tensorflow if pairs else None, moment)
    if pairs:
        release = msgspec.structs.replace(release, python=pairs.python)
    version = (
        keras if keras not in (None, "nightly") else _newest(keras, release, moment if keras is None else now)
    )
    uploaded = index.published([resolve.keras_pin(version)], release.python, now)
    moment = moment if max(uploaded.values()) <= moment else now
    text = resolve.lock(release, version, None, moment, _BESIDE_TORCH if pairs else [_jax(release, now)])
    if pairs:
        text += "".join(_TORCH.findall(lock_text(folders.for_pytorch(), pairs)))
    name = f"keras-{'nightly' if '.dev' in version else version}+{backend}"
    undated = Environment(
        name=name, tensorflow=release.version, keras=version, flavour="keras-3", python=release.python, lock=name,
        first_released=date.min, released=date.min, backend=msgspec.convert(backend, Backend),
    )  # fmt: skip
    first, tested = dates_of(undated, moment)
    return Resolution([msgspec.structs.replace(undated, first_released=first, released=tested)], name, text)


def newer_on(known: Iterable[Environment], moment: datetime) -> list[tuple[Backend, str]]:
    """What `resolve_on` is to be asked for, as (backend, Keras), to have all that is newer than the known columns.

    Nothing for a backend without any. Raises Problem where the index does not answer.
    """
    asked: list[tuple[Backend, str]] = []
    columns = [one for one in known if one.backend != "tensorflow"]
    for backend in sorted({one.backend for one in columns}):
        own = [one for one in columns if one.backend == backend]
        newest = _newest(None, resolve.find(own[0].tensorflow, moment), moment)
        if all(Version(newest) > Version(one.keras) for one in own if ".dev" not in one.keras):
            asked.append((backend, newest))
        asked.append((backend, "nightly"))
    return asked


def _jax(release: Release, now: datetime) -> str:
    """The requirement for JAX."""
    [uploaded] = index.published([release.pin], release.python, now).values()
    found, complaint = index.versions(["jax"], release.python, uploaded)
    if not found:
        raise index.missing("jax", complaint)
    return f"jax=={found['jax']}"


def _newest(wanted: str | None, release: Release, moment: datetime) -> str:
    """The newest Keras, or its newest nightly; raises Problem where the index does not tell."""
    package = "keras-nightly" if wanted == "nightly" else "keras"
    found, complaint = index.versions([package], release.python, moment, prereleases=wanted == "nightly")
    if package not in found:
        raise index.missing(package, complaint)
    return found[package]
