"""Mutants: deliberate changes to TensorFlow that must flip a claim's verdict.

`python -m phasebook.project.mutants` regenerates docs/mutants.md from data/mutants.toml
and data/pytorch/mutants.toml.
"""

from pathlib import Path

from msgspec import Struct

from phasebook.project.claims import Claim, load_claims
from phasebook.project.errors import Problem
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders

INTRODUCTION = """\
# Mutants

An experiment that cannot come out differently proves nothing. So every claim has at least one mutant: a small,
plausible, deliberate change to TensorFlow that must flip the claim's verdict. Its code runs in the kernel of the
real notebook, right after the cell that imports TensorFlow. The tests run all mutants, and the unchanged notebooks
beside them.

This page is made from `data/mutants.toml` by `python -m phasebook.project.mutants`.
[verdicts.md](verdicts.md) explains the verdicts.
"""

OF_PYTORCH = """\
# Mutants of PyTorch

The pairs of PyTorch and Keras ([from-pytorch.md](from-pytorch.md)) have mutants too, from
`data/pytorch/mutants.toml`. They change PyTorch, and must flip the verdict of the pair.
"""


class Mutant(Struct, frozen=True, forbid_unknown_fields=True):
    """One change: the claims whose verdict it must flip, where it is run, what it does in a sentence, its code."""

    name: str
    guards: list[str]
    notebook: str
    environment: str
    change: str
    code: str


class _File(Struct, forbid_unknown_fields=True):
    mutant: list[Mutant]


def load_mutants(folders: Folders) -> list[Mutant]:
    """All mutants in the order of the file, none where there is no file.

    Raises Problem for a broken file, a name used twice, and a mutant that guards no claim or one that its
    notebook does not settle.
    """
    if not folders.mutants.is_file():
        return []
    mutants = folders.toml(folders.mutants, _File).mutant
    claims = load_claims(folders)
    for mutant in mutants:
        _check(folders.mutants, mutant, claims)
        if [other.name for other in mutants].count(mutant.name) > 1:
            raise Problem(f"{folders.mutants}: the name {mutant.name!r} is used twice")
    return mutants


def page(folders: Folders) -> str:
    """The page docs/mutants.md: the mutants of TensorFlow, then those of PyTorch."""
    own = folders.for_pytorch()
    return "\n".join(
        [
            as_markdown(INTRODUCTION, load_claims(folders), load_mutants(folders)),
            as_markdown(OF_PYTORCH, load_claims(own), load_mutants(own)),
        ]
    )


def as_markdown(introduction: str, claims: dict[str, Claim], mutants: list[Mutant]) -> str:
    """A table of claims with their mutants, then each mutant with its code."""
    rows = [
        f"| `{claim}` | {', '.join(f'[{m.name}](#{m.name})' for m in mutants if claim in m.guards) or 'none'} |"
        for claim in claims
    ]
    table = "\n".join(["| claim | guarded by |", "| --- | --- |", *rows, ""])
    return "\n".join([introduction, table, *(_section(mutant) for mutant in mutants)])


def _section(mutant: Mutant) -> str:
    guards = ", ".join(f"`{claim}`" for claim in mutant.guards)
    code = mutant.code.strip("\n")
    return (
        f"## {mutant.name}\n\n{mutant.change}\n\n"
        f"Guards {guards}; run with `{mutant.notebook}` in `{mutant.environment}`.\n\n```python\n{code}\n```\n"
    )


def _check(path: Path, mutant: Mutant, claims: dict[str, Claim]) -> None:
    if not mutant.guards:
        raise Problem(f"{path}: the mutant {mutant.name!r} guards no claim")
    for claim in mutant.guards:
        if claim not in claims or claims[claim].notebook != mutant.notebook:
            raise Problem(
                f"{path}: the mutant {mutant.name!r} guards {claim!r}, not a claim of {mutant.notebook!r}"
            )


if __name__ == "__main__":
    here = Folders(Path.cwd())
    write_atomically(here.root / "docs/mutants.md", page(here))
