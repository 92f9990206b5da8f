"""The project's folders and files, and their parsed contents, each read once."""

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from phasebook.project.files import Data, read_toml

_LONGEST = 60  # characters of a folder's name that are made from parameters


Mark = tuple[int, int, int]  # a file's time of change, size and inode


class Folders:
    """The project's folders below `root`, and its data files as they were read; nothing is created by asking."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data = root / "data"
        self.notebooks = root / "notebooks"
        self.source = root / "src"
        self.layermodes = root / "src/layermodes"
        self.phaselab = root / "src/phaselab"
        self.citation = root / "CITATION.cff"
        self.articles = root / "data/articles.toml"
        self.claims = root / "data/claims.toml"
        self.environments = root / "data/environments.toml"
        self.causes = root / "data/causes.toml"
        self.bisections = root / "data/bisections.toml"
        self.mutants = root / "data/mutants.toml"
        self.situations = root / "data/situations.toml"
        self.upgrades = root / "data/upgrades.toml"
        self.complaints = root / "data/messages.toml"
        self.site = root / "data/site.toml"
        self.blog_settings = root / "data/blog.toml"
        self.translations = root / "data/translations"
        self.own_model = root / "data/your-own-model"
        self.locks = root / "data/locks"
        self.results = root / "data/results"
        self.fingerprints = root / "data/fingerprints"
        self.numbers = root / "data/numbers"
        self.watched = root / "data/watched.md"
        self.outputs = root / "outputs"
        self.executed = root / "outputs/notebooks"
        self.failures = root / "outputs/failures"
        self.report = root / "outputs/report"
        self.blog = root / "outputs/blog"
        self.crate = root / "outputs/phasebook-crate.zip"
        self.parameters = ""
        self._read: dict[tuple[Path, type], tuple[Mark, Any]] = {}

    def for_parameters(self, given: Mapping[str, str]) -> "Folders":
        """The same project, with all that a run with these parameters leaves in a folder of its own.

        Without parameters these are the project's own folders. `parameters` says which were given.
        """
        if not given:
            return self._copy()
        parameters = " ".join(f"{name}={given[name]}" for name in sorted(given))
        own = self.leaving_in(self.outputs / "parameters" / _name(parameters))
        own.parameters = parameters
        return own

    def leaving_in(self, place: Path) -> "Folders":
        """The same project, with all that a run leaves below `place`."""
        own = self._copy()
        own.results, own.fingerprints, own.numbers = place / "results", place / "fingerprints", place / "numbers"
        own.executed, own.failures, own.report = place / "notebooks", place / "failures", place / "report"
        return own

    def for_pytorch(self) -> "Folders":
        """The same project, with the pairs of PyTorch and Keras in place of the claims, and what belongs to them.

        Its environments are no columns of the matrix, and neither's notebooks are run in the other's.
        """
        own = self.leaving_in(self.data / "pytorch")
        own.notebooks = self.notebooks / "pytorch"
        own.environments, own.locks = self.data / "pytorch/environments.toml", self.data / "pytorch/locks"
        own.claims, own.mutants = self.data / "pytorch/claims.toml", self.data / "pytorch/mutants.toml"
        own.executed, own.failures = self.outputs / "pytorch/notebooks", self.outputs / "pytorch/failures"
        own.report = self.report
        return own

    def _copy(self) -> "Folders":
        own = Folders(self.root)
        own._read = self._read
        return own

    def once(self, path: Path, kind: type, read: Callable[[], Data]) -> Data:
        """What `read` makes of `path`, from memory while the file is as it was; `kind` tells uses apart."""
        try:
            status = path.stat()
        except OSError:
            return read()  # it says what is wrong
        mark = status.st_mtime_ns, status.st_size, status.st_ino
        known = self._read.get((path, kind))
        if known is None or known[0] != mark:
            known = self._read[path, kind] = mark, read()
        found: Data = known[1]
        return found

    def toml(self, path: Path, kind: type[Data]) -> Data:
        """A TOML file as `kind`, parsed once; raises Problem with the file, the place and what is wrong."""
        return self.once(path, kind, lambda: read_toml(path, kind))


def _name(parameters: str) -> str:
    """A folder's name for parameters; a digest keeps apart what does not fit into one."""
    words = re.sub(r"[^A-Za-z0-9._=-]+", "_", parameters)
    if words == parameters.replace(" ", "_") and "_" not in parameters and len(words) <= _LONGEST:
        return words
    return f"{words[:_LONGEST]}-{hashlib.sha256(parameters.encode()).hexdigest()[:8]}"


def cache() -> Path:
    """Where virtual environments and wheels are kept: $PHASEBOOK_CACHE, else the user's cache folder."""
    chosen = os.environ.get("PHASEBOOK_CACHE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "phasebook"
