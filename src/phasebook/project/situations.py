"""What happens if one writes this or that: ways to call a model, each with the recorded case that answers."""

from typing import NamedTuple

from msgspec import Struct

from phasebook.project.claims import load_claims
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders


class Situation(NamedTuple):
    """How a model is called, which layer is meant, how the model is built; the claim and case that were run so."""

    how: str
    layer: str
    model: str
    claim: str
    case: str


class _File(Struct, forbid_unknown_fields=True):
    situations: list[Situation]


def load_situations(folders: Folders) -> list[Situation]:
    """The situations in the order of data/situations.toml; none where there is no file.

    Raises Problem for a broken file, a claim or case that does not exist, or a question that is answered twice.
    """
    if not folders.situations.is_file():
        return []
    claims = load_claims(folders)
    found = folders.toml(folders.situations, _File).situations
    for situation in found:
        claim = claims.get(situation.claim)
        if claim is None or situation.case not in claim.cases:
            raise Problem(f"{folders.situations}: no claim has the case {situation.claim}/{situation.case}")
    questions = [situation[:3] for situation in found]
    for question in questions:
        if questions.count(question) > 1:
            raise Problem(f"{folders.situations}: {', '.join(question)} is answered twice")
    return found
