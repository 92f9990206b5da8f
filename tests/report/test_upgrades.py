"""The upgrade guides: what changes, what to search for, and advice only where it was seen to hold."""

import re
from pathlib import Path
from typing import Any

import pytest
import small_project

from phasebook.project.errors import Problem
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders
from phasebook.project.upgrades import Step, load_upgrades
from phasebook.report import upgrading
from phasebook.report.facts import Facts

REAL = Folders(small_project.REAL)
# Code that each group of claims is about, and that its patterns must find.
FOUND = {
    "lp-1-none-trains": "tf.keras.backend.set_learning_phase(1)",
    "fit-trains": "    def call(self, inputs):",
    "baked-false-survives-fit": "x = base(inputs, training=False)",
    "baked-dropout-stays-on-in-predict": "x = Dropout(0.5)(x, training=True)",
    "subclass-explicit-does-not-leak": "x = self.base(x, training=False)",
    "layers-behind-augmentation-infer": "layers.RandomFlip('horizontal')",
    "call-method-takes-training": "lambda x: model.call(x, training=True)",
    "trainable-needs-recompile": "base.trainable = False",
    "frozen-bn-infers": "layer.trainable=False",
    "tf1-graph-loop-needs-updates": "session.run([step, model.updates])",
    "signature-default-in-a-plain-model": "def call(self, x, training=True):",
    "optimizer-takes-unfrozen-weights": "base.trainable = True",
    "gan-recipe-freezes-discriminator-only": "discriminator.trainable = False",
    "recurrent-dropout-only-in-training": "LSTM(8, recurrent_dropout=0.2)",
}
FIRST = """\
[[step]]
before = "tf-2.15"
after = "tf-2.15"
title = "x"
[[step.first]]
claim = "{}"
was = "holds"
now = "{}"
text = "x"
"""


@pytest.fixture(scope="module")
def guides() -> dict[str, Any]:
    return upgrading.pages(Facts(REAL, {}), load_upgrades(REAL))


def test_the_patterns_find_the_code_they_are_for() -> None:
    hints = load_upgrades(REAL).hint
    assert {claim for hint in hints for claim in hint.claims} >= set(FOUND)
    for hint in hints:
        lines = [FOUND[claim] for claim in hint.claims if claim in FOUND]
        assert lines, hint.claims
        for line in lines:
            assert any(re.search(pattern, line) for pattern in hint.search), line


def test_every_difference_stands_once_in_a_guide(guides: dict[str, Any]) -> None:
    assert len(guides) >= 5
    for guide in guides.values():
        for (_, differences), (_, hinted) in zip(guide["upgrade"].groups, guide["groups"], strict=True):
            told = [one.claim for _, those in hinted for one in those]
            assert sorted(told) == sorted(one.claim for one in differences)


def test_keras_3_changes_more_without_a_word_than_with_an_error(guides: dict[str, Any]) -> None:
    upgrade = guides["tf-2.15--tf-2.21+keras-3.15.1"]["upgrade"]
    assert "baked-false-survives-fit" in [one.claim for one in upgrade.silent]
    assert "trainable-waits-in-new-steps" in [one.claim for one in upgrade.raising]
    assert "lp-1-none-trains" in [one.claim for one in upgrade.gone]


@pytest.mark.parametrize("step", load_upgrades(REAL).step, ids=lambda step: step.page)
def test_what_a_guide_opens_with_came_out_so_and_leads_to_code(guides: dict[str, Any], step: Step) -> None:
    guide = guides[step.page]
    assert guide["first"] == step.first
    assert len(step.first) == 5 or guide["upgrade"].count == 0
    hinted = [pair for _, found in guide["groups"] for pair in found]
    for one in step.first:
        claim = one.claim.partition("/")[0]
        [way] = [way for way, claims in guide["ways"].items() if one.claim in claims]
        assert [hint for hint, those in hinted if hint and claim in [each.claim for each in those]], one.claim
        assert ("raises" in one.text) == (way == "With an error")
        assert ("unavailable" in (one.was, one.now)) == (way == "Removed")


def test_a_sentence_that_the_results_deny_is_not_shown() -> None:
    facts = Facts(REAL, {})
    step = load_upgrades(REAL).step[0]
    before, after = (next(one for one in facts.columns if one.name == name) for name in (step.before, step.after))
    assert upgrading.first(step.first, after, before) == [] != upgrading.first(step.first, before, after)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[[step]]\nbefore = "tf-9"\nafter = "tf-2.15"\ntitle = "x"', "unknown column 'tf-9'; known are tf-2.15"),
        ('[[hint]]\nclaims = ["x"]\nsearch = []\nwrite = "x"\nproof = "x"', "unknown claim 'x'"),
        (
            '[[hint]]\nclaims = []\nsearch = ["("]\nwrite = "x"\nproof = "call-true-trains"',
            r"'\(' is no regular expression",
        ),
        (FIRST.format("call-true-trains/x", "fails"), "no claim has the case 'call-true-trains/x'"),
        (FIRST.format("call-true-trains", "holds"), "that is no change"),
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    folders = small_project.make(tmp_path)
    write_atomically(folders.upgrades, text + "\n")
    with pytest.raises(Problem, match=complaint):
        load_upgrades(folders)
