"""A run in a folder of its own, and what collecting it takes in or refuses."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import real_project
import small_project

from phasebook.commands.collect import collect
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders
from phasebook.running import parcel
from phasebook.running.staleness import missing_pages, stale

pytestmark = pytest.mark.slow
COLUMN = real_project.DEFAULT
KEPT = ("results", "fingerprints", "executed", "failures")


def files(folders: Folders) -> dict[str, bytes]:
    """All that runs leave in a project, by path."""
    places = [getattr(folders, name) for name in KEPT]
    found = [path for place in places for path in place.rglob("*") if path.is_file()]
    return {str(path.relative_to(folders.root)): path.read_bytes() for path in found}


def phasebook(folders: Folders, *words: str) -> subprocess.CompletedProcess[str]:
    variables = os.environ | {"PHASEBOOK_ROOT": str(folders.root)}
    command = [sys.executable, "-m", "phasebook", *words]
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Folders, Path]:
    """A project, and a parcel of both its notebooks, run in a second checkout of it."""
    root = tmp_path_factory.mktemp("parcels")
    folders, elsewhere = real_project.make(root / "here"), real_project.make(root / "there")
    before = files(elsewhere)
    done = phasebook(elsewhere, "run", COLUMN, "--out", str(root / "parcel"))
    assert done.returncode == 0, done.stderr
    assert files(elsewhere) == before == {}, "a run with --out leaves nothing elsewhere"
    return folders, root / "parcel"


@pytest.fixture
def fresh(ran: tuple[Folders, Path], tmp_path: Path) -> tuple[Folders, Path]:
    """Copies of both, which a test may break."""
    shutil.copytree(ran[0].root, tmp_path / "here")
    shutil.copytree(ran[1], tmp_path / "parcel")
    return Folders(tmp_path / "here"), tmp_path / "parcel"


def test_what_is_collected_is_what_a_run_here_leaves_to_the_byte_and_twice_is_once(fresh, tmp_path):
    folders, place = fresh
    assert collect(folders, [place], print) == 0
    collected = files(folders)
    assert {Path(name).parts[0] for name in collected} == {"data", "outputs"}
    assert stale(folders, real_project.default(folders), {}) == {}
    assert missing_pages(folders, real_project.default(folders), {}, ["1-calls", "2-freezing"]) == []
    assert collect(folders, [place], print) == 0
    assert files(folders) == collected
    here = real_project.make(tmp_path / "local")
    real_project.run(here)
    assert files(here) == collected


def rewrite(place: Path, change: Callable[[dict], object]) -> None:
    manifest = json.loads((place / parcel.MANIFEST).read_text())
    change(manifest)
    (place / parcel.MANIFEST).write_text(json.dumps(manifest))


def other_platform(folders: Folders, place: Path) -> None:
    """This checkout's results are of another platform."""
    collect(folders, [place], print)
    path = folders.results / f"{COLUMN}.json"
    result = small_project.msgspec.json.decode(path.read_bytes(), type=small_project.Result)
    changed = small_project.msgspec.structs.replace(result.environment, platform="darwin-arm64")
    small_project.write_result(folders, small_project.observed(changed, result.claims))


def edited(path: str, text: str) -> Callable[[Folders, Path], object]:
    def edit(folders: Folders, place: Path) -> None:
        with (folders.root / path).open("a", encoding="utf-8") as file:
            file.write(text)

    return edit


def cut(folders: Folders, place: Path) -> None:
    page = place / f"notebooks/{COLUMN}/1-calls.ipynb"
    page.write_bytes(page.read_bytes()[:-10])


def without_the_column(folders: Folders, place: Path) -> None:
    small_project.write_columns(folders, [small_project.column("tf-2.15")])


def other_cases(folders: Folders, place: Path) -> None:
    claims = small_project.claims_text(small_project.CLAIMS, ["Sequential", "Subclass"])
    folders.claims.write_text(claims, encoding="utf-8")


REFUSED = {
    "foreign code": (lambda f, p: real_project.write(f, "1-calls", ("call-true-trains",)), "code changed"),
    "another phaselab": (edited("src/phaselab/draw.py", "\nX = 1\n"), "phaselab changed"),
    "changed lock": (edited("data/locks/tf-2.21.txt", "# later\n"), "the lock changed"),
    "other judging": (
        lambda f, p: rewrite(p, lambda m: m["made_from"]["1-calls"].update(judging="0")),
        "the code that judges records changed",
    ),
    "other platform": (other_platform, "ran on linux-"),
    "other cases": (other_cases, "the cases of"),
    "no such column": (without_the_column, "no environment of this checkout"),
    "corrupt file": (cut, "its SHA-256 differs"),
    "a file too few": (lambda f, p: (p / f"results/{COLUMN}.json").unlink(), "no such file"),
    "a place outside": (lambda f, p: rewrite(p, lambda m: m["files"].update({"../x": "0"})), "'../x'"),
    "no manifest": (lambda f, p: (p / parcel.MANIFEST).unlink(), "holds no manifest.json"),
    "half a manifest": (lambda f, p: (p / parcel.MANIFEST).write_text('{"schema"'), "is invalid"),
    "a newer schema": (lambda f, p: rewrite(p, lambda m: m.update(schema=2)), "has schema 2"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_what_does_not_fit_is_refused_in_one_line_and_nothing_changes(fresh, tmp_path, fault):
    folders, place = fresh
    good = shutil.copytree(place, tmp_path / "good")
    REFUSED[fault][0](folders, place)
    before = files(folders)
    with pytest.raises(Problem) as raised:
        collect(folders, [good, place], print)
    assert REFUSED[fault][1] in str(raised.value)
    assert "\n" not in str(raised.value) and raised.value.status == 2
    assert files(folders) == before


def test_a_failure_is_collected_beside_the_verdict_that_was_settled(fresh, tmp_path):
    folders, place = fresh
    collect(folders, [place], print)
    settled = (folders.results / f"{COLUMN}.json").read_bytes()
    broken = tmp_path / "broken"
    real_project.write(folders, "2-freezing", ("frozen-bn-infers",), "raise ValueError('broken')")
    done = phasebook(folders, "run", COLUMN, "--notebook", "2-freezing", "--out", str(broken))
    assert done.returncode == 1 and "ValueError: broken" in done.stderr
    assert (folders.results / f"{COLUMN}.json").read_bytes() == settled
    assert not folders.failures.exists()
    done = phasebook(folders, "collect", str(broken))
    assert done.returncode == 1 and "2-freezing failed: ValueError: broken" in done.stderr
    assert (folders.results / f"{COLUMN}.json").read_bytes() == settled
    assert stale(folders, real_project.default(folders), {})["2-freezing"][0] == "its last run failed"


def test_a_folder_that_holds_something_else_is_left_alone(fresh, tmp_path):
    folders, _ = fresh
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letter.txt").write_text("dear")
    for words in (["--out", str(tmp_path / "mine")], ["--out", "x", "--params", "seed=3"]):
        done = phasebook(folders, "run", COLUMN, *words)
        assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]
