"""The report: static pages from results and executed notebooks. Rendering runs nothing."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from phasebook.languages import ENGLISH, Language
from phasebook.project.folders import Folders
from phasebook.project.messages import Say
from phasebook.report import manifest


def render(
    folders: Folders, stale: Mapping[str, list[str]], say: Say, languages: Sequence[Language] = (ENGLISH,)
) -> Path:
    """Bring outputs/report up to date with its inputs and return the path of its first page.

    `stale` names the environments with stale results, with the reasons.
    Where no input changed nothing is imported, rendered or written; otherwise only pages that came out
    differently are written, and pages of things that are gone are deleted.
    Raises Problem for data files that are missing or broken.
    """
    first_page = folders.report / "index.html"
    key = manifest.key(folders, stale, languages)
    if manifest.is_current(folders.report, key):
        return first_page
    from phasebook.languages import catalogue, site  # only where something is rendered
    from phasebook.project.site import load_site
    from phasebook.report import pages
    from phasebook.report.addresses import canonical

    catalogues = {one: catalogue.load(folders.translations, one) for one in languages if one != ENGLISH}
    report = load_site(folders)
    files = site.in_languages(pages.render(folders, dict(stale)), catalogues, report.report)
    files = canonical(files, report)
    missing = {one.code: len(found.missing) for one, found in catalogues.items()}
    written = manifest.keep(folders.report, key, files, missing)
    for code, number in missing.items():
        if number:
            say(f"{code}: {number} sentences are in English, without a translation; see `make translations`")
    if written:
        say(f"Report: {len(files)} files, {written} of them written")
    return first_page
