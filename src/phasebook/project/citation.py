"""CITATION.cff: who made the data, and what version of it was released when."""

from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from phasebook.project.errors import Problem
from phasebook.project.files import read_text
from phasebook.project.folders import Folders


class Author(Struct, frozen=True, rename="kebab"):
    """A person, or with `name` an organization (https://citation-file-format.github.io)."""

    name: str = ""
    given_names: str = ""
    family_names: str = ""
    orcid: Annotated[str, Meta(pattern=r"^https://orcid\.org/[0-9]{4}(-[0-9]{3}[0-9X]){3}\Z")] | None = None

    @property
    def full_name(self) -> str:
        """The name as it is read out."""
        return self.name or f"{self.given_names} {self.family_names}".strip()


class Citation(Struct, frozen=True, rename="kebab"):
    """What Phasebook needs of the file."""

    title: str
    authors: Annotated[list[Author], Meta(min_length=1)]
    version: str
    date_released: date
    keywords: list[str] = []


def load_citation(folders: Folders) -> Citation:
    """What CITATION.cff says; raises Problem with the file and what is wrong."""
    import yaml  # needed only here

    path = folders.citation
    try:
        return msgspec.convert(yaml.safe_load(read_text(path)), Citation)
    except (yaml.YAMLError, RecursionError) as error:
        raise Problem(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    except (msgspec.ValidationError, ValueError) as error:  # ValueError: a date such as 2026-13-01
        raise Problem(f"{path}: {error}") from None
