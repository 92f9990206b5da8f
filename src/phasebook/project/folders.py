"""Every folder and file that Phasebook knows, named once; all other modules ask here."""

import os
from pathlib import Path


class Folders:
    """The project's folders below `root`; nothing is created by asking."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data = root / "data"
        self.notebooks = root / "notebooks"
        self.source = root / "src"
        self.layermodes = root / "src/layermodes"
        self.phaselab = root / "src/phaselab"
        self.articles = root / "data/articles.toml"
        self.claims = root / "data/claims.toml"
        self.environments = root / "data/environments.toml"
        self.causes = root / "data/causes.toml"
        self.mutants = root / "data/mutants.toml"
        self.blog_settings = root / "data/blog.toml"
        self.locks = root / "data/locks"
        self.results = root / "data/results"
        self.fingerprints = root / "data/fingerprints"
        self.outputs = root / "outputs"
        self.executed = root / "outputs/notebooks"
        self.failures = root / "outputs/failures"
        self.report = root / "outputs/report"
        self.blog = root / "outputs/blog"


def cache() -> Path:
    """Where virtual environments and wheels are kept: $PHASEBOOK_CACHE, else the user's cache folder."""
    chosen = os.environ.get("PHASEBOOK_CACHE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "phasebook"
