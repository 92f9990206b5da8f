"""From a release of TensorFlow or Keras to columns with their lock."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime

import msgspec
from msgspec import Struct
from packaging.version import Version

from phasebook.environments import index, uv
from phasebook.environments.dates import dates_of
from phasebook.environments.interpreters import PYTHONS
from phasebook.project.environments import Environment, Flavour
from phasebook.project.errors import Problem

# Old releases name no upper bounds; these are the ones their wheels were built against. First a TensorFlow:
# the bound is for those below it.
#   gast: AutoGraph of 1.14 silently converts nothing with gast 0.3.
#   h5py: 2.1 and before decode the strings of h5py 2.
#   numpy: in 2.3 and before a symbolic tensor meets np.asarray, which raises from NumPy 1.20 on; 2.7 and
#   before use the C interface of NumPy < 1.22, 2.11 and before np.object and np.bool (gone in 1.24), and
#   2.17 and before NumPy 1.
#   protobuf: generated code from before protoc 3.19 does not load with protobuf 4.
_BOUNDS = (
    ("1.15", "gast<0.3"),
    ("2.2", "h5py<3"),
    ("2.4", "numpy<1.20"),
    ("2.8", "numpy<1.22"),
    ("2.12", "numpy<1.24"),
    ("2.12", "protobuf<3.21"),
    ("2.18", "numpy<2"),
)

# TF 2.12 and 2.13 pin typing-extensions below 4.6, which IPython 8.23 needs without saying so.
_IPYTHON = ("2.12", "2.14", "ipython<8.23")

# What some releases pin to a version without wheels, so that it is built from source: (from, below, package).
_SOURCES = (
    ("1.0", "2.2", "gast"),
    ("2.4", "2.7", "termcolor"),
    ("2.4", "2.7", "wrapt"),
    ("2.6", "2.7", "clang"),
)

# What `tf.keras.__version__` says in the releases that carry Keras inside themselves.
_INSIDE = {
    "1.14": "2.2.4-tf", "1.15": "2.2.4-tf", "2.0": "2.2.4-tf", "2.1": "2.3.0-tf",
    "2.2": "2.3.0-tf", "2.3": "2.4.0", "2.4": "2.4.0", "2.5": "2.5.0",
}  # fmt: skip

OLDEST = "1.14"  # what phaselab is written for

_LINUX = "x86_64-unknown-linux-gnu"
ON_LINUX = "sys_platform == 'linux' and platform_machine == 'x86_64'"
_ELSEWHERE = "sys_platform != 'linux' or platform_machine != 'x86_64'"


class Resolution(Struct, frozen=True):
    """The columns that a release makes, and the lock (its name and text) that installs them."""

    environments: list[Environment]
    lock: str
    text: str


class Release(Struct, frozen=True):
    """A TensorFlow that the index has, with a Python for it; `light` where there is one without CUDA."""

    package: str
    version: str
    python: str
    light: bool

    @property
    def pin(self) -> str:
        """Its requirement."""
        return f"{self.package}=={self.version}"

    @property
    def minor(self) -> str:
        """Such as 2.21."""
        return ".".join(self.version.split(".")[:2])

    @property
    def name(self) -> str:
        """`tf-2.21`, `tf-2.22.0rc1` or `tf-nightly`."""
        if self.package == "tf-nightly":
            return "tf-nightly"
        return f"tf-{self.version if Version(self.version).is_prerelease else self.minor}"

    def below(self, version: str) -> bool:
        """Whether it is older than a minor and all its candidates."""
        return Version(self.version) < Version(f"{version}.dev0")


def resolve(moment: datetime, tensorflow: str | None = None, keras: str | None = None) -> Resolution:
    """The columns and the lock of a release.

    `tensorflow` is a version, "nightly", or None for the newest; `keras` a version (also of a nightly), or None
    for the newest that the TensorFlow admits (and then with tf-keras beside it). The lock ignores what was
    published after `moment`, so that it comes out the same whenever it is made; for a release newer than that,
    after now.
    Writes nothing. Raises Problem for a release that does not exist or has no wheel for this machine, for
    versions that do not go together, and without a network.
    """
    if keras is not None:
        index.refuse_nonsense("KERAS", keras)
    if tensorflow not in (None, "nightly"):
        index.refuse_nonsense("TF", str(tensorflow))
        if Version(str(tensorflow)) < Version(f"{OLDEST}.dev0"):
            raise Problem(f"TF={tensorflow} is older than {OLDEST}, the oldest that the notebooks run on")
    now = datetime.now(UTC).replace(microsecond=0)
    release = find(tensorflow, now)
    asked = [release.pin] + ([keras_pin(keras)] if keras else [])
    dates = index.published(asked, release.python, now)
    moment = moment if max(dates.values()) <= moment else now
    legacy = None if keras or release.below("2.16") else _legacy(release, moment)
    text = lock(release, keras, legacy, moment)
    return _columns(release, keras, legacy, text, moment)


def beside(environment: Environment, moment: datetime, more: Sequence[str], options: Sequence[str] = ()) -> str:
    """The lock of an environment with further requirements beside its TensorFlow and Keras, on its own Python.

    Raises Problem as `resolve` does.
    """
    release = find(environment.tensorflow, datetime.now(UTC).replace(microsecond=0))
    release = msgspec.structs.replace(release, python=environment.python)
    keras = environment.keras if environment.flavour == "keras-3" else None
    return lock(release, keras, None, moment, more, options)


def keras_pin(version: str) -> str:
    """The requirement for a Keras; nightlies are a package of their own."""
    return f"{'keras-nightly' if '.dev' in version else 'keras'}=={version}"


def newest() -> str:
    """The newest released TensorFlow (no candidate, no nightly) that has a wheel for this machine."""
    return find(None, datetime.now(UTC)).version


def newer(known: Iterable[Environment], moment: datetime) -> list[tuple[str | None, str | None]]:
    """What `resolve` is to be asked for, as (TensorFlow, Keras), to have all that is newer than the known columns.

    The newest release and the newest candidate after it, of TensorFlow and of Keras 3; whether there is a newer
    nightly tells only its lock, so it is always among them. Raises Problem where the index does not answer.
    """
    released = [one for one in known if one.family not in ("nightly", "JAX", "Torch")]
    tensorflows = [Version(one.tensorflow) for one in released]
    kerases = [Version(one.keras) for one in released if one.flavour == "keras-3"]
    found: list[tuple[str | None, str | None]] = []
    release = find(None, moment)
    for version in _newest("tensorflow", release.python, moment):
        if all(version > other for other in tensorflows):
            found.append((str(version), None))
    if (release.version, None) not in found:  # a newer TensorFlow comes with the newest Keras
        for version in _newest("keras", release.python, moment):
            if all(version > other for other in kerases):
                found.append((release.version, str(version)))
    return [*found, ("nightly", None)]


def _newest(package: str, python: str, moment: datetime) -> list[Version]:
    """The newest release of a package, and the newest candidate for the next, where there is one."""
    found = []
    for prereleases in (False, True):
        versions, complaint = index.versions([package], python, moment, prereleases=prereleases)
        if package not in versions:
            raise index.missing(package, complaint)
        found.append(Version(versions[package]))
    return sorted({version for version in found if version >= found[0]})


def find(wanted: str | None, moment: datetime) -> Release:
    """The release that `wanted` means, with the first of our Pythons that it has a wheel for."""
    nightly = wanted is not None and (wanted == "nightly" or ".dev" in wanted)
    package = "tf-nightly" if nightly else "tensorflow"
    requirement = package
    if wanted not in (None, "nightly"):
        requirement = f"{package}=={wanted}"
    complaints = []
    for python in PYTHONS:
        found, complaint = index.versions([requirement], python, moment, prereleases=nightly)
        if package in found:
            light = [f"{package}-cpu=={found[package]}"]
            exists, why_not = index.versions(light, python, moment, prereleases=True, platform=_LINUX)
            if not exists and not index.absent(why_not):  # nobody said that there is none
                raise index.missing(light[0], why_not)
            return Release(package, found[package], python, bool(exists))
        complaints.append(complaint)
        if uv.unreachable(complaint) or index.unknown(complaint):
            break
    raise index.missing(f"TensorFlow {wanted or ''}".strip(), complaints[0])


def _legacy(release: Release, moment: datetime) -> str | None:
    """The newest tf-keras made for this TensorFlow, None where there is none."""
    found, complaint = index.versions([f"tf-keras=={release.minor}.*"], release.python, moment)
    if not found and not index.absent(complaint):
        raise index.missing("tf-keras", complaint)
    return None if release.package == "tf-nightly" else found.get("tf-keras")


def lock(
    release: Release,
    keras: str | None,
    legacy: str | None,
    moment: datetime,
    more: Sequence[str] = (),
    options: Sequence[str] = (),
) -> str:
    """The lock file's text: hashed pins for every platform, below a line that says what they were made from.

    `more` are further requirements, `options` further arguments of uv.
    """
    tensorflow, overrides = [release.pin], []
    if release.light:
        elsewhere = f"{release.pin} ; {_ELSEWHERE}"
        tensorflow = [f"{release.package}-cpu=={release.version} ; {ON_LINUX}", elsewhere]
        overrides = [elsewhere]  # tf-keras asks for tensorflow, which must not stand beside tensorflow-cpu
    if not release.below("2.18"):
        overrides.append("tensorflow-intel ; sys_platform == 'none'")  # 2.18.1 and 2.19.1 name one that never came
    requirements = [*tensorflow, "ipykernel", "matplotlib"]
    if keras:
        requirements.append(keras_pin(keras))
        other = "keras" if ".dev" in keras else "keras-nightly"  # both hold a module of the same name
        overrides.append(f"{other} ; sys_platform == 'none'")
    requirements += [f"tf-keras=={legacy}", *more] if legacy else more
    arguments = ["--universal", "--generate-hashes", "--only-binary", ":all:", *options]
    for since, below, package in _SOURCES:
        if release.below(below) and not release.below(since):
            arguments += ["--no-binary", package]
    bounds = [bound for below, bound in _BOUNDS if release.below(below)]
    if release.below(_IPYTHON[1]) and not release.below(_IPYTHON[0]):
        bounds.append(_IPYTHON[2])
    text, complaint = index.compile_lock(
        requirements, release.python, moment, arguments, bounds=bounds, overrides=overrides
    )
    if not text:
        raise index.missing(f"TensorFlow {release.version}{f' with Keras {keras}' if keras else ''}", complaint)
    made_from = f"TensorFlow {release.version} on Python {release.python}, from packages published before"
    return f"# {made_from} {moment:%Y-%m-%dT%H:%M:%SZ}.\n{text}"


def _columns(release: Release, keras: str | None, legacy: str | None, text: str, moment: datetime) -> Resolution:
    """The columns that a lock makes; a Keras that was asked for names the lock too."""
    pins = index.pins(text)
    if release.below("2.16"):
        version = pins.get("keras") or _INSIDE[release.minor]
        column = _column(release, release.name, "tf.keras", version, release.name, moment)
        return Resolution([column], release.name, text)
    version = keras or pins.get("keras") or pins["keras-nightly"]
    name = release.name if release.package == "tf-nightly" else f"{release.name}+keras-{version}"
    lock = name if keras else release.name
    columns = [_column(release, name, "keras-3", version, lock, moment)]
    if legacy:
        name = f"{release.name}+tf-keras"
        columns.append(_column(release, name, "tf-keras", legacy, lock, moment))
    return Resolution(columns, lock, text)


def _column(release: Release, name: str, flavour: Flavour, keras: str, lock: str, moment: datetime) -> Environment:
    """One column with its dates."""
    undated = Environment(
        name=name, tensorflow=release.version, keras=keras, flavour=flavour, python=release.python,
        lock=lock, first_released=date.min, released=date.min,
    )  # fmt: skip
    first, tested = dates_of(undated, moment)
    return msgspec.structs.replace(undated, first_released=first, released=tested)
