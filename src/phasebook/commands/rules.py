"""The data file of layermodes: the texts of data/rules.toml with proofs from the recorded results."""

from itertools import groupby

import msgspec
from msgspec import Struct
from packaging.version import Version

from phasebook.project.environments import load_environments
from phasebook.project.errors import Problem
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders
from phasebook.project.messages import Say
from phasebook.project.results import Result, load_results
from phasebook.project.rules import load_rules

SCHEMA = 1
NAMES = {"tf.keras": "TensorFlow", "keras-3": "Keras", "tf-keras": "tf-keras"}


class Range(Struct, frozen=True):
    """Neighbouring releases of one flavour in which a claim has the same verdict."""

    flavour: str
    first: str
    last: str
    verdict: str


def rules(folders: Folders, say: Say) -> int:
    """Write src/layermodes/rules.json anew and say whether that changed it."""
    changed = write_atomically(folders.layermodes / "rules.json", content(folders))
    say(f"src/layermodes/rules.json {'changed' if changed else 'is unchanged'}")
    return 0


def content(folders: Folders) -> bytes:
    """The data file: each rule's texts with its proof, and the verdicts of that claim by ranges of releases.

    Columns on JAX and Torch are left out: layermodes watches TensorFlow.
    Raises Problem while a column has no results: ranges with holes would say less than they seem to.
    """
    known = load_environments(folders)
    environments = {name: item for name, item in known.items() if item.backend == "tensorflow"}
    results = load_results(folders, environments)
    if missing := [name for name in environments if name not in results]:
        raise Problem(f"{len(missing)} columns have no results, such as {missing[0]}: run `make matrix` first", 1)
    written = []
    for rule in load_rules(folders):
        claims = [claim for claim in rule.claims if any(claim in result.claims for result in results.values())]
        written.append(
            {
                "id": rule.id,
                "happens": rule.happens,
                "instead": rule.instead,
                "claims": [{"id": claim, "ranges": ranges(claim, results)} for claim in claims],
            }
        )
    encoded = msgspec.json.encode({"schema": SCHEMA, "rules": written})
    return msgspec.json.format(encoded, indent=1) + b"\n"


def ranges(claim: str, results: dict[str, Result]) -> list[Range]:
    """The verdicts of a claim, flavour by flavour, neighbouring releases with the same verdict in one."""
    found = []
    for flavour in NAMES:
        cells = []
        for result in results.values():
            told = result.claims.get(claim)
            if told is not None and result.environment.flavour == flavour:
                release = result.environment.keras if flavour == "keras-3" else result.environment.tensorflow
                cells.append((Version(release), release, told.verdict))
        for verdict, group in groupby(sorted(cells), key=lambda cell: cell[2]):
            releases = [release for _, release, _ in group]
            found.append(Range(flavour, releases[0], releases[-1], verdict))
    return found
