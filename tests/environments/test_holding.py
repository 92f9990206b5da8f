"""What clones share in the cache: nothing is taken from under a process that uses it, nothing written is lost."""

import subprocess
import sys
import threading
from pathlib import Path

import small_project
from fault_tools import command, variables

from phasebook.environments import holding, install, removal
from phasebook.project.folders import Folders
from phasebook.running import timings


def made(folders: Folders) -> Path:
    """The environment of the project's one column, as far as Phasebook looks at it."""
    folder = install.folder_of(folders, small_project.columns(folders, "tf-2.15")[0])
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/python").symlink_to(sys.executable)
    (folder / install.MARKER).write_text("")
    return folder


USING = """
import sys
from pathlib import Path
from phasebook.environments import install
from phasebook.project.environments import load_environments
from phasebook.project.folders import Folders
folders = Folders(Path(sys.argv[1]))
with install.used(folders, load_environments(folders)["tf-2.15"], print) as python:
    print("in use", flush=True)
    sys.stdin.readline()
    print(python.exists())
"""


def test_an_environment_is_not_removed_while_another_process_uses_it(tmp_path: Path, own_cache: Path) -> None:
    folders = small_project.make(tmp_path / "project")
    folder = made(folders)
    said: list[str] = []
    script = [sys.executable, "-c", USING, str(folders.root)]
    with subprocess.Popen(script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as user:
        assert user.stdout is not None
        assert user.stdout.readline() == "in use\n"
        clean = subprocess.run(
            command("clean-environments"), env=variables(folders), capture_output=True, text=True, check=True
        )
        assert f"{folder.name}: in use by another process; kept" in clean.stderr
        assert "0 environments deleted" in clean.stderr
        assert removal.remove(folder) is None and folder.exists()  # what a matrix with KEEP=no does
        assert user.communicate("\n")[0] == "True\n"
    removal.clean_environments(said.append)
    assert not folder.exists() and "1 environments deleted" in "\n".join(said)


def test_two_may_use_an_environment_at_once(tmp_path: Path, own_cache: Path) -> None:
    folders = small_project.make(tmp_path / "project")
    made(folders)
    column = small_project.columns(folders, "tf-2.15")[0]
    said: list[str] = []
    with install.used(folders, column, said.append) as one, install.used(folders, column, said.append) as other:
        assert one == other
    assert said == []


def test_nobody_uses_an_environment_that_is_being_removed(tmp_path: Path, own_cache: Path) -> None:
    folders = small_project.make(tmp_path / "project")
    folder = made(folders)
    column = small_project.columns(folders, "tf-2.15")[0]
    waiting = threading.Event()
    found: list[Path] = []

    def use() -> None:
        with install.used(folders, column, lambda _: waiting.set()) as python:
            found.append(python)

    thread = threading.Thread(target=use)
    with holding.alone(folder, print):
        thread.start()
        assert waiting.wait(20) and not found
    thread.join(20)
    assert found == [folder / "bin/python"]


NOTING = """
import sys
from phasebook.running import timings
for number in range(60):
    timings.note(f"{sys.argv[1]}-{number}", {"import": 1.0}, 0)
"""


def test_two_writers_lose_no_timing(own_cache: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", NOTING, name]) for name in ("a", "b", "c")]
    assert [writer.wait(100) for writer in writers] == [0, 0, 0]
    assert len(timings.load()) == 180


def test_what_a_killed_process_left_in_outputs_and_the_cache_goes(tmp_path: Path, own_cache: Path) -> None:
    from phasebook.commands.alone import alone

    folders = small_project.make(tmp_path / "project")
    folder = made(folders)
    kept = own_cache / "environments/not.part"
    kept.mkdir()
    left = [folders.results, folders.report / "claims", folders.executed / "tf-2.15"]
    left += [own_cache, own_cache / "wheels"]
    for place in left:
        place.mkdir(parents=True, exist_ok=True)
        (place / ".half.part").write_text("half")
    (folders.blog / ".half.part/new").mkdir(parents=True)
    (own_cache / "environments" / f".{folder.name}.removed/lib").mkdir(parents=True)
    with holding.shared(holding.whole_cache(), print), alone(folders, print):
        assert (own_cache / ".half.part").exists()  # another process works there: it may be its own
    with alone(folders, print):
        assert not [path for root in (folders.root, own_cache) for path in root.rglob(".half.part")]
        assert not list((own_cache / "environments").glob(".*.removed"))
        assert folder.exists() and kept.exists()


def test_a_lock_held_for_a_moment_is_not_worth_a_line(tmp_path: Path) -> None:
    thing, said = tmp_path / "cache", list[str]()
    with holding.alone(thing, said.append):
        waits = threading.Thread(target=lambda: _hold_shared(thing, said.append))
        waits.start()
        waits.join(0.2)
        assert waits.is_alive()
    waits.join(10)
    assert not waits.is_alive() and said == []


def test_a_lock_held_longer_is_told(tmp_path: Path) -> None:
    thing, said = tmp_path / "cache", list[str]()
    with holding.alone(thing, said.append):
        waits = threading.Thread(target=lambda: _hold_shared(thing, said.append))
        waits.start()
        waits.join(2)
        assert said == ["cache: another process makes or removes it; waiting"]
    waits.join(10)


def _hold_shared(thing: Path, say: holding.Say) -> None:
    with holding.shared(thing, say):
        pass
