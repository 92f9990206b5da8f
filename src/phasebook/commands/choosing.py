"""What the words of a command line mean: the environments named, and every notebook's parameters."""

from phasebook.project import parameters
from phasebook.project.environments import Environment, find, load_environments
from phasebook.project.folders import Folders


def chosen(folders: Folders, names: list[str]) -> list[Environment]:
    """The environments named, else the default ones, each once."""
    environments = load_environments(folders)
    if not names:
        return [environment for environment in environments.values() if environment.default]
    found = {item.name: item for name in names for item in find(environments, name)}
    return list(found.values())


def values(folders: Folders, params: str) -> parameters.Given:
    """Every notebook's parameters, checked before any kernel starts."""
    notebooks = sorted(folders.notebooks.glob("*.ipynb"))
    return parameters.for_notebooks(notebooks, parameters.parse(params))
