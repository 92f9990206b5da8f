"""Parameters given on the command line, checked against the notebooks' typed `parameters` cells."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phasebook.project.errors import Problem

Value = int | float | bool | str
Values = Mapping[str, Value]  # what one notebook is given, by the names of its parameters
Given = Mapping[str, Values]  # the same for several notebooks, by their stems


def parse(text: str) -> dict[str, str]:
    """`seed=3 units=2000` as a dictionary of texts; raises Problem for a word without `=`."""
    given = {}
    for word in text.split():
        name, equals, value = word.partition("=")
        if not (name.isidentifier() and equals and value):
            raise Problem(f'PARAMS: {word!r} is not NAME=VALUE; write PARAMS="seed=3 units=2000"')
        given[name] = value
    return given


def for_notebooks(notebooks: list[Path], given: dict[str, str]) -> Given:
    """For each notebook's stem the values of those `given` parameters that it has.

    Raises Problem for a name that no notebook has and for a value that is not of the declared type.
    """
    if not given:
        return {path.stem: {} for path in notebooks}
    declared = {path.stem: _declared(path) for path in notebooks}
    known = {name: kind for cells in declared.values() for name, kind in cells.items()}
    for name in given:
        if name not in known:
            raise Problem(f"PARAMS: no notebook has a parameter {name!r}; known are {', '.join(sorted(known))}")
    return {
        stem: {name: _typed(name, given[name], kind) for name, kind in cells.items() if name in given}
        for stem, cells in declared.items()
    }


def _declared(notebook: Path) -> dict[str, str]:
    """Names and types of a notebook's `parameters` cell, as papermill reads them."""
    import papermill  # slow to import, and needed only where parameters are given

    cells: dict[str, dict[str, Any]] = papermill.inspect_notebook(str(notebook))
    return {name: cell["inferred_type_name"] for name, cell in cells.items()}


def _typed(name: str, text: str, kind: str) -> Value:
    wrong = Problem(f"PARAMS: {name}={text} is not of the type that the notebooks declare, {kind}")
    if kind == "str":
        return text
    try:
        value = json.loads(text.lower() if kind == "bool" else text)
    except ValueError:
        raise wrong from None
    if kind == "float" and type(value) is int:
        return float(value)
    if type(value).__name__ != kind:
        raise wrong
    return value  # type: ignore[no-any-return]  # its type was just compared by name
