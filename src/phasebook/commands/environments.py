"""`phasebook environments`: what each environment took on this machine."""

from phasebook.project.environments import load_environments
from phasebook.project.folders import Folders
from phasebook.running import timings


def environments(folders: Folders) -> str:
    """Seconds and disk of each environment, as a Markdown table."""
    notebooks = [path.stem for path in folders.notebooks.glob("*.ipynb")]
    return timings.as_markdown(load_environments(folders), notebooks)
