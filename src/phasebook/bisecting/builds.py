"""The builds that a bisection goes through: which there are between two columns, and what they are called."""

from datetime import date

import msgspec
from msgspec import Struct
from packaging.version import Version

from phasebook.environments.listing import Listed, listing
from phasebook.project.environments import Environment, Flavour

KERAS_3 = Version("2.16.dev0")  # from this TensorFlow on `tf.keras` is Keras 3, a package that varies by itself


class Build(Struct, frozen=True):
    """A TensorFlow with a Keras ("" for the one that comes with it); `package` is the one that varies."""

    package: str
    version: str
    released: date
    tensorflow: str
    keras: str
    flavour: Flavour

    @property
    def name(self) -> str:
        """A file's name, unlike that of any other build."""
        beside = {"tf.keras": "", "tf-keras": "+tf-keras", "keras-3": f"+keras-{self.keras}"}
        return f"tf-{self.tensorflow}{beside[self.flavour]}"

    @property
    def words(self) -> str:
        """The package that varies, its version and date."""
        return f"{self.package} {self.version} of {self.released}"

    @property
    def beside(self) -> str:
        """What it is installed with and does not vary; "" where nothing is."""
        if self.flavour != "keras-3":
            return ""
        return f"Keras {self.keras}" if kind(self) == "tensorflow" else f"TensorFlow {self.tensorflow}"


def kind(build: Build) -> str:
    """The package that varies: of a nightly, the one that it becomes."""
    return {"keras-nightly": "keras", "tf-nightly": "tensorflow"}.get(build.package, build.package)


def of_column(column: Environment, package: str) -> Build:
    """The build that a column is, seen as one of those of `package` ("tensorflow" or "keras")."""
    if package == "keras" and column.flavour == "keras-3":
        return with_keras(column, Listed(column.keras, column.released))
    keras = column.keras if column.flavour == "keras-3" else ""
    return _with_tensorflow(Listed(column.tensorflow, column.released), keras, column.flavour)


def with_keras(column: Environment, keras: Listed) -> Build:
    """A Keras 3 on the TensorFlow of a column."""
    package = "keras-nightly" if ".dev" in keras.version else "keras"
    return Build(package, keras.version, keras.uploaded, column.tensorflow, keras.version, "keras-3")


def with_tensorflow(column: Environment, tensorflow: Listed) -> Build:
    """A TensorFlow with the Keras of a column."""
    return _with_tensorflow(tensorflow, column.keras if column.flavour == "keras-3" else "", column.flavour)


def crosses(before: Environment, after: Environment) -> bool:
    """Whether both TensorFlow and Keras 3 differ, so that it is open which of them changed it."""
    three = before.flavour == after.flavour == "keras-3"
    return three and before.tensorflow != after.tensorflow and before.keras != after.keras


def releases(before: Environment, after: Environment, package: str, fixed: Environment) -> list[Build]:
    """All releases of `package` from that of `before` to that of `after`, with the other package of `fixed`.

    From a TensorFlow with a Keras inside to one with Keras 3 it is the TensorFlow's releases up to 2.15, then
    those of Keras 3. The ends are there also where they are nightlies. The order is that of the versions, not of
    the dates: 2.1.0 follows 2.0.4, which came out later.
    """
    if package == "keras" and before.flavour == "tf.keras":
        old = _between(listing("tensorflow"), before.tensorflow, str(KERAS_3))
        new = _between(listing("keras"), "3.0.0", after.keras)
        return [*(with_tensorflow(before, item) for item in old), *(with_keras(after, item) for item in new)]
    if package == "keras":
        found = [with_keras(fixed, item) for item in _between(listing("keras"), before.keras, after.keras)]
        ends = [with_keras(fixed, Listed(column.keras, column.released)) for column in (before, after)]
    else:
        listed = _between(listing("tensorflow"), before.tensorflow, after.tensorflow)
        found = [_of_its_time(before, after, fixed, item) for item in listed]
        ends = [of_column(before, package), of_column(after, package)]
        ends = [msgspec.structs.replace(end, keras=fixed.keras) if end.keras else end for end in ends]
    inner = [build for build in found if build.name not in {end.name for end in ends}]
    return [ends[0], *inner, ends[1]]


def nightlies(last: Build, first: Build, like: Environment) -> tuple[list[Build], int, int]:
    """All nightlies of the package that varies, in their order, and where to look for both ends among them.

    That is: the newest from before the minor of `last` came out, and the oldest from after `first`, or it itself.
    `like` is a column with the package that does not vary.
    """
    package = kind(last)
    listed = listing(f"{'tf' if package == 'tensorflow' else package}-nightly")
    make = with_keras if package == "keras" else with_tensorflow
    builds = [make(like, item) for item in sorted(listed, key=lambda item: (item.uploaded, Version(item.version)))]
    since = _of_minor(last, package)
    start = sum(build.released <= since for build in builds) - 1
    end = sum(build.released < first.released for build in builds)
    if ".dev" in first.version:
        end = next((place for place, build in enumerate(builds) if build.version == first.version), end)
    return builds, start, end


def commits(last: Build, first: Build) -> str:
    """The address of the upstream commits between two builds; for nightlies, those of their days."""
    package = kind(first)
    place = "keras-team/keras" if package == "keras" else "tensorflow/tensorflow"
    if kind(last) != package:
        return f"https://github.com/{place}/releases/tag/v{first.version}"
    if ".dev" in first.version or ".dev" in last.version:
        return f"https://github.com/{place}/commits/master?since={last.released}&until={first.released}"
    return f"https://github.com/{place}/compare/v{last.version}...v{first.version}"


def _with_tensorflow(tensorflow: Listed, keras: str, flavour: Flavour) -> Build:
    package = "tf-nightly" if ".dev" in tensorflow.version else "tensorflow"
    return Build(package, tensorflow.version, tensorflow.uploaded, tensorflow.version, keras, flavour)


def _of_its_time(before: Environment, after: Environment, fixed: Environment, item: Listed) -> Build:
    """A TensorFlow between two columns; on the tf-keras line those before 2.16 have Keras inside."""
    inside = Version(item.version) < KERAS_3
    column = fixed if before.flavour == "keras-3" else before if inside else after
    return with_tensorflow(column, item)


def _between(listed: list[Listed], lowest: str, highest: str) -> list[Listed]:
    """The releases, no candidates and nightlies, with versions from `lowest` to `highest`."""
    return [
        item
        for item in listed
        if Version(lowest) <= Version(item.version) <= Version(highest) and not Version(item.version).is_prerelease
    ]


def _of_minor(build: Build, package: str) -> date:
    """When the first release of a build's minor came out; its own day where the index has none."""
    parsed = Version(build.version)
    first = f"{parsed.major}.{parsed.minor}.0"
    return next((item.uploaded for item in listing(package) if item.version == first), build.released)
