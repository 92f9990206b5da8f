"""What several commands take, with the names that a shell completes."""

import os
from pathlib import Path
from typing import Annotated

import typer

from phasebook.project.folders import Folders

_ROOT = Path(__file__).resolve().parents[3]


def folders() -> Folders:
    """The project's folders: those of $PHASEBOOK_ROOT, else of this checkout."""
    return Folders(Path(os.environ.get("PHASEBOOK_ROOT") or _ROOT))


def complete(incomplete: str) -> list[str]:
    """Environment names for shell completion."""
    from phasebook.project.environments import load_environments

    return [name for name in load_environments(folders()) if name.startswith(incomplete)]


def complete_language(incomplete: str) -> list[str]:
    """Codes of languages for shell completion."""
    from phasebook.languages import LANGUAGES

    return [code for code in LANGUAGES if code.startswith(incomplete)]


Name = Annotated[str, typer.Argument(help="An environment.", autocompletion=complete)]
Names = Annotated[
    list[str] | None, typer.Argument(help="Environments, such as tf-2.15 or 2.21.", autocompletion=complete)
]
Profile = Annotated[bool, typer.Option(help="Print the time each phase took.")]
Scheduler = Annotated[str | None, typer.Option(help="A Dask scheduler whose workers run them.")]
Languages = Annotated[str, typer.Option(help='The report\'s languages: "en zh-hans zh-hant".')]
Language = Annotated[
    str, typer.Option(help="The posts' language: en, zh-hans or zh-hant.", autocompletion=complete_language)
]
Params = Annotated[str, typer.Option(help='Notebook parameters: "seed=3 units=2000".')]
