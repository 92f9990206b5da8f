"""What PyTorch and Keras each answer to one question, from data/pytorch/pairs.toml; the verdicts are elsewhere."""

from msgspec import Struct

from phasebook.project.claims import load_claims
from phasebook.project.environments import load_environments
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders


class Pair(Struct, frozen=True, forbid_unknown_fields=True):
    """A question with the answer of each library, which the cases of `claim` prove.

    `matrix` is the claim of the matrix that says of every release what Keras does, where there is one.
    `refuted_in` names the environments in which the answers say that the claim fails.
    """

    claim: str
    question: str
    pytorch: str
    keras: str
    matrix: str = ""
    refuted_in: list[str] = []

    def agrees(self, environment: str, verdict: str) -> bool:
        """Whether a verdict is the one that the answers say."""
        return verdict == ("fails" if environment in self.refuted_in else "holds")


class Row(Struct, frozen=True, forbid_unknown_fields=True):
    """A task in both libraries' code, with a warning; the cases of `claims` prove it.

    `never` is what suggests itself in Keras and does something else.
    """

    task: str
    claims: list[str]
    pytorch: str
    keras: str
    watch_out: str
    never: str = ""


class Pairs(Struct, frozen=True, forbid_unknown_fields=True):
    """All pairs, in their order, and the rows of the table for both directions."""

    pair: list[Pair]
    row: list[Row]


def load_pairs(folders: Folders) -> Pairs | None:
    """The pairs of the project's folders for PyTorch; None where there are none.

    Raises Problem for a broken file, an unknown claim or environment, and a claim without exactly one pair.
    """
    path = folders.data / "pytorch/pairs.toml"
    if not path.is_file():
        return None
    pairs, claims = folders.toml(path, Pairs), load_claims(folders)
    named = [pair.claim for pair in pairs.pair]
    for claim in named + [claim for row in pairs.row for claim in row.claims]:
        if claim not in claims:
            raise Problem(f"{path}: unknown claim {claim!r}; known are {', '.join(claims)}")
    for claim in claims:
        if named.count(claim) != 1:
            raise Problem(f"{path}: {claim!r} needs exactly one pair")
    environments = load_environments(folders)
    for pair in pairs.pair:
        for name in pair.refuted_in:
            if name not in environments:
                raise Problem(f"{path}: unknown environment {name!r}; known are {', '.join(environments)}")
    return pairs
