"""Every flavour built by its real generator: nothing is lost, nothing is shown raw, every link leads somewhere."""

import difflib
import os
import subprocess
import sys
from pathlib import Path

import blog_project
import pytest
from blog_generators import GENERATORS, Generator
from blog_pages import Seen, of_page, of_post, plain, slug_of
from bs4 import BeautifulSoup
from small_project import REAL

from phasebook import blog
from phasebook.blog.post import Post
from phasebook.blog.settings import Settings
from phasebook.blog.tree import words
from phasebook.project.environments import Environment, load_environments
from phasebook.project.folders import Folders

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def posts(tmp_path_factory: pytest.TempPathFactory) -> list[Post]:
    """The project's own posts, its experiments run where they were not, and the one made of hazards."""
    folders = Folders(REAL)
    shown = blog.shown_environment(folders, Settings())
    notebooks = have_run(folders, shown)
    own = blog.posts_of(folders, Settings(), shown)
    assert len(own) == len(notebooks) + 1
    hazards = blog_project.make(tmp_path_factory.mktemp("hazards"))
    column = load_environments(hazards)[blog_project.COLUMN]
    return [*own, blog.posts_of(hazards, Settings(), column)[0]]


def have_run(folders: Folders, shown: Environment) -> list[str]:
    """The names of the project's notebooks, run now where they were not."""
    notebooks = [path.name for path in folders.notebooks.glob("*.ipynb")]
    if any(not (folders.executed / shown.name / name).is_file() for name in notebooks):
        command = [sys.executable, "-m", "phasebook", "run", shown.name]
        ran = subprocess.run(command, cwd=REAL, env=os.environ | {"PHASEBOOK_ROOT": str(REAL)}, timeout=1800)
        assert ran.returncode == 0
    return notebooks


@pytest.fixture(scope="module")
def shown() -> Environment:
    return blog.shown_environment(Folders(REAL), Settings())


@pytest.mark.parametrize("name", blog.FLAVOURS)
def test_a_built_site_shows_the_posts_as_they_are(
    name: str, posts: list[Post], shown: Environment, tmp_path: Path
) -> None:
    generator = GENERATORS[name]
    generator.install()
    flavour = tmp_path / "flavour"
    for path, data in blog.files_of(blog.FLAVOURS[name], posts, Settings(), shown).items():
        (flavour / path).parent.mkdir(parents=True, exist_ok=True)
        (flavour / path).write_bytes(data)
    public = generator.build(flavour, tmp_path / "site").resolve()
    pages = {
        slug_of(page): page for page in public.rglob("*.html") if "phasebook-" in str(page.relative_to(public))
    }
    complaints = [complaint for post in posts for complaint in compare(generator, post, pages, public)]
    assert not complaints, "\n\n".join(complaints)


def compare(generator: Generator, post: Post, pages: dict[str, Path], public: Path) -> list[str]:
    """What differs between a post and its built page, in words."""
    if post.slug not in pages:
        return [f"{post.slug}: was not built; there are {sorted(pages)}"]
    built = of_page(pages[post.slug], public, generator.content, generator.chrome, generator.base)
    source = of_post(post, with_title=blog.FLAVOURS[generator.name].title_in_body)
    complaints = differences(source, built)
    title = title_of(pages[post.slug])
    if plain(words(post.title)) not in plain(title):
        complaints.append(f"title: {title!r}")
    return [f"{post.slug}: {complaint}" for complaint in complaints]


def title_of(page: Path) -> str:
    found = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").title
    return found.get_text() if found else ""


def differences(source: Seen, built: Seen) -> list[str]:
    """The first difference of each kind."""
    found = []
    if source.text != built.text:
        found.append(f"text: {first_difference(source.text, built.text)}")
    for kind in ("blocks", "inline", "alternatives", "links"):
        expected, got = getattr(source, kind), getattr(built, kind)
        if expected != got:
            found.append(
                "\n".join([f"{kind}:", *difflib.ndiff([repr(e) for e in expected], [repr(g) for g in got])])
            )
    if source.images != built.images:
        found.append(f"images: {len(built.images)} of {len(source.images)}, or other bytes")
    return found


def first_difference(expected: str, got: str) -> str:
    """A piece of both, from shortly before they part."""
    at = next(
        (n for n, (a, b) in enumerate(zip(expected, got, strict=False)) if a != b), min(len(expected), len(got))
    )
    start = max(0, at - 40)
    return f"expected ...{expected[start : at + 60]!r}\n     but got ...{got[start : at + 60]!r}"


@pytest.mark.parametrize("name", blog.FLAVOURS)
def test_a_second_installation_installs_nothing(name: str) -> None:
    generator = GENERATORS[name]
    generator.install()
    assert generator.install() is False
