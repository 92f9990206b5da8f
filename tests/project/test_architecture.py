"""docs/architecture.md names only what exists, and every package."""

import importlib
import re

import pytest
from small_project import REAL
from test_layers import ROOMS

SOURCE = REAL / "src/phasebook"
TEXT = (REAL / "docs/architecture.md").read_text(encoding="utf-8")
PROSE, DRAWING = re.sub(r"```.*?```", "", TEXT, flags=re.DOTALL), TEXT.split("```")[1]
NAMES = sorted(set(re.findall(r"`([^`]+)`", PROSE)))
FUNCTION = re.compile(r"([a-z_]+(?:/[a-z_]+)?)\.([A-Za-z_]+)")


def exists(name: str) -> bool:
    """Whether a name is a command of make, a file or folder, or a function or class of src/phasebook."""
    if name.startswith("make "):
        return bool(
            re.search(rf"^{name.split()[1]}:", (REAL / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
        )
    if (REAL / name).exists() or (SOURCE / name).exists():
        return True
    match = FUNCTION.fullmatch(name)
    if match is None or not (SOURCE / f"{match[1]}.py").is_file():
        return False
    return hasattr(importlib.import_module("phasebook." + match[1].replace("/", ".")), match[2])


@pytest.mark.parametrize("name", NAMES)
def test_what_the_page_names_exists(name: str) -> None:
    assert exists(name)


@pytest.mark.parametrize(
    "name", ["make nothing", "running/run.walk", "running/walk.run", "report/walk.py", "walk/"]
)
def test_what_does_not_exist_is_noticed(name: str) -> None:
    assert not exists(name)


def test_the_drawing_and_the_table_have_every_package_in_its_order() -> None:
    packages = [room for room in ROOMS if (SOURCE / room).is_dir()]
    assert {path.parent.name for path in SOURCE.glob("*/__init__.py")} == set(packages)
    assert set(re.findall(r"([a-z]+)/(?=\s)", DRAWING)) - {"locks", "results"} == set(packages)
    assert re.findall(r"^\| `([a-z]+)/` \|", PROSE, re.MULTILINE) == packages
    assert ", ".join(f"`{room}/`" for room in packages) in " ".join(PROSE.split())
