"""The lock of an environment with PyTorch beside its TensorFlow and Keras."""

from datetime import datetime
from urllib.parse import quote

from packaging.version import Version

from phasebook.environments import index, nightlies, resolve
from phasebook.project.environments import Environment
from phasebook.project.errors import Problem

# From here on PyPI's wheel for Linux needs several GB of CUDA, and the CPU wheel is PyTorch's own index's.
_CUDA = Version("1.13")
_INDEX = "https://download.pytorch.org/whl/cpu"


def lock(environment: Environment, version: str, moment: datetime) -> str:
    """The lock's text, from packages of before `moment` and, for Linux, the CPU wheel kept in the cache.

    Raises Problem for a version that does not exist or does not go with the environment, and where that wheel
    is not kept.
    """
    index.refuse_nonsense("--lock", version)
    if Version(version) < _CUDA:
        text = resolve.beside(environment, moment, [f"torch=={version}"])
    else:
        wheel = _wheel(environment, version)
        more = [f"torch=={version}+cpu ; {resolve.ON_LINUX}", f"torch=={version} ; sys_platform == 'darwin'"]
        text = resolve.beside(environment, moment, more, ["--find-links", str(nightlies.wheels())])
        named = f"# wheel {_INDEX}/{quote(wheel)}\n"
        text = text.replace(f"\ntorch=={version}+cpu ", f"\n{named}torch=={version}+cpu ", 1)
    return f"# PyTorch {version} beside " + text.removeprefix("# ")


def _wheel(environment: Environment, version: str) -> str:
    """The name of the CPU wheel of a PyTorch for Linux, which must be in the cache."""
    tag = f"cp{environment.python.replace('.', '')}"
    found = sorted(nightlies.wheels().glob(f"torch-{version}+cpu-{tag}-*_x86_64.whl"))
    if not found:
        name = f"torch-{version}+cpu-{tag}-{tag}-manylinux_2_28_x86_64.whl"
        raise Problem(f"{name} is missing: download it from {_INDEX}/torch to {nightlies.wheels()}", 1)
    return found[0].name
