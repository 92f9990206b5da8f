"""Virtual environments made from locks, in the cache."""

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from packaging.version import Version

from phasebook.environments import holding, interpreters, nightlies, relatives, uv
from phasebook.project.environments import Environment, load_environments, lock_text
from phasebook.project.errors import NotNow, Problem
from phasebook.project.folders import Folders, cache
from phasebook.project.messages import Say

DOWNLOADS = ".uv-"  # how a cache for one installation is called
MARKER = "phasebook-ready"  # written when all else is done

# GB on disk from the TensorFlow named on, measured on Linux x86-64; the download is less than a quarter of it.
_SIZES = (("2.18", 1.8), ("2.13", 1.5), ("2.12", 2.0), ("2.7", 1.3), ("2.2", 1.0), ("1.0", 0.7))


def folder_of(folders: Folders, environment: Environment) -> Path:
    """Where the virtual environment of a column stands or would stand; columns with one lock share it."""
    text = lock_text(folders, environment) + environment.python
    return _all() / f"{environment.lock}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def ready(folders: Folders, environment: Environment) -> Path | None:
    """The Python of a column's virtual environment, None where it was never made to the end."""
    folder = folder_of(folders, environment)
    return _python(folder) if (folder / MARKER).is_file() and _python(folder).exists() else None


def make(
    folders: Folders,
    environment: Environment,
    say: Say,
    *,
    keep_downloads: bool = True,
    out_of: Path | None = None,
) -> Path:
    """The Python of a column's virtual environment, made from its lock where it is not there yet.

    With `keep_downloads=False` nothing stays in uv's cache: less disk, but the next time downloads again.
    `out_of` is a virtual environment of the same Python that nobody else uses and that may be used up for it.
    Two processes that want the same environment take turns. Raises Problem, one line, for a missing
    interpreter, a hash that does not fit, a network that is gone or a disk that is full.
    """
    found = ready(folders, environment)
    if found is not None:
        return found
    folder = folder_of(folders, environment)
    with holding.shared(holding.whole_cache(), say, "sweeps"), holding.alone(folder, say):
        found = ready(folders, environment)  # another process may have made it meanwhile
        if found is not None:
            return found
        gigabytes = _expected_size(environment) / 1e9
        beside = 0.5 if environment.backend == "jax" else 0.0  # measured, as _SIZES
        beside += 1.0 if "\ntorch==" in lock_text(folders, environment) else 0.0
        download = gigabytes / 4 + 0.6 * beside
        say(
            f"{environment.name}: installing TensorFlow {environment.tensorflow} on Python {environment.python} "
            f"into {folder} (about {gigabytes + beside:.1f} GB, up to {download:.1f} GB of it to download)"
        )
        try:
            _fill(folders, environment, folder, say, keep_downloads, out_of)
        except OSError as error:
            raise NotNow(f"{environment.name}: {folder} cannot be written ({error.strerror})") from None
        except NotNow as problem:
            raise NotNow(f"{environment.name}: {problem}") from None
        except Problem as problem:
            raise Problem(f"{environment.name}: {problem}", 1) from None
        finally:
            if ready(folders, environment) is None:
                shutil.rmtree(folder, ignore_errors=True)
    say(f"{environment.name}: installed, {size(folder) / 1e9:.1f} GB")
    return _python(folder)


@contextmanager
def used(folders: Folders, environment: Environment, say: Say) -> Iterator[Path]:
    """The Python of a column's virtual environment, which nobody removes or rebuilds while the block runs."""
    folder = folder_of(folders, environment)
    while True:
        make(folders, environment, say)
        with holding.shared(folder, say):
            python = ready(folders, environment)
            if python is None:  # removed after it was made, before it was held
                continue
            yield python
            return


def size(folder: Path) -> int:
    """Bytes that a folder takes on the disk."""
    files = (Path(place, file) for place, _, names in os.walk(folder) for file in names)
    return sum(file.lstat().st_blocks * 512 for file in files)


def _expected_size(environment: Environment) -> int:
    """About how many bytes the virtual environment of a column takes."""
    if environment.family == "nightly":  # with CUDA's kernels: there is no tf-nightly-cpu any more
        return int(2.6e9)
    version = Version(environment.tensorflow)
    return next(int(size * 1e9) for since, size in _SIZES if version >= Version(f"{since}.dev0"))


def _fill(
    folders: Folders, environment: Environment, folder: Path, say: Say, keep_downloads: bool, out_of: Path | None
) -> None:
    """Make the virtual environment in an empty `folder`, the marker last."""
    shutil.rmtree(folder, ignore_errors=True)
    nightlies.wheels().mkdir(parents=True, exist_ok=True)
    with _downloads(keep_downloads) as changes:
        if out_of is not None:
            relatives.move(out_of, folder, MARKER)
        elif not _copy_of_a_relative(folders, environment, folder, say):
            interpreter = interpreters.find_or_fetch(environment.python)
            _uv(environment, ["venv", "--no-project", "--python", str(interpreter), str(folder)], changes)
        nightlies.keep_named(lock_text(folders, environment))
        complaint = nightlies.keep(lock_text(folders, environment), _python(folder), changes)
        if complaint:
            raise _problem(environment, complaint)
        command = ["pip", "sync", "--require-hashes", "--compile-bytecode", "--python", str(_python(folder))]
        command += [
            "--find-links",
            str(nightlies.wheels()),
            str((folders.locks / f"{environment.lock}.txt").absolute()),
        ]
        # What is in uv's cache needs no network; without --offline uv would ask the index all the same.
        if uv.run([*command, "--offline"], folder=cache(), changes=changes).returncode != 0:
            say(f"{environment.name}: downloading what uv's cache does not hold")
            _uv(environment, command, changes)
    (folder / MARKER).write_text(f"{environment.lock} on Python {environment.python}\n", encoding="utf-8")


def _copy_of_a_relative(folders: Folders, environment: Environment, folder: Path, say: Say) -> bool:
    """Fill `folder` with the files of the most similar environment that is there; False where there is none."""
    texts = {
        folder_of(folders, other): lock_text(folders, other)
        for other in load_environments(folders).values()
        if other.python == environment.python and ready(folders, other) is not None
    }
    found = relatives.nearest(lock_text(folders, environment), texts)
    if found is None:
        return False
    with holding.shared(found, say):
        try:
            relatives.copy(found, folder, MARKER)
        except OSError:  # removed meanwhile, or on a disk that knows no hard links
            shutil.rmtree(folder, ignore_errors=True)
            return False
    return True


def _uv(environment: Environment, arguments: list[str], changes: dict[str, str]) -> None:
    """Run uv; raises Problem with the one line of its complaint that a reader can act on."""
    answer = uv.run(arguments, folder=cache(), changes=changes)
    if answer.returncode != 0:
        raise _problem(environment, answer.stderr)


def _problem(environment: Environment, complaint: str) -> Problem:
    """What uv's complaint means for the one who wants the environment."""
    what = "the environment could not be made: "
    mismatch = re.search(r"hash mismatch for `([^`]+)`", complaint, re.IGNORECASE)
    if mismatch is not None:
        lock = f"data/locks/{environment.lock}.txt"
        return Problem(f"{what}{mismatch[1]} does not have the hash in {lock}; restore the lock with git", 1)
    if uv.unreachable(complaint):
        reason = "the package index cannot be reached and uv's cache does not hold everything"
        return NotNow(f"{what}{reason}; run the same command again once you are online")
    broken = re.search(r"failed to (download|fetch|extract|unzip)", complaint, re.IGNORECASE)
    if broken:
        return NotNow(f"{what}{uv.complaint(complaint)}; an interrupted download starts again on the next run")
    return Problem(what + uv.complaint(complaint), 1)


def _all() -> Path:
    return cache() / "environments"


def _python(folder: Path) -> Path:
    return folder / "bin/python"


@contextmanager
def _downloads(keep: bool) -> Iterator[dict[str, str]]:
    """The variables that give uv its usual cache, or one that is gone afterwards."""
    if keep:
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix=DOWNLOADS, dir=_all()) as name:
        yield {"UV_CACHE_DIR": name}
