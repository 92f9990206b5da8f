"""JupyterLab on copies of the notebooks, with the kernel of an environment."""

import json
import os
import shutil
import subprocess
from collections.abc import Sequence

from phasebook.environments import install
from phasebook.environments.tools import programs
from phasebook.kernels.pool import specification
from phasebook.project.environments import Environment
from phasebook.project.folders import Folders
from phasebook.project.messages import Say


def lab(folders: Folders, environment: Environment, say: Say, options: Sequence[str] = ()) -> int:
    """Open JupyterLab, with these options of its own, until the user ends it; returns its exit status.

    It works on copies in outputs/lab, so that no output gets into the notebooks; existing copies are kept.
    """
    program = str(programs(folders, "lab", "200 MB", say) / "jupyter")
    place = folders.outputs / "lab"
    place.mkdir(parents=True, exist_ok=True)
    for path in sorted(folders.notebooks.glob("*.ipynb")):
        if not (place / path.name).exists():
            shutil.copy(path, place)
    if (folders.notebooks / "data").is_dir():
        shutil.copytree(folders.notebooks / "data", place / "data", dirs_exist_ok=True)
    with install.used(folders, environment, say) as python:
        kernel = specification(python, environment.variables, folders.source, place)
        folder = place / ".jupyter/kernels/python3"
        folder.mkdir(parents=True, exist_ok=True)
        argv = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        described = {"argv": argv, "env": kernel.env, "display_name": environment.name, "language": "python"}
        (folder / "kernel.json").write_text(json.dumps(described))
        say(f"JupyterLab on copies of the notebooks in {place}, kernel {environment.name}; Ctrl-C ends it")
        variables = os.environ | {"JUPYTER_PATH": str(folder.parents[1])}
        command = [program, "lab", "--notebook-dir", str(place), *options]
        return subprocess.run(command, env=variables, check=False).returncode
