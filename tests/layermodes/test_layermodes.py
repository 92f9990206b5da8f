"""layermodes on real models and real TensorFlows: what it sees, why, what it finds; it leaves no trace."""

import functools
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from jsonschema import ValidationError, validate
from small_project import REAL

from phasebook.environments import install
from phasebook.project.environments import load_environments
from phasebook.project.folders import Folders
from phasebook.project.rules import load_rules

pytestmark = pytest.mark.slow
LOOKING = Path(__file__).parent / "looking"
PARTS = "tried,loaded,mixed,findings,bad,spike,expect,traces,format,kinds,shown,commands"
SLOW_PARTS = ",compiled,applications"  # where LAYERMODES_EVERYWHERE is set, and on the newest Keras 3
OTHERS = ("tf-2.4", "tf-2.11", "tf-nightly") if os.environ.get("LAYERMODES_EVERYWHERE") else ()
NEWEST = "tf-2.21+keras-3.15.1"
PLACES = [NEWEST, "tf-2.21+tf-keras", "tf-2.15", *OTHERS]
WITH_SLOW = PLACES if OTHERS else [NEWEST]
ORDINARY = ["trains", "infers", "infers", "trains", "infers"]
CALLS = ["training=True", "training=False", "none", "fit", "predict"]
SCHEMA = json.loads((REAL / "src/layermodes/schema.json").read_text(encoding="utf-8"))


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
    command = [str(python), str(LOOKING / "look.py"), PARTS + (SLOW_PARTS if name in WITH_SLOW else "")]
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


@pytest.fixture(params=WITH_SLOW)
def seen_whole(request: pytest.FixtureRequest) -> dict[str, Any]:
    return looked(request.param)


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


def test_a_look_costs_no_more_than_the_calls_themselves(seen):
    spike = seen["spike"]
    assert spike["seconds"] <= spike["theirs"] + 1, "seconds on the CPU: 4 passes, one compiled step, and 1"


def test_the_spike_frozen_is_the_official_recipe(seen):
    frozen = seen["spike"]["frozen"]
    inside = [calls for path, calls in frozen["calls"].items() if path.startswith("mobilenet")]
    assert len(inside) == 52 and {calls[3] for calls in inside} == {"infers"}
    told = rules(frozen["findings"])
    assert told == ({"fixed-mode-overridden"} if overrides(seen) else {"mode-leaks"} if leaks(seen) else set())


def test_larger_applications(seen_whole):
    for name, told in seen_whole["applications"].items():
        assert told["found"] == told["there"] > 40 and not told["unclear"], (name, told)
        assert told["seconds"] < 20, (name, "10 seconds on each of 2 cores")


def test_every_kind_of_layer_is_told(seen):
    for name, calls in seen["kinds"].items():
        assert len(calls) >= 2, name
        for path, said in calls.items():
            plain = "trains" if name == "random" else "infers"
            assert said == ["trains", "infers", plain, "trains", "infers"], (name, path)


def test_the_compiled_step_moves_what_was_told(seen_whole):
    compiled = seen_whole["compiled"]
    assert len(compiled) > 20
    assert {name: wrong for name, wrong in compiled.items() if wrong} == {}


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


def test_every_rule_is_turned_on_or_off_by_a_mutant_somewhere():
    turned = set()
    for name in PLACES:
        for found in looked(name)["findings"].values():
            turned |= rules(found["without"]) ^ rules(found["with"])
    assert turned == {rule.id for rule in load_rules(Folders(REAL))}


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
    backend = {"backend"} if leaks(seen) else set()
    assert set(said) == {"nan", "none", "no x", "class", "shape", "no model", "unbuilt"} | backend
    assert "jax" in said.get("backend", "jax")
    assert all("\n" not in sentence for sentence in said.values())
    assert "NaN" in said["nan"] and "cannot be run" in said["shape"]


def test_a_star_marks_what_the_flags_do_not_let_expect(seen):
    row = seen["shown"]["eager"]["layers"][0]
    assert row["calls"]["none"] == "trains" and row["expected"] == dict(zip(CALLS, ORDINARY, strict=True))
    assert "trains*" in seen["shown"]["eager text"] and "* not the mode" in seen["shown"]["eager text"]
    assert "*" not in seen["shown"]["html"]


def test_html_shows_the_table_and_escapes_names(seen):
    html = BeautifulSoup(seen["shown"]["html"], "html.parser")
    head, *lines = [[cell.get_text() for cell in line.find_all(["th", "td"])] for line in html.find_all("tr")]
    assert head == ["layer", "trainable", *CALLS, "weights in fit"]
    assert lines == [
        ["bn (BatchNormalization)", "yes", *ORDINARY, "moved"],
        ["drop (Drop&<co>)", "yes", *ORDINARY, "-"],
    ]
    assert html.find("co>") is None and html.find_all("td")[5]["title"] == "the outer call"


def test_the_figure_has_a_cell_for_each_layer_and_call(seen):
    shown = seen["shown"]
    assert shown["lines"] == ["bn (BatchNormalization)", "drop (Drop&<co>)"]
    assert shown["columns"] == CALLS and shown["cells"] == ORDINARY * 2
    assert shown["png"] > 5000
    assert shown["without"] == "a figure needs matplotlib, which is not installed"


def test_the_command_line(seen):
    done = seen["commands"]
    status, out, _ = done["json"]
    told = json.loads(out)
    assert status == 0 and told["layers"][0]["path"] == "drop"
    validate(told, SCHEMA)
    assert done["table"][0] == 0 and "drop (Dropout)" in done["table"][1]
    assert done["unsafe"][0] == 0 and "drop (Dropout)" in done["unsafe"][1]
    assert done["shape"][0] == 0 and "drop (Dropout)" in done["shape"][1]
    for name, words in (
        ("code", "--unsafe"),
        ("missing", "does not exist"),
        ("broken", "cannot be loaded"),
        ("open", "give --shape"),
        ("wrong shape", "such as 96,96,3"),
    ):
        status, out, error = done[name]
        assert (status, out) == (2, "") and error.count("\n") == 1 and words in error, (name, error)


def test_expect_fails_with_the_table(seen):
    assert "drop: expected infers in fit, it trains (the outer call)" in seen["expect"]
    assert "other: no layer with a mode has such a path" in seen["expect"]
    assert "training=False" in seen["expect"], "the table"


def test_the_format_that_others_rely_on(seen):
    told = seen["format"]
    validate(told, SCHEMA)
    for wrong in ({**told, "layers": [{"path": "x"}]}, {**told, "findings": [{}]}, {**told, "schema": 2}):
        with pytest.raises(ValidationError):
            validate(wrong, SCHEMA)
    row = told["layers"][0]
    assert {"versions", "layers", "findings"} <= set(told)
    assert {"path", "class", "trainable", "calls", "weights_moved_in_fit"} <= set(row)
    assert row["calls"] == dict(zip(CALLS, ORDINARY, strict=True))
    assert row["weights_moved_in_fit"] is None and row["class"] == "Dropout" and row["trainable"] is True
