"""Makes the default report again and again, two at a time in clones of their own, and compares every byte.

`make repeats` makes fifty. All that a run writes is deleted before the next: results, executed notebooks, pages.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REAL = Path(__file__).resolve().parents[1]
MADE = ("data/results", "data/fingerprints", "outputs")
# The first is empty; the second holds the times at which executed notebooks were written.
NOT_COMPARED = {"outputs/.lock", "outputs/report/.manifest.json"}


def started(clone: Path) -> subprocess.Popen[str]:
    """The default report, being made from nothing in a clone."""
    for name in MADE:
        shutil.rmtree(clone / name, ignore_errors=True)
    variables = os.environ | {"PYTHONPATH": str(clone / "src"), "PHASEBOOK_ROOT": str(clone)}
    command = [sys.executable, "-m", "phasebook", "report"]
    return subprocess.Popen(
        command, env=variables, cwd=clone, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def made(clone: Path) -> dict[str, str]:
    """Digests of the files that the report left, by path."""
    files = [path for name in MADE for path in (clone / name).rglob("*") if path.is_file()]
    names = {str(path.relative_to(clone)): path for path in files}
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in names.items()
        if name not in NOT_COMPARED
    }


def main(pairs: int) -> int:
    """Make two reports `pairs` times; 1 where one failed or differs from the first."""
    first: dict[str, str] = {}
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="phasebook-repeats-") as scratch:
        clones = [Path(scratch) / name for name in ("one", "other")]
        for clone in clones:
            subprocess.run(["git", "clone", "--quiet", str(REAL), str(clone)], check=True)
        for number in range(pairs):
            for clone, process in [(clone, started(clone)) for clone in clones]:
                said = process.communicate()[1]
                left = made(clone)
                first = first or left
                differs = sorted(name for name in first.keys() | left.keys() if first.get(name) != left.get(name))
                if process.returncode or differs:
                    wrong += 1
                    print(f"status {process.returncode}, differs in {differs[:5]}: {said[-300:]}", flush=True)
            print(f"{2 * number + 2} of {2 * pairs} reports made of {len(first)} files, {wrong} wrong", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
