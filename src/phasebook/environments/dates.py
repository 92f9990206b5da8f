"""When the releases behind a column came out: the first of its minor, and the patch that its lock pins.

`python -m phasebook.environments.dates` asks the package index for both dates of every column, says which differ
from data/environments.toml, and with `--write` corrects them.
"""

import sys
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
from packaging.version import Version

from phasebook.environments import index
from phasebook.project.environments import Environment, add, load_environments
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders


def dates_of(environment: Environment, moment: datetime) -> tuple[date, date]:
    """The day a reader could first have the column's minor, and that of the tested patch; of the later package.

    A column for a Keras 3 minor is dated by that Keras alone. Candidates and nightlies are their own first
    release. Raises Problem for a release that the index does not have.
    """
    exact = _requirements(environment)
    tested = max(index.published(exact, environment.python, moment).values()).date()
    if any(Version(requirement.partition("==")[2]).is_prerelease for requirement in exact):
        return tested, tested
    minors = [_of_minor(requirement) for requirement in exact]
    first = max(index.published(minors, environment.python, moment, resolution="lowest").values()).date()
    return first, tested


def _requirements(environment: Environment) -> list[str]:
    """The packages that date a column, pinned."""
    nightly = environment.family == "nightly"
    tensorflow = f"{'tf-nightly' if nightly else 'tensorflow'}=={environment.tensorflow}"
    if environment.flavour == "tf.keras":
        return [tensorflow]  # its Keras came with it
    package = (
        "tf-keras"
        if environment.flavour == "tf-keras"
        else "keras-nightly"
        if ".dev" in environment.keras
        else "keras"
    )
    keras = f"{package}=={environment.keras}"
    if environment.backend != "tensorflow":
        return [keras]  # what stands beside it was chosen by date
    alone = environment.flavour == "keras-3" and not nightly and environment.lock == environment.name
    return [keras] if alone and "+" in environment.lock else [tensorflow, keras]


def _of_minor(requirement: str) -> str:
    package, _, version = requirement.partition("==")
    parsed = Version(version)
    return f"{package}=={parsed.major}.{parsed.minor}.*"


def main(write: bool) -> int:
    """Compare both dates of every column with the index; 1 where some differ and are not written."""
    folders = Folders(Path.cwd())
    moment = datetime.now(UTC).replace(microsecond=0)
    changed = []
    for environment in load_environments(folders).values():
        try:
            first, tested = dates_of(environment, moment)
        except Problem as problem:
            print(f"{environment.name}: {problem}")
            continue
        found = msgspec.structs.replace(environment, first_released=first, released=tested)
        if found != environment:
            print(f"{environment.name}: first released {first}, tested patch {tested}")
            changed.append(found)
    if write:
        add(folders, changed, {})
    print(f"{len(changed)} columns differ from the index" + (", written" if write and changed else ""))
    return 1 if changed and not write else 0


if __name__ == "__main__":
    sys.exit(main("--write" in sys.argv[1:]))
