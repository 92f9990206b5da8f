"""A virtual environment that starts as a copy of its nearest relative, and what must not reach the other."""

import subprocess
import sys
from pathlib import Path

import pytest

from phasebook.environments import relatives, uv

LOCK = "{keras}\nnumpy==1.26.4 \\\n    --hash=sha256:aa\ntensorflow-cpu==2.16.2 \\\n    --hash=sha256:bb\n"


def lock(keras: str) -> str:
    return LOCK.format(keras=f"keras=={keras} \\\n    --hash=sha256:cc")


def test_the_nearest_relative_shares_most_pins() -> None:
    others = {Path("old"): "numpy==1.21.6\n", Path("same"): lock("3.4.1"), Path("none"): "gast==0.2\n"}
    assert relatives.nearest(lock("3.5.0"), others) == Path("same")
    assert relatives.nearest(lock("3.5.0"), {Path("none"): "gast==0.2\n"}) is None
    assert relatives.nearest(lock("3.5.0"), {}) is None


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A virtual environment with one package that has a program."""
    folder = tmp_path / "one"
    assert uv.run(["venv", "--no-project", "--python", sys.executable, str(folder)]).returncode == 0
    site = next((folder / "lib").glob("python*/site-packages"))
    (site / "thing.py").write_text("NUMBER = 1\n")
    program = folder / "bin/thing"
    program.write_text(f"#!{folder}/bin/python\nimport sys, thing\nprint(sys.prefix, thing.NUMBER)\n")
    program.chmod(0o755)
    (folder / "ready").write_text("yes\n")
    return folder


def test_a_copy_runs_by_itself_and_takes_no_marker(made: Path, tmp_path: Path) -> None:
    other = tmp_path / "two"
    relatives.copy(made, other, "ready")
    assert not (other / "ready").exists() and (made / "ready").exists()
    told = subprocess.run([str(other / "bin/thing")], capture_output=True, text=True, check=True).stdout
    assert told == f"{other} 1\n"


def test_a_moved_one_runs_and_is_gone_where_it_was(made: Path, tmp_path: Path) -> None:
    other = tmp_path / "two"
    relatives.move(made, other, "ready")
    assert not made.exists() and not (other / "ready").exists()
    told = subprocess.run([str(other / "bin/thing")], capture_output=True, text=True, check=True).stdout
    assert told == f"{other} 1\n"


@pytest.mark.slow
def test_what_is_installed_into_one_does_not_reach_the_other(made: Path, tmp_path: Path) -> None:
    install = ["pip", "install", "--compile-bytecode", "--python"]
    assert uv.run([*install, str(made / "bin/python"), "packaging==24.1"]).returncode == 0
    before = {path: path.read_bytes() for path in made.rglob("*") if path.is_file() and not path.is_symlink()}
    other = tmp_path / "two"
    relatives.copy(made, other, "ready")
    assert uv.run([*install, str(other / "bin/python"), "packaging==24.2"]).returncode == 0
    assert next(other.rglob("packaging-24.2.dist-info")) and not list(other.rglob("packaging-24.1.dist-info"))
    assert {path: path.read_bytes() for path in made.rglob("*") if path in before} == before
