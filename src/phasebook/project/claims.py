"""The articles, upstream sources and claims, from data/articles.toml and data/claims.toml."""

import datetime
from itertools import groupby
from typing import Annotated, Literal

from msgspec import Meta, Struct

from phasebook.project.errors import Problem
from phasebook.project.folders import Folders

Identifier = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]*\Z")]  # becomes a file's name and an address


class Article(Struct, frozen=True, forbid_unknown_fields=True):
    """One document that makes claims; `id` is the letter it is cited by, `language` a BCP 47 tag."""

    id: str
    title: str
    author: str
    language: str
    about: str
    date: datetime.date | None = None  # left out where the document gives none
    url: str | None = None


class Source(Struct, frozen=True, forbid_unknown_fields=True):
    """A thread or a page of documentation that states a claim or asks about it; `id` as in `keras-23364`."""

    id: Identifier
    kind: Literal["thread", "docs"]
    title: str
    url: str
    date: datetime.date | None = None  # of a thread: when it was opened


class Claim(Struct, frozen=True, forbid_unknown_fields=True):
    """One proposition, the notebook that settles it and the cases that notebook must record for it."""

    id: Identifier
    articles: list[str]
    notebook: Identifier
    title: str
    says: str
    confirmed_by: str
    refuted_by: str
    cases: list[str]
    sources: list[str] = []  # threads and documentation, by id
    instead: str = ""  # what holds where the claim fails, for its page and the correction
    recipes: list[str] = []  # claims whose recipes are to be written instead


class _Articles(Struct, forbid_unknown_fields=True):
    article: list[Article]
    source: list[Source] = []


class _Claims(Struct, forbid_unknown_fields=True):
    claim: list[Claim]


def load_articles(folders: Folders) -> dict[str, Article]:
    """All articles by id; raises Problem for a broken file or an id used twice."""
    articles = folders.toml(folders.articles, _Articles).article
    _refuse_duplicates(folders.articles, [article.id for article in articles])
    return {article.id: article for article in articles}


def load_sources(folders: Folders) -> dict[str, Source]:
    """All threads and pages of documentation by id; raises Problem for a broken file or an id used twice."""
    sources = folders.toml(folders.articles, _Articles).source
    _refuse_duplicates(folders.articles, [source.id for source in sources])
    return {source.id: source for source in sources}


def load_claims(folders: Folders) -> dict[str, Claim]:
    """All claims by id, in the order of the file.

    Raises Problem for a broken file, an id used twice, an unknown article, source or recipe, a notebook that
    does not exist, or a case named twice.
    """
    claims = folders.toml(folders.claims, _Claims).claim
    articles, sources = load_articles(folders), load_sources(folders)
    _refuse_duplicates(folders.claims, [claim.id for claim in claims])
    for claim in claims:
        _check(folders, claim, articles, sources)
        for recipe in claim.recipes:
            if recipe not in {other.id for other in claims}:
                raise Problem(f"{folders.claims}: claim {claim.id!r}: unknown recipe {recipe!r}")
    return {claim.id: claim for claim in claims}


def by_notebook(claims: dict[str, Claim]) -> dict[str, list[Claim]]:
    """The claims of each notebook, notebooks in order of their numbers."""
    ordered = sorted(claims.values(), key=lambda claim: place_of(claim.notebook))
    return {notebook: list(group) for notebook, group in groupby(ordered, key=lambda claim: claim.notebook)}


def place_of(notebook: str) -> tuple[int, str]:
    """What puts notebooks in order: the number that a name begins with, so that 15 comes after 2."""
    number = notebook.partition("-")[0]
    return (int(number) if number.isdecimal() else 0), notebook


def _refuse_duplicates(path: object, ids: list[str]) -> None:
    for identifier in ids:
        if ids.count(identifier) > 1:
            raise Problem(f"{path}: the id {identifier!r} is used twice")


def _check(folders: Folders, claim: Claim, articles: dict[str, Article], sources: dict[str, Source]) -> None:
    place = f"{folders.claims}: claim {claim.id!r}"
    for article in claim.articles:
        if article not in articles:
            raise Problem(f"{place}: unknown article {article!r}; known are {', '.join(articles)}")
    for source in claim.sources:
        if source not in sources:
            raise Problem(f"{place}: unknown source {source!r}; add it to {folders.articles}")
    if not (folders.notebooks / f"{claim.notebook}.ipynb").is_file():
        raise Problem(f"{place}: there is no notebook {claim.notebook!r} in {folders.notebooks}")
    if not claim.cases:
        raise Problem(f"{place}: names no cases")
    for case in claim.cases:
        if claim.cases.count(case) > 1:
            raise Problem(f"{place}: the case {case!r} is named twice")
