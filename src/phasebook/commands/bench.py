"""Phasebook timed beside other tools that run notebooks, on the same notebooks and environment."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from phasebook.environments import install
from phasebook.environments.tools import programs
from phasebook.kernels.pool import specification
from phasebook.project.environments import Environment
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders
from phasebook.project.messages import Say

SITUATIONS = ("cold", "unchanged", "edited")
CACHING = {"phasebook", "jupyter-book"}  # the others do the same work again, whatever has changed
EDIT = "3-priority-order"
KERNEL = "phasebook-bench"


@dataclass
class Table:
    """Seconds by situation and tool, one entry a run, and the limit that no tool can beat."""

    seconds: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    limits: dict[str, list[float]] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """The table in Markdown: medians, and how many times as long as Phasebook."""
        lines = ["| tool | cold | nothing changed | one notebook edited |", "| --- | ---: | ---: | ---: |"]
        for tool in dict.fromkeys(tool for _, tool in self.seconds):
            cells = [self._cell(situation, tool) for situation in SITUATIONS]
            lines.append(f"| {tool} | {' | '.join(cells)} |")
        limits = " | ".join(self._limit(situation) for situation in SITUATIONS)
        return [*lines, f"| the limit | {limits} |"]

    def _cell(self, situation: str, tool: str) -> str:
        runs = self.seconds.get((situation, tool)) or self.seconds[("cold", tool)]
        ratio = "" if tool == "phasebook" else f" ({statistics.median(runs) / self._own(situation):.1f} ×)"
        return f"{statistics.median(runs):.2f} s{ratio}"

    def _limit(self, situation: str) -> str:
        if situation not in self.limits:
            return "0"
        limit = statistics.median(self.limits[situation])
        return f"{limit:.2f} s ({limit / self._own(situation):.2f} ×)"

    def _own(self, situation: str) -> float:
        return statistics.median(self.seconds[(situation, "phasebook")])


def bench(folders: Folders, environment: Environment, runs: int, say: Say) -> Table:
    """Time every tool in every situation, `runs` times in turn; raises Problem where a tool cannot be run."""
    python = install.make(folders, environment, say)
    peers = programs(folders, "bench", "500 MB", say)
    table = Table()
    for number in range(runs):
        for tool in ("phasebook", "papermill", "nbconvert", "jupyter-book", "nbmake"):
            with TemporaryDirectory(prefix="phasebook-bench-") as scratch:
                bench = _Bench(folders, environment, python, peers, Path(scratch))
                for situation in SITUATIONS if tool in CACHING else ("cold",):
                    seconds = bench.time(tool, situation)
                    table.seconds.setdefault((situation, tool), []).append(seconds)
                    say(f"run {number + 1} of {runs}: {tool}, {situation}: {seconds:.2f} s")
                for situation, seconds in (bench.limits() if tool == "phasebook" else {}).items():
                    table.limits.setdefault(situation, []).append(seconds)
                    say(f"run {number + 1} of {runs}: the limit, {situation}: {seconds:.2f} s")
    return table


def copy_project(folders: Folders, scratch: Path) -> Folders:
    """A copy, below `scratch`, of what a report is made from."""
    copy = Folders(scratch / "project")
    for name in ("data", "notebooks", "src"):
        shutil.copytree(folders.root / name, copy.root / name, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def variables(project: Folders) -> dict[str, str]:
    """The environment variables for a command that is to work on a copy, with bytecode as users have it."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PHASEBOOK_ROOT": str(project.root)}


def profile(project: Folders, environment: Environment, options: list[str]) -> dict[str, float]:
    """Seconds of the import and of each notebook, as `phasebook run --profile` of all notebooks tells them."""
    command = [sys.executable, "-m", "phasebook", "run", environment.name, "--profile", *options]
    done = subprocess.run(command, env=variables(project), capture_output=True, text=True, check=False)
    _must_be_well("phasebook run", done)
    rows = (line.split() for line in done.stderr.splitlines() if line.endswith(" s"))
    return {row[1]: float(row[2]) for row in rows if len(row) == 4 and row[1] != "set-up"}


def _must_be_well(tool: str, done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise Problem(f"{tool} ended with status {done.returncode}: {' '.join(last)}", 1)


class _Bench:
    """A copy of the project and the kernel of the environment, for one tool's runs."""

    def __init__(
        self, folders: Folders, environment: Environment, python: Path, peers: Path, scratch: Path
    ) -> None:
        self.environment, self.peers, self.scratch = environment, peers, scratch
        self.copy = copy_project(folders, scratch)
        shutil.rmtree(self.copy.results, ignore_errors=True)
        shutil.rmtree(self.copy.fingerprints, ignore_errors=True)
        kernel = specification(python, environment.variables, self.copy.source, scratch)
        self.variables = variables(self.copy) | {"JUPYTER_PATH": str(scratch / "jupyter")}
        folder = scratch / "jupyter/kernels" / KERNEL
        folder.mkdir(parents=True)
        argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        described = {"argv": argv, "env": kernel.env, "display_name": KERNEL, "language": "python"}
        (folder / "kernel.json").write_text(json.dumps(described))
        self._name_kernel()

    def time(self, tool: str, situation: str) -> float:
        """Seconds of the tool's whole command in one situation; run them in the order of SITUATIONS."""
        if situation == "edited":
            self._edit()
        started = time.monotonic()
        for command in self._commands(tool):
            done = subprocess.run(
                command, cwd=self.copy.root, env=self.variables, capture_output=True, text=True, check=False
            )
            _must_be_well(tool, done)
        return time.monotonic() - started

    def limits(self) -> dict[str, float]:
        """The least possible: one import, and the cells' own time spread over two cores."""
        seconds = profile(self.copy, self.environment, ["--jobs", "1"])
        imported = seconds.pop("import")
        spread = max(sum(seconds.values()) / 2, max(seconds.values()))
        return {"cold": imported + spread, "edited": imported + seconds[EDIT]}

    def _commands(self, tool: str) -> list[list[str]]:
        """The commands with which a user would run all notebooks with a tool."""
        notebooks = [str(path) for path in sorted(self.copy.notebooks.glob("*.ipynb"))]
        out, peers = self.scratch / "out", self.peers
        out.mkdir(exist_ok=True)
        if tool == "phasebook":
            return [[sys.executable, "-m", "phasebook", "report", self.environment.name]]
        if tool == "papermill":
            papermill = [str(peers / "papermill"), "--no-progress-bar", "-k", KERNEL]
            return [[*papermill, path, str(out / Path(path).name)] for path in notebooks]
        if tool == "nbconvert":
            convert = [str(peers / "jupyter-nbconvert"), "--to", "notebook", "--execute", "--output-dir", str(out)]
            return [[*convert, *notebooks]]
        if tool == "nbmake":
            return [[str(peers / "pytest"), "-q", "-p", "no:cacheprovider", "--nbmake", "-n", "2", *notebooks]]
        return [[str(peers / "jupyter-book"), "build", str(self._book())]]

    def _book(self) -> Path:
        """The notebooks as a book for jupyter-book, with its cache on; made once."""
        book = self.copy.notebooks
        if not (book / "_config.yml").exists():
            settings = (
                "title: bench\nexecute:\n  execute_notebooks: cache\n  timeout: 600\nonly_build_toc_files: true\n"
            )
            (book / "_config.yml").write_text(settings)
            stems = [path.stem for path in sorted(book.glob("*.ipynb"))]
            chapters = "".join(f"  - file: {stem}\n" for stem in stems[1:])
            (book / "_toc.yml").write_text(f"format: jb-book\nroot: {stems[0]}\nchapters:\n{chapters}")
        return book

    def _name_kernel(self) -> None:
        """Let every notebook of the copy name the bench's kernel, for the tools that go by that."""
        for path in self.copy.notebooks.glob("*.ipynb"):
            notebook = json.loads(path.read_text())
            notebook["metadata"]["kernelspec"] = {"name": KERNEL, "display_name": KERNEL, "language": "python"}
            path.write_text(json.dumps(notebook))

    def _edit(self) -> None:
        """Change the code of one notebook without changing what it does."""
        path = self.copy.notebooks / f"{EDIT}.ipynb"
        notebook = json.loads(path.read_text())
        code = next(cell for cell in reversed(notebook["cells"]) if cell["cell_type"] == "code")
        code["source"] = [*code["source"], "\n# edited"]
        path.write_text(json.dumps(notebook))
