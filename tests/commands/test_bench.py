"""The bench's tables are medians and ratios of what was measured; memory is that of the whole family."""

import os
import subprocess
import sys

import pytest

from phasebook.commands.bench import Table
from phasebook.commands.bench_matrix import Further, _memory


def test_the_table_is_of_medians_and_ratios() -> None:
    seconds = {
        ("cold", "phasebook"): [10.0, 12.0, 50.0],
        ("unchanged", "phasebook"): [0.2, 0.2, 0.2],
        ("edited", "phasebook"): [4.0, 4.0, 4.0],
        ("cold", "papermill"): [60.0, 61.0, 60.0],
        ("cold", "jupyter-book"): [72.0, 72.0, 72.0],
        ("unchanged", "jupyter-book"): [2.0, 2.0, 2.0],
        ("edited", "jupyter-book"): [12.0, 12.0, 12.0],
    }
    assert Table(seconds, {"cold": [9.0, 10.0, 11.0], "edited": [3.0]}).lines()[2:] == [
        "| phasebook | 12.00 s | 0.20 s | 4.00 s |",
        "| papermill | 60.00 s (5.0 ×) | 60.00 s (300.0 ×) | 60.00 s (15.0 ×) |",
        "| jupyter-book | 72.00 s (6.0 ×) | 2.00 s (10.0 ×) | 12.00 s (3.0 ×) |",
        "| the limit | 10.00 s (0.83 ×) | 0 | 3.00 s (0.75 ×) |",
    ]


def test_a_further_environment_is_told_by_medians_and_memory_by_the_most() -> None:
    further = Further([10.0, 11.0, 30.0], [20.0, 21.0, 22.0], [25.0, 24.0, 26.0], [10**9, 2 * 10**9, 10**9])
    first, second = further.lines()
    assert first.startswith("A matrix of one column takes 11.0 s, with a further environment 21.0 s: 10.0 s more")
    assert first.endswith("import and cells take 25.0 s.")
    assert "2.00 GB" in second


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is measured on Linux only")
def test_memory_is_that_of_the_children_too() -> None:
    before = _memory(os.getpid())
    code = "held = b'x' * 100_000_000; print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin and child.stdout
        child.stdout.readline()
        grown = _memory(os.getpid()) - before
        child.stdin.close()
    assert 100_000_000 < grown < 150_000_000
