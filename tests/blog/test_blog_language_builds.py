"""Posts in all languages on one site of each real generator: complete, with every link in its own language."""

import dataclasses
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from blog_generators import GENERATORS, Generator
from blog_language_sites import CODES, SITES
from blog_pages import file_of, slug_of
from bs4 import BeautifulSoup
from small_project import REAL
from test_blog_builds import compare, have_run

from phasebook import blog
from phasebook.blog.post import Post
from phasebook.blog.settings import Settings
from phasebook.blog.translation import Translation
from phasebook.blog.tree import words
from phasebook.languages import LANGUAGES, catalogue
from phasebook.project.folders import Folders

pytestmark = pytest.mark.slow

FOLDERS = {"zh-hans": {"zh-hans", "zh-CN", "zh-Hans"}, "zh-hant": {"zh-hant", "zh-TW", "zh-Hant"}}


Told = dict[str, tuple[Translation | None, list[Post]]]


@pytest.fixture(scope="module")
def told() -> Told:
    """The project's own posts in each language, with their translation."""
    folders = Folders(REAL)
    shown = blog.shown_environment(folders, Settings())
    have_run(folders, shown)
    found: Told = {"en": (None, blog.posts_of(folders, Settings(), shown))}
    for code in CODES[1:]:
        known = catalogue.load(folders.translations, LANGUAGES[code])
        translation = Translation(LANGUAGES[code], known)
        found[code] = translation, blog.posts_of(folders, Settings(), shown, translation)
    assert found["zh-hans"][1][0].title[0] != found["en"][1][0].title[0]
    return found


@pytest.mark.parametrize("name", blog.FLAVOURS)
def test_a_site_shows_the_posts_of_all_languages(name: str, told: Told, tmp_path: Path) -> None:
    generator = GENERATORS[name]
    generator.install()
    files: dict[str, bytes] = {}
    shown = blog.shown_environment(Folders(REAL), Settings())
    for translation, posts in told.values():
        own = blog.files_of(blog.FLAVOURS[name], posts, Settings(), shown, translation)
        assert not own.keys() & files.keys()
        files |= own
    for path, data in files.items():
        (tmp_path / "flavour" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "flavour" / path).write_bytes(data)
    site = dataclasses.replace(generator, files=generator.files | SITES[name].files)
    public = site.build(tmp_path / "flavour", tmp_path / "site").resolve()
    complaints = []
    for code, (_, posts) in told.items():
        pages = {slug_of(page): page for page in public.rglob("*.html") if is_post(page, public, code)}
        for post in posts:
            complaints += compare(site, post, pages, public)
            complaints += of_language(site, pages[post.slug], public, code) if post.slug in pages else []
    assert not complaints, "\n\n".join(complaints)


def is_post(page: Path, public: Path, code: str) -> bool:
    return slug_of(page).startswith("phasebook-") and language_of(page, public) == code


def language_of(page: Path, public: Path) -> str:
    parts = set(page.relative_to(public).parts)
    return next((code for code, folders in FOLDERS.items() if parts & folders), "en")


def of_language(generator: Generator, page: Path, public: Path, code: str) -> list[str]:
    """What on a page is not of its language: the attribute that says it, or a link to another post."""
    site = SITES[generator.name]
    soup = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")
    said = [str(tag[site.attribute]) for tag in soup.select(site.element)]
    complaints = [] if said == [site.said[CODES.index(code)]] else [f"{page}: says that it is in {said}"]
    for tag in soup.select(generator.chrome):
        tag.decompose()
    for link in soup.select(f"{generator.content} a[href]"):
        address = urlsplit(str(link["href"]))
        if address.scheme or address.netloc or not address.path:
            continue
        target = file_of(address.path, page, public, generator.base)
        if language_of(target, public) != code:
            complaints.append(f"{page}: leads to {target}")
    return complaints


def test_titles_are_chinese(told: Told) -> None:
    titles = [words(post.title) for post in told["zh-hans"][1]]
    assert "层的模式由什么决定？" in titles
    assert "層的模式由什麼決定？" in [words(post.title) for post in told["zh-hant"][1]]
