"""What is started and from where: only with the variables it needs, only from locked hashes, without a network.

test_provision.py and test_kernels.py look at uv and kernels themselves, test_layers.py for shells.
"""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fault_tools import phasebook, settled
from real_project import DEFAULT
from small_project import REAL

from phasebook.commands import lab
from phasebook.environments import install, interpreters, tools, uv
from phasebook.kernels.pool import FIXED, KEPT, specification

SECRETS = dict.fromkeys(
    (
        "GITHUB_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "API_KEY",
        "PYTHONPATH",
        "PYTHONSTARTUP",
        "SSH_AUTH_SOCK",
        "TF_CONFIG",
    ),
    "s3cret",
)
SOURCES = sorted((REAL / "src/phasebook").rglob("*.py"))
# These see what the user's shell gave us: Phasebook in another process, and the tools of `make lab` and `bench`.
OWN = {("child", "__init__"), ("lab", "lab"), ("bench", "time"), ("bench", "profile"), ("bench_matrix", "_matrix")}


def calls(path: Path) -> list[tuple[str, ast.Call]]:
    """Every start of a process in a file, with the function that it stands in."""
    found = []
    for function in ast.walk(ast.parse(path.read_text())):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in ("subprocess.run", "subprocess.Popen"):
                    found.append((function.name, node))
    return found


def test_every_process_is_given_its_variables_and_its_words_one_by_one() -> None:
    started = set()
    for path in SOURCES:
        text = path.read_text()
        assert not re.search(r"os\.(system|popen|exec|spawn)|subprocess\.(call|check|getoutput)|pty\.", text), path
        for function, call in calls(path):
            started.add((path.stem, function))
            options = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
            assert "shell" not in options and isinstance(call.args[0], ast.List | ast.Name), path
            assert "env" in options or (path.stem, function) in OWN, f"{path.stem}.{function} passes everything on"
    assert {("pool", "_start_server"), ("uv", "run"), ("interpreters", "_is")} <= started
    assert started >= OWN, "no exception that is not needed"


def test_kernels_and_uv_see_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    kernel = specification(Path("/x/bin/python"), {"TF_USE_LEGACY_KERAS": "1"}, REAL / "src", tmp_path).env
    own = {"PYTHONPATH", "MPLCONFIGDIR", "IPYTHONDIR", "HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"}
    assert set(kernel) <= set(KEPT) | set(FIXED) | own | {"TF_USE_LEGACY_KERAS"}
    assert kernel["PYTHONPATH"] == str(REAL / "src")
    assert not set(uv.variables()) & set(SECRETS)
    assert "s3cret" not in {*kernel.values(), *uv.variables().values()}


def test_the_variables_of_a_process_that_runs_are_those_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "s3cret")
    monkeypatch.setattr(uv, "find", lambda: Path(shutil.which("env") or ""))
    seen = uv.run([]).stdout
    assert "PATH=" in seen and "s3cret" not in seen


@pytest.mark.parametrize("module", [install, tools, interpreters, lab])
def test_whatever_is_installed_is_held_against_hashes(module: object) -> None:
    text = Path(str(module.__file__)).read_text()  # type: ignore[attr-defined]
    installs = re.findall(r'"pip",\s*"(?:sync|install)"(?:[^\]]|\n)*\]', text)
    assert all('"--require-hashes"' in words for words in installs)
    assert installs or module in (interpreters, lab)


def test_the_commands_of_make_install_hashes_only() -> None:
    for line in re.sub(r"\\\n\s*", " ", (REAL / "Makefile").read_text()).splitlines():
        if re.search(r"pip install|\$\(INSTALL\)", line) and not line.startswith("INSTALL"):
            assert "--require-hashes" in line or "--no-deps --no-build-isolation --editable ." in line, line


def foreign(trace: Path) -> list[str]:
    """The traced calls with an address that is neither a Unix socket, nor Linux itself, nor this machine's own."""
    calls = [line for line in trace.read_text().splitlines() if "sa_family=" in line]
    return [call for call in calls if not re.search(r"sa_family=AF_(UNIX|NETLINK)|\b127\.0\.0\.1\b|\"::1\"", call)]


def traced(trace: Path) -> tuple[str, ...]:
    """Words in front of a command that write every connection of it and its children to `trace`."""
    words = ("strace", "-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", str(trace))
    if not shutil.which("strace") or subprocess.run([*words, "true"], check=False, capture_output=True).returncode:
        pytest.skip("strace is not installed, or may not trace")
    return words


@pytest.mark.slow
def test_running_and_rendering_open_no_connection(tmp_path: Path) -> None:
    folders, _ = settled(tmp_path / "project")
    words = traced(tmp_path / "trace")
    shutil.rmtree(folders.outputs)
    done = phasebook(folders, "report", DEFAULT, before=words)
    assert done.returncode == 0, done.stderr
    assert (folders.report / "index.html").is_file() and len(list(folders.executed.rglob("*.ipynb"))) == 2
    assert "AF_UNIX" in (tmp_path / "trace").read_text(), "the trace must see the kernels' own sockets"
    assert foreign(tmp_path / "trace") == []


@pytest.mark.slow
def test_a_connection_of_a_child_would_be_seen(tmp_path: Path) -> None:
    code = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(('192.0.2.1', 9))"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {code!r}])"
    subprocess.run([*traced(tmp_path / "trace"), sys.executable, "-c", child], check=True)
    assert ["192.0.2.1" in call for call in foreign(tmp_path / "trace")] == [True]
