"""What a site sets for its posts, from data/blog.toml; a missing file or key means the default."""

import datetime
from pathlib import PurePosixPath

import msgspec
from msgspec import Struct

from phasebook.project.errors import Problem
from phasebook.project.files import read_toml
from phasebook.project.folders import Folders


class Places(Struct, frozen=True, forbid_unknown_fields=True):
    """Where one generator's posts and images go, below its folder; None is the generator's own default."""

    posts: str | None = None
    images: str | None = None


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """All that data/blog.toml may say."""

    author: str = "The Phasebook authors"
    date: datetime.date | None = None  # None: the release date of the environment that the posts show
    category: str = "TensorFlow"
    tags: list[str] = msgspec.field(default_factory=lambda: ["TensorFlow", "Keras", "training mode"])
    language: str = "en"
    canonical: str | None = None  # address of a post, with {slug} in it, where it is published first
    environment: str | None = None  # None: the first default of data/environments.toml
    vuepress: Places = Places()
    vitepress: Places = Places()
    hexo: Places = Places()
    hugo: Places = Places()
    jekyll: Places = Places()
    pelican: Places = Places()
    mkdocs: Places = Places()


class Site(Struct, frozen=True):
    """The settings for one generator, defaults filled in."""

    author: str
    date: datetime.date
    category: str
    tags: list[str]
    language: str
    canonical: str | None
    posts: str
    images: str
    code: str = ""  # of the language in names of files and folders, "" for English


def load_settings(folders: Folders) -> Settings:
    """The settings of data/blog.toml; raises Problem for what a site could not use."""
    path = folders.blog_settings
    if not path.exists():
        return Settings()
    settings = read_toml(path, Settings)
    if settings.canonical is not None:
        _check_address(path, settings.canonical)
    for key in ("author", "category", "language"):
        if not getattr(settings, key).strip() or "\n" in getattr(settings, key):
            raise Problem(f"{path}: `{key}` must be one line of text, or be left out")
    for tag in settings.tags:
        if not tag.strip() or "\n" in tag or "," in tag:
            raise Problem(f"{path}: `tags` holds {tag!r}; a tag is one line without a comma")
    for name, places in msgspec.structs.asdict(settings).items():
        if isinstance(places, Places):
            for key in ("posts", "images"):
                _check_folder(f"{path}: `{name}.{key}`", getattr(places, key))
    return settings


def _check_address(path: object, address: str) -> None:
    if not address.startswith(("https://", "http://")) or "{slug}" not in address or " " in address:
        raise Problem(f'{path}: `canonical` is {address!r}, not like "https://example.org/posts/{{slug}}/"')


def _check_folder(place: str, folder: str | None) -> None:
    if folder is None:
        return
    parts = PurePosixPath(folder).parts
    usual = folder.strip() == folder and not set(folder) & set('\\ "#?%{}()[]<>*`\n')
    if not parts or folder.startswith("/") or ".." in parts or not usual:
        raise Problem(f"{place} is {folder!r}; name a plain folder below the site's own, such as posts/phasebook")
