"""Takes the guards of guards.toml out, one at a time and in a copy, and sees the test of its fault fail.

`make guards` runs it for all, `.venv/bin/python tests/guards.py PART` for those with PART in their fault or place.
test_guards.py holds the list against the code and docs/faults.md.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

REAL = Path(__file__).resolve().parents[1]
LIMIT = 150  # seconds for a test without its guard; one that hangs has failed


@dataclass(frozen=True)
class Guard:
    """What goes wrong, what the reader sees of it, where the guard stands, its test, the code with and without."""

    fault: str
    sees: str
    place: str  # file and function, as docs/faults.md names them
    test: str
    code: str
    without: str

    def file(self, root: Path = REAL) -> Path:
        """The file that the guard stands in."""
        stem = self.place.partition(".")[0]
        return root / "src" / f"{stem if stem.startswith('phaselab') else f'phasebook/{stem}'}.py"

    def row(self) -> str:
        """The guard's row in docs/faults.md."""
        test = self.test.partition("::")[2].partition("[")[0]
        return f"| {self.fault} | {self.sees} | `{self.place}` | `{test}` |"


def load() -> list[Guard]:
    """All guards in their order."""
    entries = tomllib.loads((REAL / "tests/guards.toml").read_text())["guard"]
    return [Guard(e["fault"], e["sees"], e["place"], e["test"], e["with"], e["without"]) for e in entries]


def falls(guard: Guard, root: Path) -> bool:
    """Whether the guard's test fails in the copy at `root` with the guard taken out; puts it back."""
    path = guard.file(root)
    whole = path.read_text()
    path.write_text(whole.replace(guard.code, guard.without))
    variables = os.environ | {"PYTHONPATH": str(root / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    question = "import phasebook; print(phasebook.__file__)"
    seen = subprocess.check_output([sys.executable, "-c", question], env=variables, cwd=root, text=True)
    assert Path(seen.strip()).is_relative_to(root), "the copy is not what is tested"
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"tests/{guard.test}"]
    try:
        done = subprocess.run(command, env=variables, cwd=root, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return True
    finally:
        path.write_text(whole)
    return done.returncode == 1 and ("failed" in done.stdout or "error" in done.stdout)


def main(part: str = "") -> int:
    """Take out every guard that has that part; 1 where a test did not notice."""
    unnoticed = 0
    with tempfile.TemporaryDirectory(prefix="phasebook-guards-") as scratch:
        root = Path(scratch) / "copy"
        left_out = shutil.ignore_patterns(".venv", "outputs", ".git", "__pycache__", ".*_cache", ".hypothesis")
        shutil.copytree(REAL, root, ignore=left_out)
        for guard in load():
            if part in f"{guard.fault} {guard.place}":
                noticed = falls(guard, root)
                unnoticed += not noticed
                print(
                    f"{'fails, as it must' if noticed else 'NOT NOTICED'}: {guard.place}, {guard.fault}",
                    flush=True,
                )
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
