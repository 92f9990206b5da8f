"""What a claim's page says first: what happens instead, why, and code that works where the claim does not."""

from pathlib import Path

import pytest
import small_project
from report_project import page, words

from phasebook.project.claims import Claim, load_claims
from phasebook.project.errors import Problem
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders
from phasebook.report import cells, today
from phasebook.report.facts import Facts
from phasebook.report.instead import DENIED, instead

REAL = Folders(small_project.REAL)
FACTS = Facts(REAL, {})
ADVISED = [claim for claim in FACTS.claims.values() if claim.recipes]


@pytest.mark.parametrize("claim", ADVISED, ids=lambda claim: claim.id)
def test_the_code_works_wherever_the_claim_does_not_hold(claim: Claim) -> None:
    for column in FACTS.columns:
        if column.verdict(claim.id) in DENIED:
            for recipe in claim.recipes:
                works = column.verdict(recipe)
                # ExportArchive came with TensorFlow 2.12; a loop with a tape needs Keras on TensorFlow.
                may_miss = recipe == "write-endpoint-names-mode" or column.environment.backend != "tensorflow"
                assert works == "holds" or (may_miss and works == "unavailable"), (column.name, recipe)


def test_every_claim_with_advice_that_fails_today_says_what_happens_instead() -> None:
    assert len(ADVISED) > 30
    assert [claim.id for claim in ADVISED if not claim.instead] == []


def test_it_stands_below_the_title_with_the_recipes_own_code_and_verdict(real: Path) -> None:
    content = page(real, "claims/gan-recipe-freezes-discriminator-only.html")
    told = content.select_one("main > h1 + .lead + .instead")
    assert told is not None
    assert words(told.h2) == "What happens instead, and what to write"
    assert "From Keras 3.0 on the discriminator does not learn" in words(told.p)
    assert "Why, since Keras 3.0: In Keras 3, the trainable weights are read when" in words(told.p)
    assert "write-gan-step , which holds in Keras 3.15" in words(told)
    notebook = cells.read(REAL.notebooks / "15-what-to-write.ipynb")
    assert told.pre and told.pre.get_text().strip() == today.recipe(notebook, "write-gan-step")


def test_where_a_claim_holds_today_no_change_is_given_as_a_reason() -> None:
    notebooks = {stem: cells.read(REAL.notebooks / f"{stem}.ipynb") for stem in FACTS.notebooks}
    frozen, exported = (
        instead(FACTS.claims[claim], FACTS, notebooks) for claim in ("frozen-bn-infers", "export-serves-inference")
    )
    assert frozen and (frozen.heading, frozen.turn) == ("Where it does not hold", None)
    assert exported and (exported.heading, exported.turn) == ("What to write", None)
    assert instead(FACTS.claims["call-true-trains"], FACTS, notebooks) is None


def test_a_recipe_that_is_no_claim_is_refused(tmp_path: Path) -> None:
    folders = small_project.make(tmp_path)
    write_atomically(folders.claims, folders.claims.read_text() + 'recipes = ["write-nothing"]\n')
    with pytest.raises(Problem, match="unknown recipe 'write-nothing'"):
        load_claims(folders)
