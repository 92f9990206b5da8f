"""`phasebook translations`: catalogues with the sentences that the report and its posts say today."""

from phasebook.languages import LANGUAGES, catalogue, extraction, site
from phasebook.project.environments import load_environments
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders
from phasebook.project.messages import Say


def _never_run(folders: Folders) -> Folders:
    """The same project as a reader has it who has run nothing."""
    own = folders.for_parameters({})
    own.executed = folders.outputs / "nothing"
    return own


def translations(folders: Folders, say: Say) -> int:
    """Add to the catalogues what pages and posts say newly, take out what none says; 1 where any is missing.

    Raises Problem where the default environments were not run: their experiments' sentences would be lost.
    """
    from phasebook import blog
    from phasebook.blog.settings import load_settings
    from phasebook.blog.translation import Translation
    from phasebook.report import pages

    for environment in load_environments(folders).values():
        if environment.default and not list((folders.executed / environment.name).glob("*.ipynb")):
            raise Problem(f"{environment.name} has no executed notebooks; run `make report` first", status=1)
    language = LANGUAGES["zh-hans"]
    found = catalogue.load(folders.translations, language)
    for seen in (folders, _never_run(folders)):
        site.in_languages(pages.render(seen, {}), {language: found})
    settings, translation = load_settings(folders), Translation(language, found)
    translation.with_tags(settings)
    blog.posts_of(folders, settings, blog.shown_environment(folders, settings), translation)
    extraction.write(folders.translations / language.catalogues, language.catalogues, found)
    say(f"{language.code}: {len(found.asked)} sentences, {len(found.missing)} of them without a translation")
    return 1 if found.missing else 0
