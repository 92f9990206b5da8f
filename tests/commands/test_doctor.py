"""The doctor names what is wrong and what to do, and nothing where nothing is."""

import shutil

import pytest
import small_project as project

from phasebook.commands.doctor import check, doctor
from phasebook.environments import interpreters
from phasebook.project.environments import load_environments

PINNED = "tensorflow=={version} \\\n    --hash=sha256:{digest}\n"


@pytest.fixture(scope="module")
def version():
    """A Python that is installed."""
    return next(version for version in interpreters.PYTHONS if interpreters.find(version))


@pytest.fixture
def folders(tmp_path, monkeypatch, version):
    """A project in which all is well: hashed locks, whole results, a Python that is installed."""
    monkeypatch.setenv("PHASEBOOK_CACHE", str(tmp_path / "cache"))
    made = project.make(tmp_path, ["tf-2.15", "tf-2.21+keras-3.15.1"])
    text = made.environments.read_text(encoding="utf-8").replace('"3.11"', f'"{version}"')
    made.environments.write_text(text, encoding="utf-8")
    for environment in load_environments(made).values():
        lock = made.locks / f"{environment.lock}.txt"
        lock.write_text(PINNED.format(version=environment.tensorflow, digest="0" * 64), encoding="utf-8")
        project.settle(made, environment.name)
    return made


def todo(folders):
    """What the doctor would have done: the findings that need something, with it."""
    return {finding.what: finding.todo for finding in check(folders) if finding.todo is not None}


def test_nothing_to_do_where_all_is_well(folders):
    said = []
    assert doctor(folders, said.append) == 0
    assert all(line.startswith("ok ") for line in said[:-1])
    assert said[-1].endswith("nothing to do")
    whole = "\n".join(said)
    assert all(word in whole for word in ("uv", "cache", "Python", "disk", "locks", "results", "3 claims"))


def one(folders, *words):
    """The only thing to do, which holds these words."""
    [(what, advice)] = todo(folders).items()
    assert all(word in f"{what} -> {advice}" for word in words), (what, advice)


def test_a_missing_result_is_to_be_run(folders):
    (folders.results / "tf-2.15.json").unlink()
    one(folders, "1 columns have missing or stale results: tf-2.15", "make matrix", "phasebook why tf-2.15")
    said = []
    assert doctor(folders, said.append) == 1
    assert said[-1].endswith("1 to do")


def test_a_result_that_cannot_be_believed_is_named(folders):
    (folders.results / "tf-2.15.json").write_text("{", encoding="utf-8")
    found = todo(folders)
    assert "restore it with git" in found["data/results/tf-2.15.json"]
    assert len(found) == 2  # and it is stale


def test_a_result_of_no_environment_is_named(folders):
    shutil.copy(folders.results / "tf-2.15.json", folders.results / "tf-2.99.json")
    one(folders, "data/results/tf-2.99.json belongs to no environment", "delete")


def test_a_changed_lock_contradicts_its_result(folders):
    lock = folders.locks / "tf-2.15.txt"
    lock.write_text(lock.read_text().replace("sha256:00", "sha256:11"), encoding="utf-8")
    found = todo(folders)
    assert "make matrix" in found["data/results/tf-2.15.json was made with another lock"]
    assert len(found) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (PINNED.format(version="2.14.1", digest="0" * 64), "does not pin TensorFlow 2.15.0"),
        ("tensorflow==2.15.0\n", "has no hashes"),
        ("--index-url https://example.org\n" + PINNED.format(version="2.15.0", digest="0"), "names an address"),
    ],
)
def test_a_lock_that_does_not_fit_is_named(folders, text, words):
    (folders.locks / "tf-2.15.txt").write_text(text, encoding="utf-8")
    advice = next(advice for what, advice in todo(folders).items() if words in what)
    assert "make new TF=2.15.0" in advice


def test_a_lock_that_serves_nothing_is_named(folders):
    shutil.copy(folders.locks / "tf-2.15.txt", folders.locks / "tf-2.99.txt")
    one(folders, "data/locks/tf-2.99.txt serves no environment")


def test_claims_that_do_not_exist_and_errors_are_named(folders):
    project.settle(folders, "tf-2.15", dict.fromkeys([*project.CLAIMS, "old-claim"], "holds"))
    one(folders, "claims that do not exist: old-claim")
    project.settle(folders, "tf-2.15", {**dict.fromkeys(project.CLAIMS, "holds"), "call-true-trains": "error"})
    found = todo(folders)
    assert "phasebook run tf-2.15" in found["data/results/tf-2.15.json has errors: call-true-trains"]
    assert len(found) == 2  # and what failed is due


def test_a_python_that_is_nowhere_is_named(folders):
    text = folders.environments.read_text(encoding="utf-8")
    start = text.index("python = ")
    folders.environments.write_text(f'{text[:start]}python = "3.99"{text[start + 15 :]}', encoding="utf-8")
    found = todo(folders)
    assert "uv python install 3.99" in found["Python 3.99: not found"]


@pytest.mark.parametrize("file", ["claims", "environments", "articles"])
def test_data_files_that_cannot_be_read_are_named_first(folders, file):
    getattr(folders, file).write_text("[[", encoding="utf-8")
    one(folders, f"{file}.toml", "not valid TOML")


def test_a_cache_that_cannot_be_written_is_named(folders, monkeypatch):
    file = folders.root / "file"
    file.touch()
    monkeypatch.setenv("PHASEBOOK_CACHE", str(file / "cache"))
    assert any(
        "cannot be written" in what and "PHASEBOOK_CACHE" in advice for what, advice in todo(folders).items()
    )
