"""docs/claims-review.md: each sentence that readers act on has a proof, which came out as the page says."""

import re
from pathlib import Path

import pytest
from sentences import fences, sentences, what_to_write
from small_project import REAL

from phasebook.project.claims import load_claims, place_of
from phasebook.project.environments import load_environments
from phasebook.project.files import read_toml
from phasebook.project.folders import Folders
from phasebook.project.results import load_results
from phasebook.report import cells, today

FOLDERS = Folders(REAL)
CLAIMS = load_claims(FOLDERS)
ENVIRONMENTS = load_environments(FOLDERS)
RESULTS = load_results(FOLDERS, ENVIRONMENTS)
STEMS = sorted((path.stem for path in FOLDERS.notebooks.glob("*.ipynb")), key=place_of)
SEEN = re.compile(r"`([^`]+)` (in|not in|unavailable in|not everywhere|everywhere)(?: ([^;`]+))?")
LINK = re.compile(r"\[[^\]]+\]\(https://github\.com/[^)]+\)")
RELEASE = re.compile(r"TensorFlow \d|Keras \d|TF \d|tf-keras|nightl")


CONTENT = read_toml(Path(today.__file__).with_name("today.toml"), today._File)


def page_of_the_review() -> dict[str, list[tuple[str, str]]]:
    """The rows of the page, sentence and proof, by heading."""
    parts = re.split(r"^## (.+)$", (REAL / "docs/claims-review.md").read_text("utf-8"), flags=re.MULTILINE)
    rows = [re.findall(r"^\| (.+) \| (.+) \|$", part, re.MULTILINE) for part in parts[2::2]]
    return {heading: found[2:] for heading, found in zip(parts[1::2], rows, strict=True)}


def not_reviewed() -> list[str]:
    """The notebooks whose sentences nobody has judged yet, as the page says."""
    found = re.search(
        r"^Not reviewed yet: ([^.]+)\.", (REAL / "docs/claims-review.md").read_text("utf-8"), re.MULTILINE
    )
    return re.findall(r"`([^`]+)`", found[1]) if found else []


def texts() -> dict[str, list[str]]:
    """The sentences as readers see them, by the heading that they should stand under."""
    found = {
        "First page: the answer": [CONTENT.answer],
        "First page: what a verdict does not mean": CONTENT.limits,
    }
    found |= {f"First page: {sample.title}": [note.text for note in sample.note] for sample in CONTENT.sample}
    found |= {stem: [what_to_write(FOLDERS, stem)] for stem in STEMS if stem not in not_reviewed()}
    return {heading: [one for text in parts for one in sentences(text)] for heading, parts in found.items()}


REVIEW = page_of_the_review()
PROOFS = [(sentence, proof) for rows in REVIEW.values() for sentence, proof in rows]


@pytest.mark.parametrize("heading", texts())
def test_every_sentence_has_its_row_and_every_row_its_sentence(heading: str) -> None:
    rows = [sentence for sentence, _ in REVIEW.get(heading, [])]
    assert rows == texts()[heading], f"docs/claims-review.md, {heading}"


def test_no_heading_of_the_review_has_lost_its_text() -> None:
    assert list(REVIEW) == list(texts())


@pytest.mark.parametrize(("sentence", "proof"), PROOFS, ids=[sentence[:50] for sentence, _ in PROOFS])
def test_every_proof_came_out_as_the_review_says(sentence: str, proof: str) -> None:
    if proof.startswith("none: "):
        assert len(proof) > 20 and not RELEASE.search(sentence), "a sentence about a release needs a proof"
        return
    for one in proof.split("; "):
        assert LINK.fullmatch(one) or check(one) is None, one


def check(proof: str) -> None:
    """Compare one proof with the results of every column that it names."""
    found = SEEN.fullmatch(proof)
    assert found, f"{proof!r} is no proof"
    claim, _, case = found[1].partition("/")
    assert claim in CLAIMS and (not case or case in CLAIMS[claim].cases), f"there is no {found[1]}"
    columns = [*ENVIRONMENTS] if found[2].endswith("everywhere") else named(found[3])
    for column in columns:
        beside = ENVIRONMENTS[column].backend != "tensorflow"
        if column in RESULTS and not (beside and outcome(column, claim, case) == "unavailable in"):
            assert outcome(column, claim, case) == found[2].replace("everywhere", "in"), f"{found[1]} in {column}"


def outcome(column: str, claim: str, case: str) -> str:
    """What a case, or all cases of a claim alike, came to in a column, in the review's words."""
    settled = RESULTS[column].claims[claim]
    if settled.verdict == "unavailable":
        return "unavailable in"
    seen = {one.holds for one in settled.cases if not case or one.case == case}
    return {(True,): "in", (False,): "not in"}.get(tuple(seen), "in part")


def named(scope: str) -> list[str]:
    """The columns of a list of columns, families and ranges."""
    columns = []
    for part in scope.split(", "):
        first, _, last = part.partition("..")
        own = [name for name, item in ENVIRONMENTS.items() if item.family == first]
        names = [*ENVIRONMENTS]
        columns += own or names[names.index(first) : names.index(last or first) + 1]
    return columns


@pytest.mark.parametrize("sample", CONTENT.sample, ids=lambda sample: sample.recipes[-1])
def test_a_recipe_holds_in_every_release_that_its_card_is_for(sample: today._Sample) -> None:
    for name in named(", ".join(sample.families)):
        if name in RESULTS:
            verdicts = {RESULTS[name].claims[recipe].verdict for recipe in sample.recipes}
            assert verdicts <= {"holds", "unavailable"}, name


@pytest.mark.parametrize("stem", STEMS)
def test_code_in_what_to_write_is_that_of_a_recipe(stem: str) -> None:
    notebooks = {name: cells.read(FOLDERS.notebooks / f"{name}.ipynb") for name in STEMS}
    recipes = [today.recipe(notebooks[claim.notebook], claim.id) for claim in CLAIMS.values()]
    for code in fences(what_to_write(FOLDERS, stem)):
        left = code
        for recipe in recipes:
            left = left.replace(recipe or "\0", "")
        assert not left.strip(), f"no recipe is\n{code}"


@pytest.mark.parametrize(
    "proof", ["`no-such-claim` everywhere", "`fit-trains/no such case` everywhere", "so it is"]
)
def test_a_proof_that_names_nothing_is_refused(proof: str) -> None:
    with pytest.raises(AssertionError):
        check(proof)


@pytest.mark.parametrize("proof", ["`tape-sets-training` everywhere", "`fit-trains` in Keras 3"])
def test_a_proof_that_the_results_deny_is_refused(proof: str) -> None:
    with pytest.raises(AssertionError, match=r" in tf-"):
        check(proof)
