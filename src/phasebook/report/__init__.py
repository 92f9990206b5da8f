"""The report: static pages from results and executed notebooks. Rendering runs nothing."""

from collections.abc import Mapping
from pathlib import Path

from phasebook.project.folders import Folders
from phasebook.project.messages import Say
from phasebook.report import manifest


def render(folders: Folders, stale: Mapping[str, list[str]], say: Say) -> Path:
    """Bring outputs/report up to date with its inputs and return the path of its first page.

    `stale` names the environments with stale results, with the reasons.
    Where no input changed nothing is imported, rendered or written; otherwise only pages that came out
    differently are written, and pages of things that are gone are deleted.
    Raises Problem for data files that are missing or broken.
    """
    first_page = folders.report / "index.html"
    key = manifest.key(folders, stale)
    if manifest.is_current(folders.report, key):
        return first_page
    from phasebook.report import pages  # imports nbconvert and jinja2: only where something is rendered

    files = pages.render(folders, dict(stale))
    written = manifest.keep(folders.report, key, files)
    if written:
        say(f"Report: {len(files)} files, {written} of them written")
    return first_page
