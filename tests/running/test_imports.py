"""No two threads import at once: Python breaks a deadlock of import locks by handing out half a module."""

from pathlib import Path

import pytest
import real_project
from fault_tools import lean, phasebook

pytestmark = pytest.mark.slow

# Half-way through jupyter_client, the import waits for whoever else may come to it by way of nbconvert.
SLOW = """
import threading, time
from importlib.machinery import SourceFileLoader
half_way = threading.Event()
def slowly(loader, module, execute=SourceFileLoader.exec_module):
    if module.__name__ == "nbconvert":
        half_way.wait(3)
    elif module.__name__ == "jupyter_client.asynchronous":
        half_way.set()
        time.sleep(3)
    execute(loader, module)
SourceFileLoader.exec_module = slowly
"""
TELLING = """
import sys, threading
class Telling:
    @staticmethod
    def find_spec(name, path=None, target=None):
        standard = name.partition(".")[0] in sys.stdlib_module_names  # its codecs have no cycle
        if not standard and threading.current_thread() is not threading.main_thread():
            with open({told!r}, "a") as file:
                print(threading.current_thread().name, name, file=file)
sys.meta_path.insert(0, Telling)
"""


def test_an_import_that_is_slow_does_no_harm(tmp_path: Path) -> None:
    folders = real_project.make(tmp_path / "project")
    (tmp_path / "sitecustomize.py").write_text(SLOW)
    done = phasebook(folders, "report", real_project.DEFAULT, PYTHONPATH=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert (folders.report / "index.html").is_file()


@pytest.mark.parametrize("command", ["report", "matrix", "doctor"])
def test_no_package_is_imported_but_on_the_main_thread(tmp_path: Path, command: str) -> None:
    folders = lean(tmp_path / "project")
    told = tmp_path / "told.txt"
    (tmp_path / "sitecustomize.py").write_text(TELLING.format(told=str(told)))
    names = [real_project.DEFAULT] if command == "report" else []
    done = phasebook(folders, command, *names, PYTHONPATH=str(tmp_path))
    assert done.returncode == (command == "doctor"), done.stdout + done.stderr
    assert not told.exists(), told.read_text()
