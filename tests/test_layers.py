"""Who may import whom: two worlds that never meet, files that look downwards only; Python 3.7 inside kernels."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from small_project import REAL

SOURCE = REAL / "src"
LAYERS = [
    {"errors", "files", "paths", "uv_tool", "progress"},
    {"claims", "environments", "results", "mutants", "index", "interpreters", "timings", "cleaning", "nightlies"},
    {"causes", "compare", "plan", "records", "parameters", "provisioner", "provision", "resolve", "extras"},
    {"history", "sentences", "kernels", "collect", "due"},
    {"execute", "run"},
    {"column", "matrix", "report", "blog", "bench", "lab"},
    {"bench_matrix", "new", "doctor", "workflow"},
    {"cli"},
    {"__main__"},
]
FILES = sorted(SOURCE.rglob("*.py"))
KERNEL_MAY = {
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


def imported(path: Path) -> set[str]:
    """Dotted names of all modules that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def layer(module: str) -> int | None:
    """The number of the layer a module of phasebook stands in, None for a name that is no module."""
    return next((number for number, names in enumerate(LAYERS) if module in names), None)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_the_two_packages_do_not_import_each_other(path: Path) -> None:
    tops = {name.partition(".")[0] for name in imported(path)}
    if path.is_relative_to(SOURCE / "phaselab"):
        assert tops <= KERNEL_MAY | set(sys.stdlib_module_names)
    else:
        assert not tops & {"phaselab", "tensorflow", "keras", "numpy"}


@pytest.mark.parametrize(
    "path", sorted((SOURCE / "phasebook").rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE))
)
def test_a_file_imports_from_its_own_layer_or_below(path: Path) -> None:
    own = path.relative_to(SOURCE / "phasebook").parts[0].removesuffix(".py")
    if own == "__init__":
        return
    mine = layer(own)
    assert mine is not None, f"{own} stands in no layer"
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "phasebook" and len(parts) > 1:
            other = layer(parts[1])
            assert other is None or other <= mine, f"{own} imports {parts[1]}, which stands above it"


@pytest.mark.parametrize("path", sorted((SOURCE / "phaselab").rglob("*.py")), ids=lambda path: path.name)
def test_phaselab_is_python_3_7(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 7))


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
