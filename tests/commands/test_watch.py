"""What is newer is run once and noted, and a second call has nothing to do."""

import msgspec
import pytest
import real_project
import small_project

from phasebook.commands import watch as watching
from phasebook.environments.resolve import Resolution
from phasebook.project.environments import lock_text
from phasebook.project.errors import Problem
from phasebook.project.results import load_result, observed, write_result

NEWER = [("nightly", None), ("2.99.0", None)]


@pytest.mark.slow
def test_a_newer_build_is_run_noted_and_then_known(tmp_path, monkeypatch):
    folders = real_project.make(tmp_path)
    column = real_project.default(folders)
    earlier = msgspec.structs.replace(column, tensorflow="2.20.9")
    settled = small_project.result(folders, earlier, {**dict.fromkeys(small_project.CLAIMS, "holds")})
    claims = settled.claims | {"call-true-trains": small_project.verdict("fails")}
    write_result(folders, observed(settled.environment, claims))
    small_project.write_columns(folders, [earlier], "2026-01-01")
    resolution = Resolution([column], column.lock, lock_text(folders, column))

    def resolve(moment, tensorflow, keras):
        if tensorflow == "2.99.0":
            raise Problem("TensorFlow 2.99.0: cannot be installed on this machine", 1)
        return resolution

    monkeypatch.setattr(watching, "newer", lambda known, moment: NEWER)
    monkeypatch.setattr(watching, "resolve", resolve)
    said: list[str] = []
    assert watching.watch(folders, said.append) == 3
    assert load_result(folders, column.name).environment.tensorflow == "2.21.0"
    note = (folders.outputs / watching.NOTE).read_text(encoding="utf-8")
    for words in (
        f"## {column.name}: TensorFlow 2.21.0, Keras 3.15.1",
        f"{column.name} (2.20.9) -> {column.name} (2.21.0): 1 verdict differs",
        "call-true-trains: fails -> holds\n  Sequential: infers -> trains",
        f".venv/bin/phasebook run {column.name} --notebook 1-calls\n",
        "Not run: TensorFlow 2.99.0: cannot be installed on this machine",
    ):
        assert words in note
    assert (folders.report / "index.html").is_file()
    history = folders.watched.read_text(encoding="utf-8")
    assert history.startswith(watching.HISTORY) and "call-true-trains: fails -> holds" in history
    assert "Not run" not in history

    NEWER.pop()
    before = {path: path.read_bytes() for path in folders.root.rglob("*") if path.is_file()}
    assert watching.watch(folders, said.append) == 0
    assert said[-1].startswith("Nothing to do")
    assert {path: path.read_bytes() for path in folders.root.rglob("*") if path.is_file()} == before
