"""Options for JupyterLab reach it, from make and from the command line."""

import subprocess
from pathlib import Path

import pytest
import small_project
from typer.testing import CliRunner

from phasebook import cli
from phasebook.commands import lab
from phasebook.environments import install

OPTIONS = ["--allow-root", "--no-browser"]


@pytest.mark.parametrize("name", [["tf-2.15"], []])
def test_options_reach_jupyterlab(
    tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch, name: list[str]
) -> None:
    folders = small_project.make(tmp_path / "project")
    folder = install.folder_of(folders, small_project.columns(folders, "tf-2.15")[0])
    (folder / "bin").mkdir(parents=True)
    for program in (folder / "bin/python", tmp_path / "jupyter"):
        program.write_text(f'#!/bin/sh\necho "$@" > {tmp_path / "asked"}\nexit 5\n')
        program.chmod(0o755)
    (folder / install.MARKER).write_text("")
    monkeypatch.setattr(lab, "programs", lambda *_: tmp_path)
    monkeypatch.setattr(cli, "DEFAULT", "tf-2.15")
    monkeypatch.setenv("PHASEBOOK_ROOT", str(folders.root))
    done = CliRunner().invoke(cli.app, ["lab", *name, "--", *OPTIONS])
    assert done.exit_code == 5, done.output
    assert (tmp_path / "asked").read_text().split() == [
        "lab",
        "--notebook-dir",
        str(folders.outputs / "lab"),
        *OPTIONS,
    ]


@pytest.mark.parametrize(("given", "words"), [([], ""), (["TF=2.15"], "2.15")])
def test_make_passes_options_on(given: list[str], words: str) -> None:
    command = ["make", "--no-print-directory", "--dry-run", "lab", f"LAB={' '.join(OPTIONS)}", *given]
    shown = subprocess.run(command, cwd=small_project.REAL, capture_output=True, text=True, check=True).stdout
    assert shown.split("phasebook lab")[1].split() == [*words.split(), "--", *OPTIONS]
