"""Who may import whom: two worlds that never meet, rooms in the order of the data; Python 3.7 inside kernels."""

import ast
import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from small_project import REAL

SOURCE = REAL / "src"
ROOMS = [
    "project",
    "environments",
    "kernels",
    "history",
    "running",
    "bisecting",
    "languages",
    "report",
    "blog",
    "commands",
    "cli",
    "__main__",
]  # in the order of the data: each imports only from itself and from those before it
FILES = sorted(SOURCE.rglob("*.py"))
KERNEL_MAY = {
    "layermodes",
    "phaselab",
    "zmq",
    "tornado",
    "traitlets",
    "numpy",
    "tensorflow",
    "keras",
    "tf_keras",
    "matplotlib",
    "IPython",
    "ipykernel",
}


LAYERMODES_MAY = {"layermodes", "numpy", "tensorflow", "keras", "tf_keras", "matplotlib"}


def imported_at_once(path: Path) -> set[str]:
    """Top names of the modules that a file imports when it is imported itself, not first in a function."""
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def imported(path: Path) -> set[str]:
    """Dotted names of all modules that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_the_packages_import_each_other_in_one_direction_only(path: Path) -> None:
    tops = {name.partition(".")[0] for name in imported(path)}
    if path.is_relative_to(SOURCE / "layermodes"):
        assert tops <= LAYERMODES_MAY | set(sys.stdlib_module_names)
        assert not imported_at_once(path) & {"tensorflow", "keras", "tf_keras", "matplotlib"}
    elif path.is_relative_to(SOURCE / "phaselab"):
        assert tops <= KERNEL_MAY | set(sys.stdlib_module_names)
    else:
        assert not tops & {"layermodes", "phaselab", "tensorflow", "keras", "numpy"}


@pytest.mark.parametrize(
    "path", sorted((SOURCE / "phasebook").rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE))
)
def test_a_room_imports_from_the_rooms_before_it(path: Path) -> None:
    own = path.relative_to(SOURCE / "phasebook").parts[0].removesuffix(".py")
    if own == "__init__":
        return
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "phasebook" and len(parts) > 1:
            assert ROOMS.index(parts[1]) <= ROOMS.index(own), f"{own} imports {name}, which stands after it"


def test_few_modules_lie_outside_the_rooms() -> None:
    assert {path.stem for path in (SOURCE / "phasebook").glob("*.py")} == {"__init__", "__main__", "cli"}


@pytest.mark.parametrize(
    "path", [*(SOURCE / "phaselab").rglob("*.py"), SOURCE / "layermodes/observe.py"], ids=lambda path: path.name
)
def test_what_kernels_import_is_python_3_7(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 7))


@pytest.mark.parametrize("path", sorted((SOURCE / "layermodes").glob("*.py")), ids=lambda path: path.name)
def test_layermodes_is_python_3_8(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))


def test_importing_layermodes_imports_nothing_heavy() -> None:
    heavy = "('numpy', 'tensorflow', 'layermodes.result')"
    code = f"import sys, layermodes; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=SOURCE, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_file_passes_300_lines_and_no_function_60(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 300
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None and node.end_lineno - node.lineno < 60, node.name


def test_no_file_runs_a_shell() -> None:
    for path in FILES:
        assert "shell=True" not in path.read_text(encoding="utf-8"), path


def test_asking_for_help_imports_nothing_slow() -> None:
    code = (
        "import sys, phasebook.cli; print([m for m in ('papermill', 'nbconvert', 'nbformat') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_is_imported_is_declared_and_the_other_way_round() -> None:
    project = tomllib.loads((REAL / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = project["dependencies"] + project["optional-dependencies"]["dask"]
    names = {re.split(r"[<>=]", item)[0] for item in declared}
    used = {name.partition(".")[0] for path in (SOURCE / "phasebook").rglob("*.py") for name in imported(path)}
    packages = importlib.metadata.packages_distributions()
    own = {"phasebook", *sys.stdlib_module_names}
    assert {packages[name][0].lower().replace("_", "-") for name in used - own} == names
