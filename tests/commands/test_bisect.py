"""phasebook bisect: what it refuses, what it records and where pages show it; and two real builds."""

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import small_project
from report_project import MAIN

from phasebook import report
from phasebook.bisecting import bench, builds
from phasebook.bisecting.bench import Bench
from phasebook.bisecting.bisection import Answer, Bisection
from phasebook.bisecting.turns import outcome, seen
from phasebook.commands.bisect import Options, bisect
from phasebook.environments import holding
from phasebook.project.bisections import load_bisections
from phasebook.project.claims import load_claims
from phasebook.project.environments import load_environments
from phasebook.project.errors import Problem
from phasebook.project.files import write_atomically
from phasebook.project.folders import Folders, cache
from phasebook.project.results import load_own

REAL = Folders(small_project.REAL)
CLAIM, OTHER, NEVER = "frozen-bn-infers", "call-false-infers", "call-true-trains"
COLUMNS = ["tf-1.15", "tf-2.14", "tf-2.15", "tf-2.21+keras-3.15.1", "tf-2.21+tf-keras"]

ENTRY = f"""\
[[bisection]]
claim = "{CLAIM}"
case = ""
before = "tf-2.15"
after = "{MAIN}"
last = "tensorflow 2.15.1"
last_released = 2024-03-08
last_seen = "holds"
first = "keras 3.0.0"
first_released = 2023-11-27
first_seen = "fails"
beside = ""
commits = "https://example.org"
"""


def silent(_: str) -> None:
    """Nobody reads it."""


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folders:
    """A project in which two claims, of two notebooks, hold from 2.14 on and fail again in Keras 3."""
    monkeypatch.setenv("PHASEBOOK_CACHE", str(tmp_path / "cache"))
    made = small_project.make(tmp_path / "project", COLUMNS)
    for name in COLUMNS:
        fails = name in ("tf-1.15", "tf-2.21+keras-3.15.1")
        word = "fails" if fails else "holds"
        small_project.settle(made, name, {CLAIM: word, OTHER: word, NEVER: "holds"})
    return made


@pytest.mark.parametrize(
    ("wanted", "options", "words"),
    [
        ("no-claim", Options(), r"there is no claim 'no-claim'"),
        (f"{CLAIM}/Subclass", Options(), r"has no case 'Subclass'; it has Sequential; Functional"),
        (NEVER, Options(), r"never changed between the columns that have results"),
        (f"{CLAIM}/Functional", Options(), r"never changed"),
        (CLAIM, Options(good="tf-1.15", bad="tf-2.21+keras-3.15.1"), r"came out alike at both ends"),
        (CLAIM, Options(good="tf-2.14", bad="tf-2.15"), r"came out alike at both ends"),
        (CLAIM, Options(good="2.21.0"), r"means several environments"),
        (CLAIM, Options(bad="tf-2.0"), r"no environment is called 'tf-2.0'"),
        (CLAIM, Options(bad="tf-1.15"), r"on that side of tf-1.15"),
    ],
)
def test_what_cannot_be_bisected_is_one_line(folders: Folders, wanted: str, options: Options, words: str) -> None:
    with pytest.raises(Problem, match=words):
        bisect(folders, wanted, options, silent, silent)
    assert not folders.bisections.exists()


def test_two_at_once_are_refused(folders: Folders) -> None:
    with holding.alone(bench.home(), silent), pytest.raises(Problem, match="another bisection is running"):
        bisect(folders, CLAIM, Options(), silent, silent)


@pytest.mark.parametrize(
    ("options", "ends"),
    [
        (Options(record=True), ("tf-2.15", "tf-2.21+keras-3.15.1")),
        (Options(good="tf-1.15", record=True), ("tf-1.15", "tf-2.14")),
        (Options(bad="tf-2.14", record=True), ("tf-1.15", "tf-2.14")),
    ],
)
def test_an_answer_is_recorded_once_and_shown(
    folders: Folders, monkeypatch: pytest.MonkeyPatch, options: Options, ends: tuple[str, str]
) -> None:
    def answered(bisection: Bisection) -> Answer:
        sides = [
            builds.of_column(column, "keras" if column.flavour == "keras-3" else "tensorflow")
            for column in (bisection.before, bisection.after)
        ]
        steps = [bisection.bench.known(side) for side in sides]
        assert steps[0] and steps[1]
        return Answer(sides[0], sides[1], steps[0], steps[1])

    monkeypatch.setattr(Bisection, "answer", answered)
    told: list[str] = []
    for _ in range(2):
        assert bisect(folders, CLAIM, options, silent, told.append) == 0
    other, found = load_bisections(folders, load_claims(folders), load_environments(folders))
    assert other.claim == OTHER  # it turned with it
    assert (found.claim, found.case, found.before, found.after) == (CLAIM, "Sequential", *ends)
    assert {found.last_seen, found.first_seen} == {"trains", "infers"}
    assert any(found.last in line for line in told)
    folder = report.render(folders, {}, silent).parent
    for page in ("index.html", f"claims/{CLAIM}.html"):
        text = re.sub(r"<[^>]+>", "", (folder / page).read_text(encoding="utf-8"))
        assert f"New in {found.first} of {found.first_released}; as before in {found.last}" in text
        assert text.count(f"New in {found.first}") == 1
        assert found.commits.replace("&", "&amp;") in (folder / page).read_text(encoding="utf-8")


def test_a_page_names_the_claims_where_not_all_were_bisected(folders: Folders) -> None:
    write_atomically(folders.bisections, ENTRY)
    page = report.render(folders, {}, silent).parent / "index.html"
    text = re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8"))
    before = "as before in tensorflow 2.15.1, a later patch of the older series, of 2024-03-08"
    assert f"{CLAIM}: new in keras 3.0.0 of 2023-11-27; {before}" in text
    assert "New in" not in text


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (lambda text: text.replace(f'claim = "{CLAIM}"', 'claim = "none"'), "there is no such claim"),
        (lambda text: text.replace('case = ""', 'case = "x"'), "it has no case 'x'"),
        (lambda text: text.replace("tf-2.15", "tf-9.9"), "there is no environment 'tf-9.9'"),
        (lambda text: text.replace("https://", "ftp://"), "is no https:// link"),
        (lambda text: text.replace("first =", "frist ="), "frist"),
    ],
)
def test_a_broken_file_of_bisections_is_one_line(
    folders: Folders, broken: Callable[[str], str], words: str
) -> None:
    folders.bisections.write_text(ENTRY, encoding="utf-8")
    assert len(load_bisections(folders, load_claims(folders), load_environments(folders))) == 1
    folders.bisections.write_text(broken(ENTRY), encoding="utf-8")
    with pytest.raises(Problem, match=words):
        load_bisections(Folders(folders.root), load_claims(folders), load_environments(folders))


def test_what_is_recorded_agrees_with_the_results() -> None:
    claims, environments = load_claims(REAL), load_environments(REAL)
    for item in load_bisections(REAL, claims, environments):
        settled = []
        for column in (item.before, item.after):
            result = load_own(REAL, environments[column])
            assert result is not None
            settled.append(result.claims[item.claim])
        words = [outcome(one, item.case) for one in settled]
        assert words[0] != words[1], item
        # a build may fail in another way than its column, but never as the column beyond the turn came out
        assert item.last_seen != seen(settled[1], item.case) and item.first_seen != seen(settled[0], item.case), (
            item
        )


@pytest.mark.slow
def test_a_build_settles_what_its_column_does_and_need_not_run_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "home", lambda: tmp_path)
    claims = [load_claims(REAL)[name] for name in ("dropout-default-is-none", "lp-1-none-trains")]
    columns = load_environments(REAL)
    kinds = {"tf-2.15": "tensorflow", MAIN: "keras"}
    made = {name: builds.of_column(columns[name], package) for name, package in kinds.items()}
    with Bench(REAL, claims, print) as first:
        seen = {name: first.run(build) for name, build in made.items()}
        executed = first.executed(made[MAIN], "2-learning-phase").read_text(encoding="utf-8")
    for name, step in seen.items():
        result = load_own(REAL, columns[name])
        assert result is not None and step.fresh
        for claim in claims:
            recorded, now = result.claims[claim.id], step.settled[claim.id]
            assert (now.verdict, now.cases, now.reason) == (recorded.verdict, recorded.cases, recorded.reason)
    assert [seen[name].settled["dropout-default-is-none"].verdict for name in made] == ["holds", "fails"]
    assert "lp-1-none-trains" in executed and "one-traced-function-follows-lp" not in _cases_of(executed)
    monkeypatch.setattr(bench, "Kernels", None)
    with Bench(REAL, claims, print) as again:
        for name, build in made.items():
            known = again.known(build)
            assert known is not None and known.fresh and known.settled == seen[name].settled


def _cases_of(executed: str) -> str:
    """The sources of the case cells."""
    import nbformat

    book = nbformat.reads(executed, as_version=4)
    return "\n".join(cell.source for cell in book.cells if "case" in cell.metadata.get("tags", []))


@pytest.mark.usefixtures("folders")
def test_what_a_killed_bisection_left_installed_is_deleted() -> None:
    left = cache() / "environments/bisect-tf-2.15.0-0123456789ab"
    column = left.with_name("tf-2.15-0123456789ab")
    for folder in (left, column):
        folder.mkdir(parents=True)
    bench.sweep()
    assert column.is_dir() and not left.exists()


def test_a_lock_that_cannot_be_made_is_told_and_kept(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise Problem("tensorflow 2.15.9: there is no such release")

    monkeypatch.setattr(bench, "resolve", refused)
    build = builds.Build("tensorflow", "2.15.9", date(2024, 1, 1), "2.15.9", "", "tf.keras")
    claims = [load_claims(folders)[CLAIM]]
    with Bench(folders, claims, silent) as one:
        assert one.run(build).settled[CLAIM].reason == "tensorflow 2.15.9: there is no such release"
    with Bench(folders, claims, silent) as other:
        assert other.known(build) is not None
