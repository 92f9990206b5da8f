"""Environments made for real from locks, out of an index of our own: whole or not at all, and told in one line."""

import hashlib
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from local_index import Index, serve
from small_project import REAL, column, make

from phasebook.environments import install, interpreters, nightlies, uv
from phasebook.project.environments import Environment, load_environments, lock_text
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders, cache

PYTHON = "{}.{}".format(*sys.version_info)


class Place:
    """A project with one column whose lock names packages of an index of our own."""

    def __init__(self, folders: Folders, index: Index) -> None:
        self.folders = folders
        self.index = index
        self.said: list[str] = []
        self.lock({"numpy": index.publish("numpy", "1.0"), "ipykernel": index.publish("ipykernel", "1.0")})

    @property
    def environment(self) -> Environment:
        return load_environments(self.folders)["tf-2.15"]

    def lock(self, hashes: dict[str, str], version: str = "1.0") -> None:
        lines = [f"{package}=={version} \\\n    --hash=sha256:{digest}" for package, digest in hashes.items()]
        (self.folders.locks / "tf-2.15.txt").write_text("# header\n" + "\n".join(lines) + "\n")

    def make(self, **options: bool) -> Path:
        return install.make(self.folders, self.environment, self.said.append, **options)

    def ready(self) -> Path | None:
        return install.ready(self.folders, self.environment)

    @property
    def folder(self) -> Path:
        return install.folder_of(self.folders, self.environment)

    def complaint(self) -> str:
        """The one line that making the environment gives; nothing may be left of it."""
        with pytest.raises(Problem) as problem:
            self.make()
        assert problem.value.status == 1
        assert "\n" not in str(problem.value)
        assert str(problem.value).startswith("tf-2.15: ")
        assert self.ready() is None
        assert not self.folder.exists()
        return str(problem.value)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setenv("PHASEBOOK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setattr(interpreters, "find_or_fetch", lambda version: Path(sys.executable).resolve())
    folders = make(tmp_path / "project", ["tf-2.15"])
    edit_python(folders, PYTHON)
    index = Index()
    with serve(index) as address:
        monkeypatch.setenv("UV_DEFAULT_INDEX", address)
        yield Place(folders, index)


def edit_python(folders: Folders, version: str) -> None:
    text = folders.environments.read_text()
    folders.environments.write_text(re.sub(r'python = ".*"', f'python = "{version}"', text))


def test_an_environment_is_made_from_its_lock_with_bytecode(place: Place) -> None:
    assert place.ready() is None
    python = place.make()
    assert place.ready() == python
    code = "import numpy, ipykernel, json; print(json.dumps([numpy.VERSION, numpy.__cached__]))"
    version, compiled = json.loads(subprocess.check_output([python, "-c", code], text=True))
    assert version == "1.0"
    assert Path(compiled).is_file()
    assert "about 1.5 GB" in place.said[0] and place.said[-1].startswith("tf-2.15: installed")


def test_a_ready_environment_calls_no_program(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    python = place.make()
    monkeypatch.setattr(subprocess, "run", None)
    monkeypatch.setattr(subprocess, "Popen", None)
    place.said.clear()
    assert place.make() == python
    assert place.said == []


def test_another_lock_is_another_environment(place: Place) -> None:
    first = place.make()
    place.lock({"numpy": place.index.publish("numpy", "2.0")}, "2.0")
    assert place.ready() is None
    second = place.make()
    assert first.exists() and second != first
    assert subprocess.check_output([second, "-c", "import numpy; print(numpy.VERSION)"], text=True) == "2.0\n"


def test_what_a_killed_installation_left_is_not_ready_and_is_made_again(place: Place) -> None:
    python = place.make()
    next(place.folder.glob("lib/*/site-packages/numpy.py")).unlink()
    (place.folder / "phasebook-ready").unlink()
    assert place.ready() is None
    assert place.make() == python
    subprocess.check_call([python, "-c", "import numpy"])


def test_an_environment_whose_interpreter_is_gone_is_not_ready(place: Place) -> None:
    python = place.make()
    python.unlink()
    python.symlink_to("/nowhere/python")
    assert place.ready() is None
    assert place.make().exists()


def test_a_wheel_that_is_not_the_locked_one_is_refused(place: Place) -> None:
    place.lock({"numpy": hashlib.sha256(b"another wheel").hexdigest()})
    assert re.search(r"numpy==1\.0 does not have the hash in data/locks/tf-2\.15\.txt", place.complaint())


def test_a_download_that_is_cut_off_is_refused(place: Place) -> None:
    for file in [name for name in place.index.files if name.endswith(".whl")]:
        place.index.files[file] = place.index.files[file][:200]
    assert "could not be made" in place.complaint()


def test_what_is_cached_needs_no_network(place: Place) -> None:
    place.make()
    shutil.rmtree(place.folder)
    asked = len(place.index.asked)
    place.make()
    assert len(place.index.asked) == asked
    assert not any("downloading" in line for line in place.said[3:])


def test_without_a_network_and_a_cache_it_says_so(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    assert "the package index cannot be reached" in place.complaint()


def test_downloads_need_not_stay(place: Place, tmp_path: Path) -> None:
    place.make(keep_downloads=False)
    assert not list((tmp_path / "uv").rglob("numpy*"))
    assert [path.name for path in (cache() / "environments").iterdir() if path.is_dir()] == [place.folder.name]


def test_a_full_or_forbidden_disk_is_one_line(place: Place) -> None:
    place.folder.parent.mkdir(parents=True)
    place.folder.write_text("a file where the folder should be")
    with pytest.raises(Problem, match=r"^tf-2\.15: "):
        place.make()
    assert place.ready() is None


@pytest.mark.parametrize(
    ("uv_says", "way_out"),
    [
        (
            "error: Request failed: dns error",
            "uv could not fetch it: run `uv python install 3.7` or `pyenv install 3.7`",
        ),
        ("error: No download found for request: cpython-3.7", "uv does not offer it: run `pyenv install 3.7`"),
    ],
)
def test_a_missing_interpreter_names_the_commands_that_get_it(
    monkeypatch: pytest.MonkeyPatch, uv_says: str, way_out: str
) -> None:
    monkeypatch.setenv("PYENV_ROOT", "/nowhere")
    monkeypatch.setattr(uv, "run", lambda *_: subprocess.CompletedProcess([], 2, "", uv_says))
    with pytest.raises(Problem) as problem:
        interpreters.find_or_fetch("3.7")
    assert str(problem.value) == f"Python 3.7 is not installed and {way_out}"


def test_a_broken_shim_is_no_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version, works in (("3.98.1", False), (f"{PYTHON}.7", True)):
        program = tmp_path / "versions" / version / "bin/python"
        program.parent.mkdir(parents=True)
        if works:
            program.symlink_to(Path(sys.executable).resolve())
        else:
            program.write_text("#!/bin/sh\necho 'pyenv: command not found' >&2\nexit 127\n")
            program.chmod(0o755)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setattr(uv, "run", lambda *_: subprocess.CompletedProcess([], 2, "", "no interpreter"))
    assert interpreters.find("3.98") is None
    assert interpreters.find(PYTHON) == tmp_path / f"versions/{PYTHON}.7/bin/python"


def test_two_processes_make_an_environment_once(place: Place, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from phasebook.environments import install, interpreters\n"
        "from phasebook.project.environments import load_environments\n"
        "from phasebook.project.folders import Folders\n"
        "interpreters.find_or_fetch = lambda version: Path(sys.executable).resolve()\n"
        f"folders = Folders(Path({str(place.folders.root)!r}))\n"
        "install.make(folders, load_environments(folders)['tf-2.15'], print)\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    said = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sum("installing" in lines for lines in said) == 1
    assert place.ready() is not None


def test_a_process_killed_while_it_installs_leaves_nothing_that_counts(place: Place, tmp_path: Path) -> None:
    slow = tmp_path / "bin/uv"
    slow.parent.mkdir()
    begun = tmp_path / "begun"
    slow.write_text(f'#!/bin/sh\n[ "$2" = sync ] && touch {begun} && sleep 5\nexec {uv.find()} "$@"\n')
    slow.chmod(0o755)
    script = (
        "import sys; from pathlib import Path; from phasebook.environments import install, interpreters, uv\n"
        "from phasebook.project.environments import load_environments\n"
        "from phasebook.project.folders import Folders\n"
        "interpreters.find_or_fetch = lambda version: Path(sys.executable).resolve()\n"
        f"uv.find = lambda: Path({str(slow)!r})\n"
        f"folders = Folders(Path({str(place.folders.root)!r}))\n"
        "install.make(folders, load_environments(folders)['tf-2.15'], print)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not begun.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert place.folder.exists() and place.ready() is None
    python = place.make()  # waits for the uv that the killed process left behind
    assert any("waiting" in line for line in place.said)
    subprocess.check_call([python, "-c", "import numpy, ipykernel"])


def test_the_wheels_of_a_nightly_are_kept_when_the_index_drops_them(place: Place) -> None:
    version = "2.22.0.dev20241001"
    place.lock({"tf-nightly": place.index.publish("tf-nightly", version)}, version)
    place.make()
    file = f"tf_nightly-{version}-py3-none-any.whl"
    assert [kept.name for kept in nightlies.wheels().iterdir()] == [file]
    shutil.rmtree(place.folder)
    place.index.drop(file)
    python = place.make(keep_downloads=False)
    assert (
        subprocess.check_output([python, "-c", "import tf_nightly as t; print(t.VERSION)"], text=True).strip()
        == version
    )


@pytest.mark.parametrize("broken", [b"", b"something else"])
def test_a_nightly_with_another_hash_is_not_kept(place: Place, broken: bytes) -> None:
    version = "2.22.0.dev20241001"
    place.lock({"tf-nightly": place.index.publish("tf-nightly", version)}, version)
    place.index.files[f"tf_nightly-{version}-py3-none-any.whl"] = broken
    assert "does not have the hash" in place.complaint()
    assert list(nightlies.wheels().iterdir()) == []


def test_a_nightly_that_is_gone_is_one_line(place: Place) -> None:
    version = "2.22.0.dev20241001"
    place.lock({"tf-nightly": hashlib.sha256(b"gone").hexdigest()}, version)
    assert "tf-nightly" in place.complaint()


def test_the_nightly_of_the_repository_names_wheels_to_keep() -> None:
    folders = Folders(REAL)
    nightly = load_environments(folders)["tf-nightly"]
    stems = {nightlies.stem(entry) for entry in nightlies.entries(lock_text(folders, nightly))}
    assert {f"tf_nightly-{nightly.tensorflow}", f"keras_nightly-{nightly.keras}"} <= stems


def test_uv_is_given_only_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    given = uv.variables()
    assert {"PATH", "UV_OFFLINE", "HTTPS_PROXY"} <= set(given)
    assert not {"GITHUB_TOKEN", "PYTHONPATH"} & set(given)


def test_the_expected_size_grows_with_the_releases() -> None:
    sizes = [install._expected_size(column(name)) for name in ("tf-1.14", "tf-2.3", "tf-2.15", "tf-nightly")]
    assert sizes == sorted(sizes)
    assert 0.5e9 < sizes[0] < 1e9 < sizes[-1] < 3e9
