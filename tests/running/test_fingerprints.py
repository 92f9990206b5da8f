"""What a fingerprint covers: what kernels see and how records are judged make results stale, prose does not."""

import os
import shutil
import subprocess
import sys

import pytest
import small_project

from phasebook.project.folders import Folders
from phasebook.running.fingerprints import code_of

PARTS = {
    "kernels": ("kernels/pool.py", '"TF_NUM_INTRAOP_THREADS": "1"', '"TF_NUM_INTRAOP_THREADS": "2"'),
    "what is kept": ("kernels/pool.py", 'KEPT = ("PATH", ', 'KEPT = ("PATH", "LD_PRELOAD", '),
    "judging": ("running/judging.py", "if len(ends) > 1:", "if len(ends) > 2:"),
    "the verdict": ("project/results.py", "if all(case.holds for", "if any(case.holds for"),
    "tidying": ("running/tidying.py", "LONGEST_DISPLAYED = 100_000", "LONGEST_DISPLAYED = 200_000"),
}  # fmt: skip
HARMLESS = {
    "a comment": ("running/judging.py", "    ends = ", "    # the end marks\n    ends = "),
    "a comment behind code": ("running/judging.py", "if not ends:\n", "if not ends:  # none\n"),
    "a docstring": ("running/judging.py", '"""One notebook\'s verdicts', '"""The verdicts of one notebook'),
    "reading of files": ("project/results.py", "restore it with git, or delete", "restore it, or delete"),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """A project in which nothing is stale, and beside it a copy of Phasebook's own code."""
    root = tmp_path_factory.mktemp("fingerprints")
    made = small_project.make(root / "project")
    small_project.settle(made, "tf-2.15")
    code = small_project.REAL / "src/phasebook"
    shutil.copytree(code, root / "code/phasebook", ignore=shutil.ignore_patterns("__pycache__"))
    return made


def why(folders: Folders, part: tuple[str, str, str]) -> str:
    """What `phasebook why` says with the code of Phasebook changed like this."""
    place, before, after = part
    path = folders.root.parent / "code/phasebook" / place
    whole = path.read_text()
    assert whole.count(before) == 1
    path.write_text(whole.replace(before, after))
    variables = os.environ | {"PYTHONPATH": str(folders.root.parent / "code"), "PHASEBOOK_ROOT": str(folders.root)}
    try:
        done = subprocess.run(
            [sys.executable, "-B", "-m", "phasebook", "why"],
            env=variables,
            check=True,
            capture_output=True,
            text=True,
        )
    finally:
        path.write_text(whole)
    return done.stdout


@pytest.mark.parametrize("part", PARTS)
def test_a_change_of_what_a_verdict_depends_on_makes_it_stale(folders: Folders, part: str) -> None:
    kernels = part in ("kernels", "what is kept")
    reason = "the kernels' environment variables" if kernels else "the code that judges records"
    assert why(folders, PARTS[part]) == f"tf-2.15, all 2 notebooks: {reason} changed\n"


@pytest.mark.parametrize("part", HARMLESS)
def test_prose_and_other_code_make_nothing_stale(folders: Folders, part: str) -> None:
    assert "tf-2.15 is up to date" in why(folders, HARMLESS[part])


def test_the_code_that_counts_is_what_runs() -> None:
    source = (
        '"""It."""\n\n\ndef one(text="#"):  # why\n    """It."""\n    return text + "# no comment"\n\ntwo = 2\n'
    )
    assert code_of(source) == ['def one(text="#"):', '    return text + "# no comment"', "two = 2"]
    assert code_of(source, "one") == ['def one(text="#"):', '    return text + "# no comment"']
