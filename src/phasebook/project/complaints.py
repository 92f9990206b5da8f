"""Error messages and warnings of TensorFlow and Keras that these matters raise, from data/messages.toml."""

from typing import Annotated

from msgspec import Meta, Struct

from phasebook.project.claims import Identifier, load_claims
from phasebook.project.environments import load_environments
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders


class Complaint(Struct, frozen=True, forbid_unknown_fields=True):
    """A message, what it means and what to write; `code` raises it in the columns `seen_in`.

    `pattern` is the part of the message that is the same whatever the model.
    """

    id: Identifier
    text: str
    pattern: str
    seen_in: Annotated[list[str], Meta(min_length=1)]
    means: str
    write: str
    claims: list[str]
    code: str


class _File(Struct, forbid_unknown_fields=True):
    message: list[Complaint]


def load_complaints(folders: Folders) -> list[Complaint]:
    """All messages in the order of the file, none where there is no file.

    Raises Problem for a broken file, an unknown column or claim.
    """
    if not folders.complaints.is_file():
        return []
    found = folders.toml(folders.complaints, _File).message
    columns, claims = load_environments(folders), load_claims(folders)
    for complaint in found:
        for kind, names, known in (("column", complaint.seen_in, columns), ("claim", complaint.claims, claims)):
            for name in names:
                if name not in known:
                    raise Problem(f"{folders.complaints}: {complaint.id!r} names an unknown {kind}, {name!r}")
    return found
