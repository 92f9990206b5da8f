"""The reports for Keras: each script prints, in the environment that it names, what its first lines say."""

import ast
import os
import re
import subprocess
from pathlib import Path

import pytest
from small_project import REAL

from phasebook.environments import install
from phasebook.project.environments import load_environments
from phasebook.project.folders import Folders

SCRIPTS = sorted((REAL / "docs/upstream").glob("*.py"))


def described(script: Path) -> str:
    return ast.get_docstring(ast.parse(script.read_text(encoding="utf-8"))) or ""


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_report_names_its_environment_its_thread_and_what_differs(script: Path) -> None:
    text = described(script)
    environment = re.search(r"^Environment: (\S+)$", text, re.MULTILINE)
    assert environment and environment[1] in load_environments(Folders(REAL))
    assert re.search(r"^Thread: https://github\.com/\S+", text, re.MULTILINE)
    expected, seen = (
        re.findall(r"^ +expected: (.+)$", text, re.MULTILINE),
        re.findall(r"^ +seen: +(.+)$", text, re.MULTILINE),
    )
    assert expected and len(expected) == len(seen) and set(expected).isdisjoint(seen)
    assert script.name in (script.parent / "README.md").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_report_prints_what_it_says(script: Path, tmp_path: Path) -> None:
    text = described(script)
    name = re.findall(r"^Environment: (\S+)$", text, re.MULTILINE)[0]
    python = install.ready(Folders(REAL), load_environments(Folders(REAL))[name])
    if python is None:
        pytest.skip(f"{name} is not installed: make report TF={name}")
    variables = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    answer = subprocess.run(
        [python, script], capture_output=True, text=True, env=variables, cwd=tmp_path, check=False
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    assert answer.stdout == text.partition("\nPrints:\n")[2] + "\n"
