"""The rules of layermodes: the texts of data/rules.toml."""

from msgspec import Struct

from phasebook.project.folders import Folders


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """One rule's texts; `claims` in the order in which they serve as proof."""

    id: str
    claims: list[str]
    happens: str
    instead: str


class _Rules(Struct, forbid_unknown_fields=True):
    rule: list[Rule]


def load_rules(folders: Folders) -> list[Rule]:
    """The rules in their order; raises Problem where the file is invalid."""
    return folders.toml(folders.data / "rules.toml", _Rules).rule
