"""Bisections over an index and observations that are made up: what is asked, in which order, and what is told."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
import small_project

from phasebook.bisecting import builds
from phasebook.bisecting.bench import Step
from phasebook.bisecting.bisection import Answer, Bisection, plan
from phasebook.bisecting.builds import Build
from phasebook.bisecting.turns import Turn
from phasebook.environments.listing import Listed
from phasebook.project.errors import Problem
from phasebook.project.results import ClaimResult

DAY = date(2026, 7, 1)
KERAS = ["3.0.0", "3.0.1", "3.0.2", "3.0.5", "3.1.0", "3.1.1", "3.14.0", "3.15.0", "3.15.1"]
TENSORFLOW = ["1.15.0", "1.15.5", "2.0.0", "2.0.1", "2.0.4", "2.15.0", "2.15.1", "2.16.1", "2.16.2", "2.21.0"]
NIGHTLIES = [Listed(f"3.16.0.dev{DAY + timedelta(day):%Y%m%d}04", DAY + timedelta(day)) for day in range(140)]
COLUMNS = {
    "tf-1.15": small_project.column("tf-1.15", tensorflow="1.15.5"),
    "tf-2.0": small_project.column("tf-2.0", tensorflow="2.0.4"),
    "tf-2.15": small_project.column("tf-2.15", tensorflow="2.15.1"),
    "tf-2.16+keras-3.0.5": small_project.column("tf-2.16+keras-3.0.5", tensorflow="2.16.2"),
    "tf-2.16+keras-3.1.1": small_project.column("tf-2.16+keras-3.1.1", tensorflow="2.16.2"),
    "tf-2.21+keras-3.15.1": small_project.column("tf-2.21+keras-3.15.1", DAY + timedelta(3)),
    "tf-nightly": small_project.column("tf-nightly", DAY + timedelta(139), keras=NIGHTLIES[-1].version),
}
Outcome = Callable[[Build], str]


class Made:
    """A bench whose builds come out as a function says; recorded results are those of the columns."""

    def __init__(self, outcome: Outcome, recorded: Outcome | None = None) -> None:
        self.columns, self.outcome, self.recorded = COLUMNS, outcome, recorded or outcome
        self.ran: dict[str, Step] = {}

    def known(self, build: Build) -> Step | None:
        if build.name in self.ran:
            return self.ran[build.name]
        column = next((item for item in COLUMNS.values() if item.tensorflow == build.tensorflow
                       and item.flavour == build.flavour and build.keras in ("", item.keras)), None)  # fmt: skip
        return _step(self.recorded(build), fresh=False) if column else None

    def look_ahead(self, builds: list[Build]) -> None:
        """Everything is on this machine."""

    def run(self, build: Build) -> Step:
        self.ran[build.name] = _step(self.outcome(build), fresh=True)
        return self.ran[build.name]


def _step(word: str, *, fresh: bool) -> Step:
    reason = word if word in ("error", "unavailable") else None
    return Step({"claim": ClaimResult(word, "1-calls", [], reason)}, 3.0, fresh)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def index(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Listed]]:
    """What the index lists: every release on a day of its own, nightlies of Keras alone."""
    listed = {
        "keras": [Listed(version, DAY + timedelta(int(version.split(".")[2]))) for version in KERAS],
        "tensorflow": [Listed(version, date(2020, 1, 1)) for version in TENSORFLOW],
        "keras-nightly": NIGHTLIES,
        "tf-nightly": [Listed("2.22.0.dev20260720", date(2026, 7, 20))],
    }
    monkeypatch.setattr(builds, "listing", lambda package: listed[package])
    return listed


def answer(before: str, after: str, outcome: Outcome, **options: Outcome) -> tuple[Answer, list[str], Made]:
    told: list[str] = []
    made = Made(outcome, **options)
    found = Bisection(made, Turn("claim", "", before, after), told.append).answer()  # type: ignore[arg-type]
    return found, told, made


def since(version: str, package: str = "keras") -> Outcome:
    """Holds from a version of Keras on."""
    from packaging.version import Version

    return lambda build: "holds" if Version(getattr(build, package)) >= Version(version) else "fails"


@pytest.mark.parametrize("day", [4, 50, 51, 100, 138])
def test_the_package_is_told_by_crossing_and_then_neighbouring_nightlies_are_found(day: int) -> None:
    found, told, made = answer("tf-2.21+keras-3.15.1", "tf-nightly", since(NIGHTLIES[day].version))
    assert (found.last.version, found.first.version) == (NIGHTLIES[day - 1].version, NIGHTLIES[day].version)
    assert found.first.beside == "TensorFlow 2.21.0"
    assert any("Keras changed it" in line for line in told)
    assert all(step.fresh for step in (found.last_step, found.first_step))
    assert len(made.ran) <= 13  # one to cross, two ends, seven to halve, two samples
    commits = builds.commits(found.last, found.first)
    assert commits.endswith(f"since={found.last.released}&until={found.first.released}")


def test_tensorflow_is_told_where_it_changed_it_and_the_lack_of_its_nightlies_is_said() -> None:
    new = since("2.22.0.dev0", "tensorflow")
    found, told, _ = answer("tf-2.21+keras-3.15.1", "tf-nightly", new)
    assert (found.last.version, found.first.package) == ("2.21.0", "tf-nightly")
    assert found.first.beside == "Keras 3.15.1"
    assert any("TensorFlow changed it" in line for line in told)
    assert any("no longer has the nightlies" in line for line in told)


def test_a_change_in_a_patch_is_found_to_the_patch() -> None:
    found, _, _ = answer("tf-1.15", "tf-2.0", since("2.0.1", "tensorflow"))
    assert (found.last.words, found.first.words) == (
        "tensorflow 2.0.0 of 2020-01-01",
        "tensorflow 2.0.1 of 2020-01-01",
    )
    assert builds.commits(found.last, found.first).endswith("/compare/v2.0.0...v2.0.1")


def test_from_keras_2_to_keras_3_the_releases_of_both_are_gone_through() -> None:
    def three(build: Build) -> str:
        return "fails" if build.flavour == "tf.keras" else "holds"

    found, told, _ = answer("tf-2.15", "tf-2.16+keras-3.0.5", three)
    assert (found.last.name, found.first.name) == ("tf-2.15.1", "tf-2.16.2+keras-3.0.0")
    assert any("no nightlies between" in line for line in told)


@pytest.mark.parametrize("word", ["error", "unavailable"])
def test_a_build_that_cannot_be_told_is_stepped_around_and_named(
    word: str, index: dict[str, list[Listed]]
) -> None:
    index["keras-nightly"] = []

    def outcome(build: Build) -> str:
        return word if build.keras == "3.1.0" else since("3.1.1")(build)

    found, told, _ = answer("tf-2.16+keras-3.0.5", "tf-2.16+keras-3.1.1", outcome)
    assert (found.last.version, found.first.version) == ("3.0.5", "3.1.1")
    assert any(line.startswith("skipped, between them: keras 3.1.0") for line in told)


def test_a_change_that_came_and_went_is_told() -> None:
    days = {item.version: number for number, item in enumerate(NIGHTLIES)}

    def outcome(build: Build) -> str:
        if build.keras not in days:
            return "fails"
        return "holds" if days[build.keras] > 105 or 20 < days[build.keras] < 40 else "fails"

    found, told, _ = answer("tf-2.21+keras-3.15.1", "tf-nightly", outcome)
    assert (found.last_step.settled["claim"].verdict, found.first_step.settled["claim"].verdict) == (
        "fails",
        "holds",
    )
    assert days[found.first.version] - days[found.last.version] == 1
    assert any("turned more than once" in line for line in told)


def test_ends_that_agree_when_they_are_run_are_one_line() -> None:
    with pytest.raises(Problem, match=r"is recorded, but a fresh run says: fails"):
        answer("tf-1.15", "tf-2.0", lambda _: "fails", recorded=since("2.0.0", "tensorflow"))


def test_a_nightly_that_the_index_has_dropped_is_no_end_and_one_line() -> None:
    new = NIGHTLIES[-1].version

    def outcome(build: Build) -> str:
        return "error" if build.keras == new else "fails"

    with pytest.raises(Problem, match=rf"^keras-nightly {new} of .* cannot be told: error; name other columns$"):
        answer("tf-2.21+keras-3.15.1", "tf-nightly", outcome, recorded=since(NIGHTLIES[0].version))


def test_a_plan_runs_nothing() -> None:
    made = Made(since("3.15.0"))
    bisection = Bisection(made, Turn("claim", "", "tf-2.21+keras-3.15.1", "tf-nightly"), print)  # type: ignore[arg-type]
    lines = plan(bisection)
    assert made.ran == {}
    assert lines[2].startswith("140 nightlies") and lines[2].endswith("about 8 steps")
