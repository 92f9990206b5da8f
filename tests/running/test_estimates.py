"""What a matrix run has to do, what that takes in time and on disk, and making room."""

import os

import msgspec
import pytest
import small_project
from small_project import columns

from phasebook.environments import removal
from phasebook.running import estimates, timings

pytestmark = pytest.mark.usefixtures("own_cache")


def test_exactly_what_is_missing_or_stale_is_due(tmp_path):
    folders = small_project.make(tmp_path, ["tf-2.14", "tf-2.15"])
    small_project.settle(folders, "tf-2.14")
    found = estimates.find_due(folders, columns(folders, "tf-2.14", "tf-2.15"), {})
    assert [(item.environment.name, sorted(item.reasons)) for item in found] == [
        ("tf-2.15", ["1-calls", "2-freezing"])
    ]
    small_project.settle(folders, "tf-2.15")
    small_project.write_notebook(folders, "2-freezing", ["edited = True"])
    found = estimates.find_due(folders, columns(folders, "tf-2.14", "tf-2.15"), {})
    assert [(item.environment.name, list(item.reasons)) for item in found] == [
        ("tf-2.14", ["2-freezing"]),
        ("tf-2.15", ["2-freezing"]),
    ]


def test_the_time_is_foretold_from_past_runs(tmp_path):
    folders = small_project.make(tmp_path, ["tf-2.14", "tf-2.15"])
    timings.note("tf-2.14", {"import": 3, "1-calls": 10, "2-freezing": 20, "set-up": 100}, 2_000_000_000)
    one, other = estimates.find_due(folders, columns(folders, "tf-2.14", "tf-2.15"), {})
    assert one.seconds == other.seconds == 133  # what was never run is taken for like the others
    assert (one.new_bytes, other.new_bytes) == (2_000_000_000, 2_000_000_000)
    timings.note("tf-2.14", {"1-calls": 40}, 0)
    assert estimates.find_due(folders, columns(folders, "tf-2.14"), {})[0].seconds == 163
    text = "\n".join(estimates.announce([one, other], 45, 2, True, folders))
    assert "2 of 45 columns, 4 notebooks: about 2 min, 2 environments to make, about 4.0 GB" in text
    assert "tf-2.15: 2 notebooks (it has no result), 2 min" in text


def test_what_columns_took_is_a_table():
    took = {"import": 6, "1-calls": 10, "2-freezing": 20, "another project's": 300, "set-up": 84}
    timings.note("tf-2.15", took, 1_540_000_000)
    assert timings.as_markdown(["tf-2.14", "tf-2.15"], ["1-calls", "2-freezing"]).splitlines()[2:] == [
        "| `tf-2.15` | 84 | 6 | 30 | 2.0 | 1.5 |"
    ]


def test_timings_that_cannot_be_read_are_no_timings(own_cache):
    for content in (b"", b"[]", b"\xff", b'{"tf-2.15": 3}'):
        (own_cache / "timings.json").write_bytes(content)
        assert timings.load() == {}
    timings.note("tf-2.15", {"import": 3}, 5)
    assert timings.load()["tf-2.15"].bytes == 5


def test_keeping_none_needs_room_for_those_that_run_at_once(tmp_path):
    folders = small_project.make(tmp_path, ["tf-2.13", "tf-2.14", "tf-2.15"])
    found = estimates.find_due(folders, columns(folders, "tf-2.13", "tf-2.14", "tf-2.15"), {})
    found = [msgspec.structs.replace(item, new_bytes=1_000_000_000) for item in found]
    assert "about 3.0 GB" in estimates.announce(found, 3, 2, True, folders)[-1]
    assert "about 2.0 GB" in estimates.announce(found, 3, 2, False, folders)[-1]


def test_columns_at_once_fit_cores_and_memory(monkeypatch):
    assert estimates.columns_at_once(1) == 1
    assert 1 <= estimates.columns_at_once(1000) <= (os.cpu_count() or 1)
    monkeypatch.setattr(estimates, "MEMORY", 10**18)
    assert estimates.columns_at_once(1000) == 1


def test_removing_an_environment_says_what_it_frees_and_leaves_links_alone(tmp_path, own_cache):
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "file").write_bytes(b"x" * 8192)
    for name in ("tf-2.14-abc", "tf-2.15-def"):
        folder = own_cache / "environments" / name
        folder.mkdir(parents=True)
        (folder / "own").write_bytes(b"x" * 8192)
        (folder / "shared").hardlink_to(other / "file")
        (folder / "lib").symlink_to(other)
    said: list[str] = []
    assert removal.clean_environments(said.append) == 2 * 8192
    assert [path for path in (own_cache / "environments").iterdir() if path.is_dir()] == []
    assert (other / "file").stat().st_size == 8192
    assert said[0].startswith("tf-2.14-abc")
    assert "2 environments deleted" in said[2]
    assert removal.clean_environments(said.append) == 0
