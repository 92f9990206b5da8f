"""What PyTorch and Keras each answer to one question, from data/pytorch/pairs.toml; the verdicts are elsewhere."""

from msgspec import Struct

from phasebook.project.claims import load_claims
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders


class Pair(Struct, frozen=True, forbid_unknown_fields=True):
    """A question with the answer of each library, which the cases of `claim` prove.

    `matrix` is the claim of the matrix that says of every release what Keras does, where there is one.
    """

    claim: str
    question: str
    pytorch: str
    keras: str
    matrix: str = ""


class Row(Struct, frozen=True, forbid_unknown_fields=True):
    """Code in the one library, code for the same in the other, and a warning, which the cases of `claim` prove."""

    claim: str
    pytorch: str
    keras: str
    watch_out: str


class Pairs(Struct, frozen=True, forbid_unknown_fields=True):
    """All pairs, in their order, and the rows of the table for both directions."""

    pair: list[Pair]
    row: list[Row]


def load_pairs(folders: Folders) -> Pairs | None:
    """The pairs of the project's folders for PyTorch; None where there are none.

    Raises Problem for a broken file, an unknown claim, and a claim without exactly one pair.
    """
    path = folders.data / "pytorch/pairs.toml"
    if not path.is_file():
        return None
    pairs, claims = folders.toml(path, Pairs), load_claims(folders)
    named = [pair.claim for pair in pairs.pair]
    for claim in named + [row.claim for row in pairs.row]:
        if claim not in claims:
            raise Problem(f"{path}: unknown claim {claim!r}; known are {', '.join(claims)}")
    for claim in claims:
        if named.count(claim) != 1:
            raise Problem(f"{path}: {claim!r} needs exactly one pair")
    return pairs
