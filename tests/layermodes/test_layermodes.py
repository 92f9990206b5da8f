"""layermodes on real models and real TensorFlows: what it sees, why, what it finds; it leaves no trace."""

import functools
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from small_project import REAL

from phasebook.environments import install
from phasebook.project.environments import load_environments
from phasebook.project.folders import Folders

pytestmark = pytest.mark.slow
LOOKING = Path(__file__).parent / "looking"
PARTS = "tried,loaded,mixed,findings,bad,spike,expect,traces,format"
OTHERS = ("tf-2.4", "tf-2.11", "tf-nightly") if os.environ.get("LAYERMODES_EVERYWHERE") else ()
PLACES = ["tf-2.21+keras-3.15.1", "tf-2.21+tf-keras", "tf-2.15", *OTHERS]
ORDINARY = ["trains", "infers", "infers", "trains", "infers"]


@functools.cache
def looked(name: str) -> dict[str, Any]:
    """All that layermodes said in an environment; skips where it is not installed."""
    folders = Folders(REAL)
    environment = load_environments(folders)[name]
    python = install.ready(folders, environment)
    if python is None:
        pytest.skip(f"{name} is not installed")
    variables = dict(os.environ, PYTHONPATH=str(REAL / "src"), TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")
    variables |= {"TF_ENABLE_ONEDNN_OPTS": "0", "PYTHONDONTWRITEBYTECODE": "1"}
    if environment.flavour == "tf-keras":
        variables["TF_USE_LEGACY_KERAS"] = "1"
    command = [str(python), str(LOOKING / "look.py"), PARTS]
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=600)
    assert "LOOKED" in done.stdout, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout.split("LOOKED")[1])
    return told


@pytest.fixture(params=PLACES)
def seen(request: pytest.FixtureRequest) -> dict[str, Any]:
    return looked(request.param)


def leaks(seen: dict[str, Any]) -> bool:
    return bool(seen["keras_3"])


def overrides(seen: dict[str, Any]) -> bool:
    """Whether this release overrides a mode in the graph: Keras 3 before 3.16."""
    return bool(seen["keras_3"]) and seen["format"]["versions"]["keras"] < "3.16"


def test_an_ordinary_model_trains_in_fit_and_infers_elsewhere(seen):
    for name in ("unet", "transformer", "bidirectional", "shared", "two inputs", "time distributed", "own layer"):
        calls = seen["tried"][name]["calls"]
        assert calls and all(said == ORDINARY for said in calls.values()), (name, calls)
        assert seen["tried"][name]["findings"] == [], name
    assert seen["tried"]["dense"]["calls"] == {}


def test_paths_say_where_a_layer_is_and_which_call_of_it(seen):
    tried = seen["tried"]
    assert list(tried["shared"]["calls"]) == ["shared", "shared#2"]
    assert sorted(tried["transformer"]["calls"]) == ["block", "block/attention", "block/drop", "block/inner/deep"]
    assert list(tried["time distributed"]["calls"]) == ["td"]
    assert len(tried["bidirectional"]["calls"]) == 2


def test_a_step_of_ones_own_is_told_network_by_network(seen):
    calls = {path: said[3] for path, said in seen["tried"]["gan"]["calls"].items()}
    assert calls == {
        "g/bn": "infers",
        "d/drop": "trains",
        "d/drop#2": "trains",
        "g/bn#2": "trains",
        "d/drop#3": "infers",
    }
    plain = seen["tried"]["gan"]["calls"]["g/bn"][2]
    assert plain.startswith("cannot tell: NotImplementedError")


def test_what_cannot_be_told_is_not_guessed(seen):
    tried = seen["tried"]
    assert all("variance is 0" in said for said in tried["batch of one"]["calls"]["bn"])
    assert tried["batch of one"]["calls"]["drop"] == ORDINARY
    assert all(said.startswith("cannot tell") for said in tried["rate 0"]["calls"]["drop"])
    assert tried["not compiled"]["calls"]["drop"] == ["trains", "infers", "infers", "not compiled", "infers"]


def test_a_dropout_on_zeros_is_told_by_the_random_numbers_it_draws(seen):
    assert seen["tried"]["zeros"]["calls"]["drop"] == ORDINARY


def test_saved_and_mixed_precision_models_too(seen):
    assert seen["loaded"], "the release can save in some format"
    for calls in [*seen["loaded"].values(), seen["mixed"]]:
        assert calls == {"bn": ORDINARY, "drop": ORDINARY}


def test_the_spike_of_mobilenet(seen):
    said = seen["spike"]["result"]
    inside = [calls for path, calls in said["calls"].items() if path.startswith("mobilenet")]
    assert len(inside) == 52 and len(said["calls"]) == 53
    assert {calls[3] for calls in inside} == {"trains" if overrides(seen) else "infers"}
    head = said["calls"]["head"]
    if leaks(seen) and not overrides(seen):
        assert head[3] == "infers" and said["why"]["head"]["fit"].startswith("leaked from mobilenet")
    else:
        assert head == ORDINARY


def test_the_reason_is_told(seen):
    why = seen["spike"]["result"]["why"]
    inside = next(told for path, told in why.items() if path.startswith("mobilenet"))
    if overrides(seen):
        assert inside["fit"].endswith("the outer call, over training=False in the graph")
    else:
        assert "training=False in the graph of" in inside["fit"]
    assert seen["tried"]["shared"]["why"]["shared"]["none"] == "nobody said: inference"
    assert seen["tried"]["shared"]["why"]["shared"]["fit"] == "the outer call"


def test_nothing_is_left_behind(seen):
    assert seen["traces"] == {"control": [], "modes": [], "exception": [], "interrupt": []}


def rules(found: list[list[str]]) -> set[str]:
    return {rule for rule, _ in found}


def test_the_recipe_is_clean_but_for_what_the_release_does(seen):
    recipe = seen["findings"]["recipe"]
    if overrides(seen):
        assert recipe["without"] == [["fixed-mode-overridden", "base"]]
        assert "fixed-mode-overridden" not in rules(recipe["with"])
    elif leaks(seen):
        assert recipe["without"] == [["mode-leaks", "head"]]
    else:
        assert recipe["without"] == []
        assert recipe["with"] == [["fixed-mode-overridden", "base"]]


@pytest.mark.parametrize(
    ("model", "rule"),
    [
        ("fit", "fit-tells-no-mode"),
        ("nameless", "mode-lost-in-subclass"),
        ("frozen", "frozen-still-drops"),
        ("fine-tuned", "unfrozen-normalization"),
        ("changed", "trainable-changed-after-compile"),
        ("default", "default-trains-in-predict"),
    ],
)
def test_a_mutant_of_keras_turns_the_finding_on_or_off(seen, model, rule):
    found = seen["findings"][model]
    assert (rule in rules(found["without"])) != (rule in rules(found["with"])), found


def test_mutants_of_what_only_keras_3_does(seen):
    for model, rule in (("leak", "mode-leaks"), ("reached nothing", "trainable-reached-nothing")):
        found = seen["findings"][model]
        assert (rule in rules(found["without"])) == leaks(seen), (model, found)
        assert rule not in rules(found["with"]), (model, found)
    if "augmented" in seen["findings"]:
        found = seen["findings"]["augmented"]
        assert ("preprocessing-leaks" in rules(found["without"])) == overrides(seen)
        assert "preprocessing-leaks" not in rules(found["with"])


def test_a_mode_fixed_to_training_is_told_where_it_serves(seen):
    always = seen["findings"]["always"]
    served, overridden = [["training-mode-when-served", "always"]], [["fixed-mode-overridden", "always"]]
    assert always["without"] == (overridden if overrides(seen) else served)
    if not leaks(seen) or overrides(seen):
        assert always["with"] == (served if overrides(seen) else overridden)


def test_findings_name_the_claim_that_proves_them(seen):
    claims = {rule: claim for found in seen["findings"].values() for rule, claim in found["claims"].items()}
    assert claims["frozen-still-drops"] == "frozen-is-not-inference"
    if overrides(seen):
        assert seen["findings"]["recipe"]["claims"] == {"fixed-mode-overridden": "baked-false-survives-fit"}


def test_bad_input_gets_one_sentence(seen):
    said = seen["bad"]
    assert set(said) == {"nan", "none", "no x", "class", "shape", "no model", "unbuilt"}
    assert all("\n" not in sentence for sentence in said.values())
    assert "NaN" in said["nan"] and "cannot be run" in said["shape"]


def test_expect_fails_with_the_table(seen):
    assert "drop: expected infers in fit, it trains (the outer call)" in seen["expect"]
    assert "other: no layer with a mode has such a path" in seen["expect"]
    assert "training=False" in seen["expect"], "the table"


def test_the_format_that_others_rely_on(seen):
    told = seen["format"]
    row = told["layers"][0]
    assert {"versions", "layers", "findings"} <= set(told)
    assert {"path", "class", "trainable", "calls", "weights_moved_in_fit"} <= set(row)
    assert row["calls"] == dict(
        zip(["training=True", "training=False", "none", "fit", "predict"], ORDINARY, strict=True)
    )
    assert row["weights_moved_in_fit"] is None and row["class"] == "Dropout" and row["trainable"] is True
