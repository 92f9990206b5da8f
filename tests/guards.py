"""Takes the guards of docs/faults.md out, one at a time and in a copy, and sees the test of each fault fail.

`make guards` runs it for all, `.venv/bin/python tests/guards.py PART` for those with PART in their row.
guards.toml has the change that takes a guard out; test_guards.py holds it against the code and docs/faults.md.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).with_name("support")))
from mutations import mutated

REAL = Path(__file__).resolve().parents[1]
LIMIT = 150  # seconds for a test without its guard; one that hangs has failed


@dataclass(frozen=True)
class Guard:
    """A row of docs/faults.md, and what guards.toml says of its fault."""

    fault: str
    place: str  # file and function
    test: str
    change: str
    case: str

    @property
    def file(self) -> Path:
        """The file that the guard stands in, below the project's folder."""
        stem = self.place.partition(".")[0]
        return Path("src") / f"{stem if stem.startswith('phaselab') else f'phasebook/{stem}'}.py"

    def without(self) -> str:
        """The file's text without the guard; raises ValueError where the change fits nowhere."""
        function = self.place.partition(".")[2].rpartition(".")[2]
        return mutated((REAL / self.file).read_text(encoding="utf-8"), function, self.change)

    def node(self) -> str:
        """The test as pytest names it; raises ValueError unless exactly one file has it."""
        written = [
            p for p in REAL.glob("tests/*/test_*.py") if f"def {self.test}(" in p.read_text(encoding="utf-8")
        ]
        (file,) = written
        return f"{file.relative_to(REAL)}::{self.test}" + (f"[{self.case}]" if self.case else "")


def rows() -> list[list[str]]:
    """The cells of the first table of docs/faults.md: fault, what the reader sees, guard, test."""
    table = (REAL / "docs/faults.md").read_text(encoding="utf-8").partition("\n| Fault ")[2].partition("\n\n")[0]
    return [re.split(r"\s*(?<!\\)\|\s*", line)[1:-1] for line in table.splitlines()[2:]]


def load() -> list[Guard]:
    """All guards in the order of docs/faults.md; raises KeyError for a fault without its change."""
    changes = tomllib.loads((REAL / "tests/guards.toml").read_text(encoding="utf-8"))
    return [
        Guard(fault, place.strip("`"), test.strip("`"), changes[fault][0], "".join(changes[fault][1:]))
        for fault, _, place, test in rows()
    ]


def falls(guard: Guard, root: Path) -> bool:
    """Whether the guard's test fails in the copy at `root` with the guard taken out; puts it back."""
    path = root / guard.file
    whole = path.read_text(encoding="utf-8")
    path.write_text(guard.without(), encoding="utf-8")
    variables = os.environ | {"PYTHONPATH": str(root / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    question = "import importlib.util; print(importlib.util.find_spec('phasebook').origin)"
    seen = subprocess.check_output([sys.executable, "-c", question], env=variables, cwd=root, text=True)
    assert Path(seen.strip()).is_relative_to(root), "the copy is not what is tested"
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", guard.node()]
    try:
        done = subprocess.run(command, env=variables, cwd=root, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return True
    finally:
        path.write_text(whole, encoding="utf-8")
    return done.returncode == 1 and ("failed" in done.stdout or "error" in done.stdout)


def main(part: str = "") -> int:
    """Take out every guard that has that part; 1 where a test did not notice."""
    unnoticed = 0
    with tempfile.TemporaryDirectory(prefix="phasebook-guards-") as scratch:
        root = Path(scratch) / "copy"
        left_out = shutil.ignore_patterns(".venv", "outputs", ".git", "__pycache__", ".*_cache", ".hypothesis")
        shutil.copytree(REAL, root, ignore=left_out)
        for guard in load():
            if part in f"{guard.fault} {guard.place} {guard.test}":
                noticed = falls(guard, root)
                unnoticed += not noticed
                told = "fails, as it must" if noticed else "NOT NOTICED"
                print(f"{told}: {guard.place}, {guard.fault}", flush=True)
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
