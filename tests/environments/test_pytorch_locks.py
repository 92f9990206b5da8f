"""The lock of an environment with PyTorch: the CPU wheel for Linux with its address, the rest from the index."""

import hashlib
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from local_index import Index, wheel
from small_project import make

from phasebook.commands.pytorch import lock as lock_command
from phasebook.environments import nightlies, pytorch
from phasebook.project.environments import Environment
from phasebook.project.errors import Problem

MOMENT = datetime(2025, 1, 1, tzinfo=UTC)
LINUX, MAC, WINDOWS = "manylinux_2_28_x86_64", "macosx_12_0_arm64", "win_amd64"
WHEEL = f"torch-2.6.0+cpu-cp311-cp311-{LINUX}.whl"
BESIDE = Environment(
    name="torch-2.6", tensorflow="2.20.0", keras="3.5.0", flavour="keras-3", python="3.11",
    lock="torch-2.6", first_released=date(2024, 10, 1), released=date(2024, 10, 1),
)  # fmt: skip


@pytest.fixture
def index(own_index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    """Two releases of PyTorch, of which the newer needs CUDA on Linux, and a TensorFlow for two Pythons."""
    monkeypatch.setenv("PHASEBOOK_CACHE", str(tmp_path / "cache"))
    for package in ("ipykernel", "matplotlib", "numpy", "keras"):
        own_index.publish(package, "3.5.0")
    for python in ("cp311-cp311", "cp313-cp313"):
        for system in (LINUX, MAC, WINDOWS):
            own_index.publish("tensorflow", "2.20.0", ["keras>=3.5"], tag=f"{python}-{system}")
        own_index.publish("tensorflow-cpu", "2.20.0", ["keras>=3.5"], tag=f"{python}-{LINUX}")
    own_index.publish("nvidia-cuda", "12.0")
    for version in ("1.0.0", "2.6.0"):
        own_index.publish("torch", version, ["nvidia-cuda; sys_platform == 'linux'"], tag=f"cp311-cp311-{LINUX}")
        own_index.publish("torch", version, ["nvidia-cuda; sys_platform == 'linux'"], tag=f"cp311-cp311-{MAC}")
    return own_index


def keep_wheel() -> str:
    """Put the CPU wheel in the cache; returns its SHA-256."""
    content = wheel("torch", "2.6.0+cpu", [], f"cp311-cp311-{LINUX}")
    nightlies.wheels().mkdir(parents=True)
    (nightlies.wheels() / WHEEL).write_bytes(content)
    return hashlib.sha256(content).hexdigest()


@pytest.mark.usefixtures("index")
def test_linux_gets_the_kept_cpu_wheel_and_its_address() -> None:
    digest = keep_wheel()
    text = pytorch.lock(BESIDE, "2.6.0", MOMENT)
    assert text.startswith("# PyTorch 2.6.0 beside TensorFlow 2.20.0 on Python 3.11,")
    found = re.findall(r"^# wheel (\S+)\n(torch==\S+) [^\n]*\n    --hash=sha256:(\w+)$", text, re.MULTILINE)
    assert found == [
        (f"https://download.pytorch.org/whl/cpu/{WHEEL.replace('+', '%2B')}", "torch==2.6.0+cpu", digest)
    ]
    assert re.search(r"^torch==2.6.0 ; .*sys_platform == 'darwin'", text, re.MULTILINE)
    assert "nvidia" not in text and str(nightlies.wheels()) not in text
    assert "://" not in nightlies.NAMED.sub("", text)
    assert "\nkeras==3.5.0 " in text and "\ntensorflow-cpu==2.20.0 " in text


@pytest.mark.usefixtures("index")
def test_an_old_pytorch_comes_from_the_index_alone() -> None:
    text = pytorch.lock(BESIDE, "1.0.0", MOMENT)
    assert "\ntorch==1.0.0 " in text and "+cpu" not in text and "# wheel" not in text


@pytest.mark.usefixtures("index")
def test_a_wheel_that_is_not_kept_is_named_with_its_place() -> None:
    with pytest.raises(Problem, match=re.escape(WHEEL)) as caught:
        pytorch.lock(BESIDE, "2.6.0", MOMENT)
    assert str(nightlies.wheels()) in str(caught.value)
    with pytest.raises(Problem, match="no version"):
        pytorch.lock(BESIDE, "newest", MOMENT)


@pytest.mark.usefixtures("index")
def test_the_command_writes_one_lock_and_keeps_the_old_one_where_it_cannot(tmp_path: Path) -> None:
    folders = make(tmp_path)
    own = folders.for_pytorch()
    own.locks.mkdir(parents=True)
    fields = [
        f'{name} = "{getattr(BESIDE, name)}"'
        for name in ("name", "tensorflow", "keras", "flavour", "python", "lock")
    ]
    days = ["first_released = 2024-10-01", "released = 2024-10-01"]
    own.environments.write_text("\n".join(["as_of = 2025-01-01T00:00:00Z", "[[environment]]", *fields, *days]))
    path = own.locks / "torch-2.6.txt"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(Problem, match="name its environment"):
        lock_command(folders, "2.6.0", [], print)
    with pytest.raises(Problem, match="is missing"):
        lock_command(folders, "2.6.0", ["torch-2.6"], print)
    assert path.read_text(encoding="utf-8") == "old"
    keep_wheel()
    assert lock_command(folders, "2.6.0", ["torch-2.6"], print) == 0
    assert "torch==2.6.0+cpu" in path.read_text(encoding="utf-8")
