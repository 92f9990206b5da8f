"""The columns of the matrix, from data/environments.toml."""

import hashlib
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Literal, cast

import msgspec
from msgspec import Meta, Struct
from packaging.version import InvalidVersion, Version

from phasebook.project.errors import Problem
from phasebook.project.files import read_text, write_atomically
from phasebook.project.folders import Folders

if TYPE_CHECKING:
    from tomlkit.items import AoT, Table

Flavour = Literal["tf.keras", "keras-3", "tf-keras"]
Backend = Literal["tensorflow", "jax", "torch"]
Family = Literal["TF 1", "TF 2", "Keras 3", "tf-keras", "JAX", "Torch", "nightly"]

Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9.+-]*\Z")]  # files and folders are called so

# Each with its own way to say: one thread, so that sums come out in one order on every machine. JAX compiles every
# operation that is not in a step, and runs it once or twice: to optimise it takes longer than it saves.
_ONE_THREAD, _NOT_OPTIMISED = "--xla_cpu_multi_thread_eigen=false", "--xla_backend_optimization_level=0"
_VARIABLES: dict[Backend, dict[str, str]] = {
    "tensorflow": {},
    "jax": {"KERAS_BACKEND": "jax", "XLA_FLAGS": f"{_ONE_THREAD} {_NOT_OPTIMISED}"},
    "torch": {"KERAS_BACKEND": "torch", "OMP_NUM_THREADS": "1"},
}


class Environment(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One column: a TensorFlow with the Keras that its notebooks import, and the lock that installs both."""

    name: Name
    tensorflow: str
    keras: str
    flavour: Flavour
    python: Annotated[str, Meta(pattern=r"^3\.\d+\Z")]
    lock: Name
    first_released: date  # of its minor: when a reader could first have it
    released: date  # of the patch that the lock pins
    default: bool = False
    backend: Backend = "tensorflow"  # what Keras 3 computes with; TensorFlow is installed beside the others

    @property
    def family(self) -> Family:
        """The group of columns it stands in."""
        if self.backend != "tensorflow":
            return "JAX" if self.backend == "jax" else "Torch"
        if "dev" in self.tensorflow:
            return "nightly"
        if self.flavour == "keras-3":
            return "Keras 3"
        if self.flavour == "tf-keras":
            return "tf-keras"
        return "TF 1" if self.tensorflow.startswith("1.") else "TF 2"

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that make its TensorFlow offer this Keras, and Keras use its backend."""
        return {"TF_USE_LEGACY_KERAS": "1"} if self.flavour == "tf-keras" else _VARIABLES[self.backend]


class _File(Struct, forbid_unknown_fields=True):
    as_of: datetime
    environment: list[Environment]


def load_environments(folders: Folders) -> dict[str, Environment]:
    """All columns by name, in their order; raises Problem for a broken file, a duplicate or a missing lock."""
    environments: dict[str, Environment] = {}
    for environment in folders.toml(folders.environments, _File).environment:
        if environment.name in environments:
            raise Problem(f"{folders.environments}: {environment.name!r} is listed twice; delete one")
        if not (folders.locks / f"{environment.lock}.txt").is_file():
            raise Problem(
                f"{folders.environments}: {environment.name!r} names the lock {environment.lock!r}, "
                f"but {folders.locks / environment.lock}.txt does not exist; restore it with git"
            )
        environments[environment.name] = environment
    return environments


def as_of(folders: Folders) -> datetime:
    """The moment whose packages the locks of the matrix are made from."""
    moment = folders.toml(folders.environments, _File).as_of
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def find(environments: dict[str, Environment], wanted: str) -> list[Environment]:
    """The columns that `wanted` means: an exact name, or a release such as `2.15`, `tf-2.21` or `nightly`.

    A release means no column of JAX or Torch, beside which TensorFlow only stands.

    Raises Problem that lists what exists for a name that means none.
    """
    if wanted in environments:
        return [environments[wanted]]
    release = wanted if wanted.startswith("tf-") else f"tf-{wanted}"
    found = [item for item in environments.values() if item.name == release or item.lock == release]
    if not found:
        version, own = release.removeprefix("tf-"), environments.values()
        found = [item for item in own if item.tensorflow == version and item.backend == "tensorflow"]
    if not found:
        raise Problem(f"no environment is called {wanted!r}; there are {', '.join(environments)}")
    return found


def lock_text(folders: Folders, environment: Environment) -> str:
    """The lock that installs an environment; raises Problem where it is missing."""
    path = folders.locks / f"{environment.lock}.txt"
    return folders.once(path, str, lambda: read_text(path))


def lock_digest(folders: Folders, environment: Environment) -> str:
    """The digest of the lock file, as results name it."""
    return "sha256:" + hashlib.sha256(lock_text(folders, environment).encode()).hexdigest()


def same_version(one: str, other: str) -> bool:
    """Whether both mean one version: a nightly calls itself 2.23.0-dev20261026, its lock 2.23.0.dev20261026."""
    try:
        return Version(one) == Version(other)
    except InvalidVersion:  # such as 2.2.4-tf
        return one == other


def add(folders: Folders, added: list[Environment], locks: dict[str, str]) -> None:
    """Write the locks, then the columns into the file: each in its place, or over the column of the same name.

    What else stands in the file, comments too, stays as it is. Raises Problem where the file is broken.
    """
    import tomlkit  # slow to import, and needed only here

    columns = list(folders.toml(folders.environments, _File).environment)
    document = tomlkit.parse(read_text(folders.environments))
    tables = cast("AoT", document["environment"])
    for environment in added:
        names = [column.name for column in columns]
        if environment.name in names:
            number = names.index(environment.name)
            columns[number] = environment
            _fill(tables[number], environment)
        else:
            number = sum(_place(column) < _place(environment) for column in columns)
            table = _fill(tomlkit.table(), environment)
            (table if number < len(columns) else tables[-1]).add(tomlkit.nl())  # the blank line between columns
            columns.insert(number, environment)
            tables.insert(number, table)
    for lock, text in locks.items():
        write_atomically(folders.locks / f"{lock}.txt", text)
    write_atomically(folders.environments, tomlkit.dumps(document))


def _fill(table: "Table", environment: Environment) -> "Table":
    """`table` with the fields of a column; what is at its default is left out."""
    defaults = {field.name: field.default for field in msgspec.structs.fields(Environment)}
    for key, value in msgspec.structs.asdict(environment).items():
        if value != defaults[key]:
            table[key] = value
        else:
            table.pop(key, None)
    return table


def _place(environment: Environment) -> tuple[int, Version, Version]:
    """Where a column stands: TF 1, TF 2, Keras 3 minors, TF 2.16 on with Keras 3, then the others."""
    groups = {"TF 1": 0, "TF 2": 1, "Keras 3": 3, "tf-keras": 4, "JAX": 5, "Torch": 6, "nightly": 7}
    group = groups[environment.family]
    if group == 3 and environment.lock == environment.name:
        group = 2
    keras = environment.keras if environment.flavour == "keras-3" else "0"  # "2.2.4-tf" is no version
    return group, Version(environment.tensorflow), Version(keras)
