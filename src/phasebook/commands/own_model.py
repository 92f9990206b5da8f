"""`phasebook own-model`: runs layermodes on the model of the page "Your own model" and records what it said."""

import subprocess
import tempfile
from pathlib import Path

import msgspec

from phasebook.environments import install
from phasebook.kernels.pool import variables_of
from phasebook.project import own_model
from phasebook.project.environments import Environment, load_environments, lock_digest
from phasebook.project.errors import Problem
from phasebook.project.folders import Folders
from phasebook.project.messages import Say

MARK = "<said>"
LOOK = f"""
import json, sys
from layermodes import tables
seen = {{}}
exec(compile(open(sys.argv[1], encoding="utf-8").read(), "model.py", "exec"), seen)
told = seen["result"].to_dict()
told["table"] = tables.table(seen["result"])
told["star"] = tables.starred(seen["result"])
told["reasons"] = [note for group in tables.folded(seen["result"].rows) for note in tables.notes_of(group)]
print({MARK!r} + json.dumps(told))
"""


def own_model_runs(folders: Folders, say: Say) -> int:
    """Run the model in each of its columns and record what layermodes said; raises Problem where one breaks."""
    environments = load_environments(folders)
    for name in own_model.COLUMNS:
        if name not in environments:
            raise Problem(f"{folders.environments} has no {name}: name another in project/own_model.py", 1)
        changed = own_model.write_run(folders, name, run(folders, environments[name], say))
        say(f"{name}: what layermodes says {'changed' if changed else 'is as it was'}")
    return 0


def run(folders: Folders, environment: Environment, say: Say) -> own_model.Run:
    """One run, in a Python of its own that sees nothing of the user's configuration."""
    code = own_model.code_digest(folders)
    with install.used(folders, environment, say) as python, tempfile.TemporaryDirectory() as home:
        variables = variables_of(python, environment.variables, folders.source, Path(home))
        command = [str(python), "-c", LOOK, str(folders.own_model / "model.py")]
        done = subprocess.run(command, env=variables, cwd=home, capture_output=True, text=True, check=False)
    if MARK not in done.stdout:
        last = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise Problem(f"{environment.name}: the model cannot be looked at ({last}); nothing was recorded", 1)
    said = msgspec.json.decode(done.stdout.split(MARK)[1], type=own_model.Said)
    return own_model.Run(code=code, lock=lock_digest(folders, environment), said=said)
