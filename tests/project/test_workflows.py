"""The workflows keep to their schemas, and their steps' commands do here what they are to do there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import small_project
import yaml
from local_index import Index, serve
from small_project import REAL

WORKFLOWS = sorted((REAL / ".github/workflows").glob("*.yml"))
ACTION = REAL / ".github/actions/set-up/action.yml"
PROGRAMS = {"make", "git", "gh", "sudo", ".ci/run", ".ci/keep", ".venv/bin/phasebook", "exit", "echo", "for"}


def check(schema: str, *paths: Path) -> subprocess.CompletedProcess[str]:
    """check-jsonschema with the schema that it brings along: nothing is downloaded."""
    command = [str(Path(sys.executable).with_name("check-jsonschema")), "--builtin-schema", schema]
    return subprocess.run([*command, *map(str, paths)], capture_output=True, text=True, check=False)


def load(path: Path) -> dict:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def steps(path: Path) -> list[dict]:
    return [step for job in load(path)["jobs"].values() for step in job["steps"]]


def script(workflow: str, name: str) -> str:
    """The commands of a workflow's step."""
    [found] = [
        step["run"] for step in steps(REAL / f".github/workflows/{workflow}.yml") if step.get("name") == name
    ]
    return found


SCRIPTS = {
    f"{path.stem}: {step['name']}": step["run"] for path in WORKFLOWS for step in steps(path) if "run" in step
}


def test_the_workflows_keep_to_their_schemas() -> None:
    for schema, paths in (
        ("vendor.github-workflows", WORKFLOWS),
        ("custom.github-workflows-require-timeout", WORKFLOWS),
        ("vendor.github-actions", [ACTION]),
    ):
        done = check(schema, *paths)
        assert done.returncode == 0, done.stdout


def test_a_workflow_that_does_not_keep_to_it_is_noticed(tmp_path: Path) -> None:
    broken = tmp_path / "test.yml"
    broken.write_text((REAL / ".github/workflows/test.yml").read_text().replace("runs-on", "run-on"))
    assert check("vendor.github-workflows", broken).returncode == 1


def test_a_workflow_has_no_right_that_it_does_not_name() -> None:
    for path in WORKFLOWS:
        assert set(load(path)["permissions"].values()) <= {"read"} or path.stem == "watch"
        assert all("@v" in step["uses"] or step["uses"].startswith("./") for step in steps(path) if "uses" in step)


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_a_step_calls_exists_and_no_value_is_pasted_into_it(name: str) -> None:
    text = SCRIPTS[name]
    assert "${{" not in text  # values come in by variables, which a shell does not read as commands
    assert subprocess.run(["bash", "-n"], input=text, text=True, check=False).returncode == 0
    for line in text.strip().splitlines():
        assert line.split()[0] in PROGRAMS or re.match(r"\w+=", line), line
    for target in re.findall(r"\bmake ([\w./-]+)", text):
        assert subprocess.run(["make", "-n", target], cwd=REAL, capture_output=True, check=False).returncode == 0
    for command, options in re.findall(r"phasebook (\w+)(.*)", text):
        done = subprocess.run(
            [sys.executable, "-m", "phasebook", command, "--help"], capture_output=True, text=True,
            env=os.environ | {"COLUMNS": "200", "TERM": "dumb"}, check=False,
        )  # fmt: skip
        assert done.returncode == 0, command
        assert all(option in done.stdout for option in re.findall(r"--[a-z-]+", options.partition(")")[0]))
    for place in re.findall(r"\.ci/\w+", text):
        assert os.access(REAL / place, os.X_OK)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout of a small project with this Phasebook, and the repository that it pushes to."""
    root = tmp_path / "project"
    small_project.make(root, ["tf-2.20+keras-3.6.0", "tf-2.19+tf-keras"])
    for name in small_project.columns(small_project.Folders(root), "tf-2.20+keras-3.6.0", "tf-2.19+tf-keras"):
        small_project.settle(small_project.Folders(root), name.name)
    for name in ("Makefile", "pyproject.toml", "README.md", ".ci", "requirements", ".gitignore"):
        copy = shutil.copytree if (REAL / name).is_dir() else shutil.copy2
        copy(REAL / name, root / name)
    (root / ".venv").mkdir()  # as `make .venv/ready-report` leaves it
    (root / ".venv/bin").symlink_to(Path(sys.executable).parent)
    (root / ".venv/ready-report").touch()
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path / "origin")], check=True)
    for words in (
        "init --quiet -b main",
        "add .",
        "commit -qm all",
        "remote add origin ../origin",
        "push -q origin main",
    ):
        subprocess.run([*git, *words.split()], cwd=root, check=True)
    return root


def run(checkout: Path, text: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """A step's commands as the runner would run them."""
    given = {"PHASEBOOK_ROOT": str(checkout), "GITHUB_OUTPUT": str(checkout.parent / "output"), **variables}
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", text], cwd=checkout, env=os.environ | given,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.slow
def test_the_watch_with_nothing_new_keeps_nothing_and_ends_well(checkout, tmp_path, own_cache):
    index = Index()
    with serve(index) as address:
        index.publish("tensorflow", "2.20.0", ["keras>=3.5"], tag="cp313-cp313-manylinux2014_x86_64")
        index.publish("keras", "3.6.0")
        variables = {"UV_DEFAULT_INDEX": address, "UV_CACHE_DIR": str(tmp_path / "uv")}
        done = run(checkout, script("watch", "Run what is newer than what is recorded"), **variables)
    assert done.returncode == 0, done.stderr
    # this index has no nightly, which is told, noted and makes the last step fail
    assert "nightly" in (checkout / "outputs/watch.md").read_text()
    assert (tmp_path / "output").read_text() == "status=1\n"
    assert run(checkout, script("watch", "Fail where something could not be run")).returncode == 1


@pytest.mark.slow
def test_what_a_job_changed_in_the_data_is_pushed_once(checkout, tmp_path):
    keep = script("watch", "Keep the results")
    before = run(checkout, "git -C ../origin log --format=%s main").stdout.splitlines()
    assert run(checkout, keep).returncode == 0
    (checkout / "data/watched.md").write_text("found\n")
    (checkout / "letter.txt").write_text("not of the data\n")
    for _ in range(2):
        assert run(checkout, keep).returncode == 0
    after = run(checkout, "git -C ../origin log --format=%s main").stdout.splitlines()
    assert after == ["Results of newer builds", *before]
    assert run(checkout, "git -C ../origin show --name-only --format= main").stdout == "data/watched.md\n"


@pytest.mark.slow
def test_the_issue_has_the_note_and_its_title(checkout, tmp_path):
    """GitHub's own program stands in for itself: what it is given is what matters."""
    (checkout / "outputs").mkdir(exist_ok=True)
    (checkout / "outputs/watch.md").write_text("# What changed: 2026-11-27\n\nThis.\n")
    program = tmp_path / "bin/gh"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@" > ../given\ncat "$6" >> ../given\n')
    program.chmod(0o755)
    variables = {"PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"}
    assert run(checkout, script("watch", "Open an issue with what changed"), **variables).returncode == 0
    given = (tmp_path / "given").read_text()
    assert given.startswith("issue\ncreate\n--title\nWhat changed: 2026-11-27\n--body-file\noutputs/watch.md\n#")


@pytest.mark.slow
def test_the_columns_of_the_matrix_are_listed_for_its_jobs(checkout, tmp_path):
    with (checkout / "src/phaselab/draw.py").open("a") as file:
        file.write("CHANGED = True\n")
    done = run(checkout, script("matrix", "List the columns with missing or stale results"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "output").read_text() == 'names=["tf-2.20+keras-3.6.0","tf-2.19+tf-keras"]\n'


@pytest.mark.slow
def test_a_column_that_cannot_be_collected_stops_no_other_and_fails_the_job(checkout):
    (checkout / "parcels/column-x").mkdir(parents=True)
    done = run(checkout, script("matrix", "Collect every column"))
    assert done.returncode == 1
    assert "parcels/column-x: holds no manifest.json" in done.stderr
