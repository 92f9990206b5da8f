"""The project as a whole: its set-up, its documents and its promises to those who rebuild it."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import typer
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from small_project import REAL

from phasebook.cli import app

PROJECT = tomllib.loads((REAL / "pyproject.toml").read_text())["project"]
LOCKS = sorted([*(REAL / "requirements").glob("*.txt"), *(REAL / "data/locks").glob("*.txt")])
COMMANDS = typer.main.get_command(app).list_commands(None)  # type: ignore[attr-defined,arg-type]
ENTRY = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def locked(name: str) -> dict[str, str]:
    """Versions by package of one lock of the outside."""
    text = (REAL / f"requirements/{name}.txt").read_text()
    return {canonicalize_name(package): version for package, version in ENTRY.findall(text)}


def tracked() -> list[Path]:
    """All files that are in git."""
    listed = subprocess.run(["git", "ls-files"], cwd=REAL, capture_output=True, text=True, check=True).stdout
    return [REAL / line for line in listed.splitlines() if (REAL / line).is_file()]


def test_the_locks_hold_what_pyproject_asks_for() -> None:
    report, test = locked("report"), locked("test")
    for text in PROJECT["dependencies"]:
        requirement = Requirement(text)
        assert requirement.specifier.contains(report[canonicalize_name(requirement.name)])
    for text in PROJECT["optional-dependencies"]["test"]:
        assert canonicalize_name(Requirement(text).name) in test
    assert report.items() <= test.items()
    assert locked("uv")["uv"] == report["uv"]


def test_conda_users_get_the_same_outside_environment() -> None:
    text = (REAL / "environment.yml").read_text()
    python = re.search(r"- python=([\d.]+)", text)
    assert python and SpecifierSet(PROJECT["requires-python"]).contains(python[1])
    assert set(re.findall(r"-r (\S+)", text)) == {"requirements/report.txt", "requirements/test.txt"}
    made_by = (REAL / "Makefile").read_text()
    for lock in re.findall(r"-r (\S+)", text):
        assert f"-r {lock}" in made_by


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.stem)
def test_locks_have_hashes_and_name_no_index(path: Path) -> None:
    text = path.read_text()
    entries = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).strip())
    assert entries
    for entry in entries:
        assert "--hash=sha256:" in entry, entry
    own = re.sub(r"^# wheel https://download\.pytorch\.org/\S+$", "", text, flags=re.MULTILINE)  # on no index
    assert "://" not in own and "--index" not in own and "--find-links" not in own


def test_nothing_committed_names_a_place_of_one_machine() -> None:
    places = re.compile(r"/(?:root|home/[a-z]+|work|farm)/|\.cache/pip\b")
    for path in tracked():
        if path != Path(__file__).resolve():
            found = places.search(path.read_bytes().decode("utf-8", errors="replace"))
            assert not found, f"{path}: {found and found[0]}"


def test_make_prints_every_target_with_its_help() -> None:
    shown = subprocess.run(["make"], cwd=REAL, capture_output=True, text=True, check=True).stdout
    phony = re.search(r"^\.PHONY: (.*)$", (REAL / "Makefile").read_text(), flags=re.MULTILINE)
    assert phony
    for target in phony[1].split():
        assert re.search(rf"make {target} +\w", shown), target


def test_every_link_between_documents_leads_somewhere() -> None:
    documents = [REAL / "README.md", REAL / "LICENSE-prose.md", *sorted((REAL / "docs").glob("*.md"))]
    for document in documents:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_every_command_is_in_the_readme() -> None:
    readme = (REAL / "README.md").read_text()
    assert "report" in COMMANDS
    for command in COMMANDS:
        assert re.search(rf"(?:make|phasebook) {command}\b(?!-)", readme), command


def test_advice_names_commands_that_exist() -> None:
    phony = re.search(r"^\.PHONY: (.*)$", (REAL / "Makefile").read_text(), flags=re.MULTILINE)
    assert phony
    for path in (*(REAL / "src").rglob("*.py"), *(REAL / "src").rglob("*.j2"), *(REAL / "docs").glob("*.md")):
        for target in re.findall(r"`make ([a-z-]+)", path.read_text()):
            assert target in phony[1].split(), f"{path}: make {target}"
        for command in re.findall(r"`phasebook ([a-z-]+)", path.read_text()):
            assert command in COMMANDS, f"{path}: phasebook {command}"


def test_conda_users_activate_their_environment_before_they_name_its_folder() -> None:
    told = " ".join((REAL / "README.md").read_text().split())
    assert "conda activate phasebook" in told.partition("$CONDA_PREFIX")[0]
    assert re.search(r"^name: phasebook$", (REAL / "environment.yml").read_text(), re.MULTILINE)


def test_the_licences_are_stated_jointly() -> None:
    assert PROJECT["license"] == "MIT AND CC-BY-4.0"
    assert "CC BY 4.0" in (REAL / "LICENSE").read_text()
    assert "MIT licence" in (REAL / "LICENSE-prose.md").read_text()
