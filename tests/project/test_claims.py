"""The claims and articles as they are in data, and what their loader refuses."""

import re
from pathlib import Path

import pytest
import small_project

from phasebook.project.claims import by_notebook, load_articles, load_claims, load_sources, place_of
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders

FIXED = """
call-true-trains call-false-infers call-none-infers styles-agree subclass-needs-no-training-parameter
lp-1-none-trains lp-0-none-infers lp-1-false-infers lp-0-true-trains two-recipes-agree
explicit-beats-outer outer-beats-lp lp-beats-signature-default signature-default-beats-false nothing-set-infers
outer-beats-signature-default
baked-false-survives-outer-true baked-true-survives-outer-false baked-true-survives-none baked-false-survives-fit
unbaked-follows-outer baked-dropout-stays-on-in-predict
layer-forgets-last-call tape-sets-training fit-trains evaluate-infers predict-infers
trainable-defaults-true frozen-weights-stay frozen-bn-infers frozen-bn-state-stays tf1-frozen-bn-uses-batch
frozen-is-not-inference bn-averages-alpha-beta trainable-cascades trainable-needs-recompile
unbaked-behind-baked-follows-outer trainable-true-reaches-frozen-inner one-traced-function-follows-lp
""".split()


def test_the_first_39_claims_are_there_under_their_fixed_ids() -> None:
    claims = load_claims(Folders(small_project.REAL))
    assert len(FIXED) == 39
    assert set(FIXED) <= set(claims)
    assert len(by_notebook(claims)) >= 8


def test_a_claim_cites_its_articles_unless_the_experiments_raised_it() -> None:
    folders = Folders(small_project.REAL)
    uncited = {claim.id for claim in load_claims(folders).values() if not claim.articles}
    assert uncited & set(FIXED) == set(FIXED[-3:])
    for article in load_articles(folders).values():
        assert re.match(r"[A-Z]$", article.id)
        assert article.title and article.author


def test_every_source_has_an_address_and_is_cited() -> None:
    folders = Folders(small_project.REAL)
    sources = load_sources(folders)
    assert all(re.match(r"https://\S+$", source.url) and source.title for source in sources.values())
    assert set(sources) == {source for claim in load_claims(folders).values() for source in claim.sources}


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('title = "call-true-trains"', 'titel = "x"', r"claims.toml: .*`titel`.*call-true-trains"),
        ('id = "call-true-trains"\n', "", r"claims.toml: .*missing.*`id`.*entry 1"),
        ('id = "call-false-infers"', 'id = "call-true-trains"', r"'call-true-trains' is used twice"),
        ('articles = ["A"]', 'articles = ["Q"]', r"'call-true-trains': unknown article 'Q'; known are A"),
        (
            'articles = ["A"]',
            'articles = ["A"]\nsources = ["q-1"]',
            r"'call-true-trains': unknown source 'q-1'; add it",
        ),
        ('notebook = "1-calls"', 'notebook = "9-none"', r"there is no notebook '9-none'"),
        ('cases = ["Sequential", "Functional"]', "cases = []", "names no cases"),
        ('"Functional"]', '"Sequential"]', "'Sequential' is named twice"),
    ],
)
def test_a_broken_claim_is_one_clear_line(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    folders = small_project.make(tmp_path)
    text = folders.claims.read_text()
    assert old in text
    folders.claims.write_text(text.replace(old, new, 1))
    with pytest.raises(Problem, match=complaint) as caught:
        load_claims(folders)
    assert caught.value.status == 2
    assert "\n" not in str(caught.value)


def test_notebooks_stand_in_the_order_of_their_numbers() -> None:
    assert sorted(["15-last", "2-second", "0-first", "no-number"], key=place_of) == [
        "0-first",
        "no-number",
        "2-second",
        "15-last",
    ]
    assert list(by_notebook(load_claims(Folders(small_project.REAL))))[-1] == "15-what-to-write"
