"""Posts that a blog builds as they are: one neutral post for each notebook, one Writer for each generator.

To add a flavour, see docs/add-a-blog-flavour.md.
"""

import shutil
import tempfile
from pathlib import Path

from msgspec.structs import replace

from phasebook.blog.experiment import Experiment
from phasebook.blog.flavours.hexo import Hexo
from phasebook.blog.flavours.hugo import Hugo
from phasebook.blog.flavours.jekyll import Jekyll
from phasebook.blog.flavours.mkdocs import MkDocs
from phasebook.blog.flavours.pelican import Pelican
from phasebook.blog.flavours.vitepress import VitePress
from phasebook.blog.flavours.vuepress import VuePress
from phasebook.blog.post import Post, finished
from phasebook.blog.settings import Places, Settings, Site, load_settings
from phasebook.blog.summary import Findings, summary
from phasebook.blog.translation import Translation
from phasebook.blog.writer import Writer
from phasebook.languages import ENGLISH, catalogue, named
from phasebook.project.claims import by_notebook, load_articles, load_claims
from phasebook.project.environments import Environment, load_environments
from phasebook.project.errors import Problem
from phasebook.project.files import PART
from phasebook.project.folders import Folders
from phasebook.project.messages import Say
from phasebook.project.results import load_results
from phasebook.report.facts import Facts
from phasebook.report.text import visible
from phasebook.report.timeline import Timeline
from phasebook.running import staleness

FLAVOURS: dict[str, type[Writer]] = {
    writer.name: writer for writer in (VuePress, VitePress, Hexo, Hugo, Jekyll, Pelican, MkDocs)
}


def write(folders: Folders, flavour: str, say: Say, code: str = ENGLISH.code) -> list[Path]:
    """Write the posts for a flavour, or for "all", below outputs/blog; returns each flavour's folder.

    `code` names their language; others than English have a folder of their own there. Raises Problem for an
    unknown flavour or language, a broken data/blog.toml, an experiment that was not run, or results that are
    stale; what was written before then stays as it was.
    """
    if flavour != "all" and flavour not in FLAVOURS:
        raise Problem(f"no blog flavour is called {flavour!r}; there are {', '.join(FLAVOURS)}, and all")
    language = named(code)
    settings = load_settings(folders)
    shown = shown_environment(folders, settings)
    names = list(FLAVOURS) if flavour == "all" else [flavour]
    place, translation = folders.blog, None
    if language != ENGLISH:
        place = folders.blog / code
        translation = Translation(language, catalogue.load(folders.translations, language))
    posts = posts_of(folders, settings, shown, translation)
    _refuse_stale(folders, shown)
    files = {name: files_of(FLAVOURS[name], posts, settings, shown, translation) for name in names}
    if translation:
        asked, missing = translation.catalogue.asked, translation.catalogue.missing
        say(f"posts: {len(missing)} of {len(asked)} sentences have no translation")
    for name in names:
        _swap_in(place / name, files[name])
        say(f"{name}: {len(posts)} posts in {place / name}; {FLAVOURS[name].hint}")
    return [place / name for name in names]


def files_of(
    writer: type[Writer],
    posts: list[Post],
    settings: Settings,
    shown: Environment,
    translation: Translation | None = None,
) -> dict[str, bytes]:
    """Every file of a flavour by its path below the flavour's folder; `shown` gives the date where none is set.

    `translation` is that of the posts, where they are not in English.
    """
    if translation:
        settings = translation.settings(settings)
        settings = translation.with_tags(settings) if writer.own_tags else settings
    places: Places = getattr(settings, writer.name)
    site = _site(settings, shown, places.posts or writer.posts, places.images or writer.images)
    if translation:
        code = translation.language.code
        posts_folder, images = (writer.in_language(folder, code) for folder in (site.posts, site.images))
        site = replace(site, posts=posts_folder, images=images, code=code)
    adapter = writer(site)
    files: dict[str, bytes] = {}
    for post in posts:
        files[adapter.post_path(post.slug)] = visible(adapter.document(post)).encode(errors="replace")
        files |= {adapter.image_path(post.slug, name): data for name, data in post.images.items()}
    return files


def posts_of(
    folders: Folders, settings: Settings, shown: Environment, translation: Translation | None = None
) -> list[Post]:
    """The post of every experiment in order, then the summary; in English without a translation."""
    site = _site(settings, shown, "", "")
    claims = load_claims(folders)
    grouped = by_notebook(claims)
    posts = [
        Experiment(
            folders.executed / shown.name / f"{notebook}.ipynb", folders.notebooks, set(claims), set(grouped)
        ).post(site.author, site.date)
        for notebook in grouped
    ]
    environments = load_environments(folders)
    found = Findings(
        claims=grouped,
        articles=load_articles(folders),
        environments=environments,
        results=load_results(folders, environments),
        titles={notebook: post.title for notebook, post in zip(grouped, posts, strict=True)},
        shown=shown.name,
        timeline=Timeline(Facts(folders, {})),
    )
    told = translation.post if translation else finished
    return [told(post) for post in (*posts, summary(found, site))]


def shown_environment(folders: Folders, settings: Settings) -> Environment:
    """The environment whose run the posts show."""
    environments = load_environments(folders)
    if settings.environment is not None:
        if settings.environment not in environments:
            known = ", ".join(environments)
            raise Problem(f"{folders.blog_settings}: `environment` is {settings.environment!r}; there are {known}")
        return environments[settings.environment]
    defaults = [environment for environment in environments.values() if environment.default]
    if not defaults:
        raise Problem(f"{folders.environments}: no environment is the default: give one `default = true`")
    return defaults[0]


def _refuse_stale(folders: Folders, shown: Environment) -> None:
    """Raise Problem where the run that the posts show, or a result in the summary, is older than its inputs."""
    claims = load_claims(folders)
    old = staleness.missing_pages(folders, shown, {}, list(by_notebook(claims)))
    if old:
        what = f"{shown.name}: {', '.join(old)} changed since it was run"
        raise Problem(f"{what}: run `make report TF={shown.name}`, then `make blog`", 1)
    staleness.refuse(folders, "make blog")


def _site(settings: Settings, shown: Environment, posts: str, images: str) -> Site:
    return Site(
        author=settings.author,
        date=settings.date or shown.released,
        category=settings.category,
        tags=settings.tags,
        language=settings.language,
        canonical=settings.canonical,
        posts=posts.rstrip("/"),
        images=images.rstrip("/"),
    )


def _swap_in(target: Path, files: dict[str, bytes]) -> None:
    """Put the files in the place of what is at `target`, all of them or none."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".", suffix=PART) as temporary:
            new, old = Path(temporary) / "new", Path(temporary) / "old"
            for name, data in files.items():
                path = new / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            if target.exists():
                target.rename(old)
            try:
                new.rename(target)
            except OSError:
                if old.exists():
                    old.rename(target)
                raise
            shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        raise Problem(f"{target}: cannot be written ({error.strerror}); the existing posts are kept", 1) from None
