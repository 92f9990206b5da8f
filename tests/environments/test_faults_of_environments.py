"""Environments that cannot be made or used any more: named in one line, and no verdict is the worse for it.

test_provision.py has more of how environments are made. docs/faults.md lists every fault with its guard.
"""

import hashlib
from pathlib import Path

import pytest
import real_project
from fault_tools import kept, note, one_line, phasebook, run, settled, without_network
from local_index import Index, serve
from real_project import DEFAULT

from phasebook.environments import install
from phasebook.project.folders import Folders
from phasebook.running.staleness import stale

pytestmark = pytest.mark.slow


def own_cache(place: Path, **more: str) -> dict[str, str]:
    """The variables that give a command caches of its own, with nothing in them."""
    return {
        "PHASEBOOK_CACHE": str(place / "cache"),
        "UV_CACHE_DIR": str(place / "uv"),
        "UV_HTTP_RETRIES": "0",
    } | more


def made(cache: Path) -> list[str]:
    """Virtual environments in a cache, whole or not."""
    return [path.name for path in (cache / "environments").glob("*") if path.is_dir()]


def copy_of_environment(cache: Path, folders: Folders) -> Path:
    """A virtual environment in another cache, as if ready: links to the real packages, but no tensorflow."""
    real = install.folder_of(folders, real_project.default(folders))
    copy = cache / "environments" / real.name
    packages = next(real.glob("lib/python3*/site-packages"))
    target = copy / packages.relative_to(real)
    target.mkdir(parents=True)
    for path in packages.iterdir():
        if path.name != "tensorflow":
            (target / path.name).symlink_to(path)
    (copy / "bin").mkdir()
    (copy / "bin/python").symlink_to((real / "bin/python").resolve())
    for name in ("pyvenv.cfg", install.MARKER):
        (copy / name).write_bytes((real / name).read_bytes())
    return target


def test_a_tensorflow_that_does_not_import(tmp_path: Path) -> None:
    folders, before = settled(tmp_path / "project")
    packages = copy_of_environment(tmp_path / "cache", folders)
    (packages / "tensorflow.py").write_text(
        "raise ImportError('libcublas.so.12: cannot open shared object file')\n"
    )
    done = run(folders, PHASEBOOK_CACHE=str(tmp_path / "cache"))
    one_line(done, DEFAULT, "TensorFlow cannot be imported: ImportError: libcublas.so.12")
    assert "delete it to rebuild the environment" in done.stderr
    assert kept(folders) == before
    note("TensorFlow does not import", done.stderr)


def test_an_interpreter_that_vanished(tmp_path: Path) -> None:
    folders, before = settled(tmp_path / "project")
    packages = copy_of_environment(tmp_path / "cache", folders)
    python = packages.parents[2] / "bin/python"
    python.unlink()
    python.symlink_to(tmp_path / "vanished")
    words = without_network()  # it is made anew, which must fail here
    done = phasebook(folders, "run", DEFAULT, before=words, **own_cache(tmp_path))
    one_line(
        done, DEFAULT, "the package index cannot be reached", "run the same command again once you are online"
    )
    assert kept(folders) == before
    assert made(tmp_path / "cache") == []
    note("an interpreter that vanished, and no network to make it anew", done.stderr)


def test_no_network_with_everything_installed(tmp_path: Path) -> None:
    folders, before = settled(tmp_path / "project")
    done = phasebook(folders, "run", DEFAULT, before=without_network())
    assert done.returncode == 0, done.stderr
    assert kept(folders) == before
    note("no network, everything installed", "runs as always")


@pytest.mark.parametrize("fault", ["a lock whose hash does not fit", "a download cut off in the middle"])
def test_a_package_that_is_not_the_locked_one(tmp_path: Path, fault: str) -> None:
    folders, before = settled(tmp_path / "project")
    index = Index()
    digest = index.publish("tensorflow", "2.21.0")
    if fault.startswith("a lock"):
        digest = hashlib.sha256(b"another wheel").hexdigest()
        words = [
            "tensorflow==2.21.0 does not have the hash in data/locks/tf-2.21.txt",
            "restore the lock with git",
        ]
    else:
        wheel = next(name for name in index.files if name.endswith(".whl"))
        index.files[wheel] = index.files[wheel][:300]
        words = [
            "could not be made: Failed to download `tensorflow==2.21.0`",
            "an interrupted download starts again on the next run",
        ]
    column = real_project.default(folders)
    (folders.locks / f"{column.lock}.txt").write_text(f"tensorflow==2.21.0 --hash=sha256:{digest}\n")
    with serve(index) as address:
        done = run(folders, **own_cache(tmp_path, UV_DEFAULT_INDEX=address))
    one_line(done, DEFAULT, *words)
    assert kept(folders) == before
    assert made(tmp_path / "cache") == []
    assert set(stale(folders, column, {})) == {"1-calls", "2-freezing"}
    note(fault, done.stderr)
