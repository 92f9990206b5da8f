"""Catalogues brought up to date with the pages: what is new is added, what no page says any longer is gone."""

from pathlib import Path

import polib

from phasebook.languages.catalogue import Asked, Catalogue
from phasebook.project.files import write_atomically

_WIDTH = 110
_OWN = ("claims", "experiments", "posts")  # folders whose sentences have a catalogue of their own


def write(folder: Path, language: str, catalogue: Catalogue) -> None:
    """Write the catalogues of a language to `folder`: each sentence that was asked for, in its order.

    A sentence without a translation has an empty one. What was in other files of the folder is in these now.
    """
    files: dict[str, polib.POFile] = {}
    for sentence, asked in catalogue.asked.items():
        folder_of_page = asked.file.partition("/")[0]
        name = folder_of_page if folder_of_page in _OWN else "pages"
        if name not in files:
            files[name] = polib.POFile(wrapwidth=_WIDTH)
            files[name].metadata = {"Language": language, "Content-Type": "text/plain; charset=utf-8"}
        files[name].append(_entry(sentence, asked, catalogue.known.get(sentence, "")))
    for name, file in files.items():
        write_atomically(folder / f"{name}.po", str(file) + "\n")


def _entry(sentence: str, asked: Asked, translation: str) -> polib.POEntry:
    return polib.POEntry(
        msgid=sentence,
        msgstr=translation,
        comment=asked.example if asked.example != sentence else "",
        occurrences=[(asked.file, "")],
    )
