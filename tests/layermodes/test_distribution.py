"""What layermodes ships: one wheel with each of its files, and a data file made from the recorded results."""

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile

import pytest
from small_project import REAL

from phasebook.commands import rules
from phasebook.environments import install
from phasebook.project.claims import load_claims
from phasebook.project.environments import load_environments
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders
from phasebook.project.results import Result
from phasebook.project.rules import load_rules

SOURCE = REAL / "src/layermodes"
MODEL = """\
import numpy as np
import tensorflow as tf

x, y = np.random.rand(16, 20), np.random.rand(16, 1)
layers = [tf.keras.layers.Dropout(0.3, name="drop"), tf.keras.layers.Dense(1)]
model = tf.keras.Sequential([tf.keras.Input((20,)), *layers])
model.compile("sgd", "mse")
"""


def test_the_data_file_is_what_the_command_makes_of_texts_and_results():
    try:
        made = rules.content(Folders(REAL))
    except Problem as problem:
        pytest.skip(str(problem))
    assert (SOURCE / "rules.json").read_bytes() == made, "run `phasebook rules`"


def test_each_rule_is_told_somewhere_and_proved_by_a_claim_of_the_project():
    told = set(re.findall(r'finding\(\s*"([a-z-]+)"', (SOURCE / "rules.py").read_text(encoding="utf-8")))
    written = load_rules(Folders(REAL))
    assert {rule.id for rule in written} == told
    shipped = json.loads((SOURCE / "rules.json").read_text(encoding="utf-8"))["rules"]
    known = set(load_claims(Folders(REAL)))
    assert {claim for rule in written for claim in rule.claims} <= known
    assert {claim["id"] for rule in shipped for claim in rule["claims"]} <= known


def test_ranges_join_neighbouring_releases_with_the_same_verdict(monkeypatch):
    def cell(keras: str, verdict: str) -> Result:
        environment = type("E", (), {"flavour": "keras-3", "keras": keras, "tensorflow": "2.16"})
        return type("R", (), {"environment": environment, "claims": {"c": type("C", (), {"verdict": verdict})}})  # type: ignore[return-value]

    cells = {
        "1": cell("3.10.0", "holds"),
        "2": cell("3.9.2", "fails"),
        "3": cell("3.0.5", "fails"),
        "4": cell("3.11.3", "fails"),
    }
    assert [(one.first, one.last, one.verdict) for one in rules.ranges("c", cells)] == [
        ("3.0.5", "3.9.2", "fails"),
        ("3.10.0", "3.10.0", "holds"),
        ("3.11.3", "3.11.3", "fails"),
    ]


def test_the_root_wheel_does_not_list_layermodes():
    settings = tomllib.loads((REAL / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["src/phasebook", "src/phaselab"]


@pytest.mark.slow
def test_the_wheel_holds_each_file_once_and_its_readme_works(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=SOURCE, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("layermodes-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    readme = (SOURCE / "README.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    (tmp_path / "readme.py").write_text(MODEL + lines, encoding="utf-8")
    folders = Folders(REAL)
    python = install.ready(folders, load_environments(folders)["tf-2.21+keras-3.15.1"])
    if python is not None:
        variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path / "installed")}
        done = subprocess.run(
            [str(python), "readme.py"], cwd=tmp_path, env=variables, capture_output=True, text=True, check=False
        )
        assert "drop (Dropout)" in done.stdout, done.stderr
    names = zipfile.ZipFile(wheel).namelist()
    files = {f"layermodes/{path.name}" for path in SOURCE.glob("*.py")} | {
        "layermodes/rules.json",
        "layermodes/schema.json",
    }
    assert {name for name in names if name.startswith("layermodes/")} == files
    assert len(names) == len(set(names))
