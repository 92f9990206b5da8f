"""Kernels of one environment: forks of a server that has imported TensorFlow, or ordinary processes.

provisioner.py does the work for one kernel.
"""

import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from phasebook.project.errors import Problem
from phasebook.project.folders import cache

if TYPE_CHECKING:  # jupyter_client takes 0.4 s to import, which it does while the server imports TensorFlow
    from jupyter_client.kernelspec import KernelSpec

    from phasebook.kernels.provisioner import ForkProvisioner, Manager

KEPT = ("PATH", "LD_LIBRARY_PATH")
FIXED = {
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "PYTHONNOUSERSITE": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "CUDA_VISIBLE_DEVICES": "-1",
    # One thread each: sums come out in one order on every machine, and NumPy's import starts no thread.
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "JUPYTER_PLATFORM_DIRS": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}
LONGEST_FOLDER = 60  # a Unix socket's path has at most 104 bytes on macOS, 108 on Linux; ours adds up to 30
IMPORT_LIMIT = 300.0  # seconds


class Kernels:
    """The kernels of one environment, as a context; several threads may run notebooks with it at once.

    The server starts to import on entry and is waited for by whoever needs it first. Entering raises Problem
    when the interpreter `python` is not there. `say` gets one line for each thing a reader of the log should
    know; `log` gets what the server and the kernels print. PHASEBOOK_KERNELS=ordinary asks for no forks.
    """

    def __init__(
        self, python: Path, variables: dict[str, str], source: Path, log: Path, say: Callable[[str], object]
    ) -> None:
        # Absolute, for the kernels run elsewhere; not resolved, for a link is what makes a virtual environment.
        self._python, self._source, self._log = python.absolute(), source.absolute(), log.absolute()
        self._variables, self._say = variables, say
        self._waiting = threading.Lock()
        self._numbers = itertools.count(1)
        self._started: dict[str, Manager] = {}
        self._stopped = threading.Event()
        self._server: subprocess.Popen[bytes] | None = None
        self._answer: dict[str, Any] | None = None

    def __enter__(self) -> Self:
        if not self._python.is_file():
            raise Problem(f"{self._python}: this Python no longer exists; delete its folder and run again", 1)
        self._folder, self._transport = _private_folder()
        self._log.parent.mkdir(parents=True, exist_ok=True)
        self._configuration = {"log_file": str(self._log)}
        if os.environ.get("PHASEBOOK_KERNELS") == "ordinary":
            self._answer = {"ordinary": "PHASEBOOK_KERNELS=ordinary"}
        elif not sys.platform.startswith("linux") or self._transport != "ipc":
            self._answer = {"ordinary": f"forking is not safe on {sys.platform}"}
        else:
            self._start_server()
        import phasebook.kernels.provisioner  # noqa: F401 - here, before there are threads that would import it

        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._control.close()  # the server ends its kernels and itself, unless it is still importing
            try:
                self._server.wait(5 if self._answer else 0)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def forked(self) -> bool:
        """Whether notebooks get forks (waits for the import)."""
        return bool(self._wait().get("ready"))

    @property
    def import_seconds(self) -> float | None:
        """Seconds that the server took to import; None without one (waits for the import)."""
        return self._wait().get("seconds")

    @property
    def failure(self) -> str | None:
        """Why TensorFlow could not be imported, else None (waits for the import; ordinary kernels do not know)."""
        return self._wait().get("failed")

    def arguments(self, notebook: str, folder: Path | None = None) -> dict[str, Any]:
        """Keyword arguments with which papermill.execute_notebook runs `notebook` (its name) in a fresh kernel.

        The kernel runs in `folder`, else in an empty one of its own. (papermill's own `cwd` changes the folder of
        the whole process, which threads share.)
        """
        from phasebook.kernels.provisioner import Manager

        self._wait()
        described = specification(self._python, self._variables, self._source, self._folder)
        described.metadata["kernel_provisioner"]["config"] = self._configuration
        base = self._folder / str(next(self._numbers))
        manager = type("NotebookManager", (Manager,), {
            "specification": described, "notebook": notebook, "folder": str(folder) if folder else None,
            "started": self._started, "stopped": self._stopped,
            "_transport_default": lambda _: self._transport, "_connection_file_default": lambda _: f"{base}.json",
        })  # fmt: skip
        return {
            "kernel_name": "python3",  # papermill's word for the language; the manager has its own kernelspec
            "language": "python",
            "kernel_manager_class": manager,
            "iopub_timeout": 60,  # seconds for a cell's last output; nbclient's 4 are too few on a busy machine
            "shutdown_kernel": "immediate",  # the records are here; nothing in the kernel is worth waiting for
        }

    def ending(self, notebook: str) -> str | None:
        """How the last kernel of `notebook` ended by itself ("was killed by SIGSEGV"); None when it did not."""
        from phasebook.kernels.provisioner import words

        provisioner = self._provisioner(notebook)
        if provisioner is None or provisioner.status is None or provisioner.ended_by_us:
            return None
        return words(provisioner.status)

    def kill(self, notebook: str) -> None:
        """Kill the kernel of a running notebook; its thread gets nbclient's DeadKernelError within a second."""
        provisioner = self._provisioner(notebook)
        if provisioner is not None:
            provisioner.deliver(signal.SIGKILL)

    def stop(self) -> None:
        """Kill every kernel and start no more: papermill raises an error within a second."""
        self._stopped.set()
        for notebook in list(self._started):
            self.kill(notebook)
        if self._server is not None and self._answer is None:
            self._server.kill()  # whoever waits for its import need not

    def _provisioner(self, notebook: str) -> "ForkProvisioner | None":
        """What watches the last kernel of `notebook`."""
        manager = self._started.get(notebook)
        return manager.provisioner if manager else None

    def _start_server(self) -> None:
        """Start the fork server; it imports while we go on."""
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = variables_of(self._python, self._variables, self._source, self._folder)
        script = str(self._source / "phaselab/fork_server.py")
        arguments = [script, "serve", str(theirs.fileno()), str(self._folder), str(os.getpid())]
        with theirs, self._log.open("ab") as log:
            self._server = subprocess.Popen(
                [str(self._python), *arguments], env=environment, cwd=self._folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[theirs.fileno()],
                start_new_session=True,
            )  # fmt: skip

    def _wait(self) -> dict[str, Any]:
        """What the server said when it had imported; from then on kernels are forked if they can be."""
        with self._waiting:
            if self._answer is None:
                self._answer = self._hear()
                if self._answer.get("ready"):
                    self._configuration["server"] = str(self._folder / "server")
                if "threads" in self._answer:
                    self._answer["ordinary"] = f"importing started threads: {', '.join(self._answer['threads'])}"
            reason = self._answer.pop("ordinary", None)
            if reason:
                self._say(f"ordinary kernels, not forks: {reason}")
            return self._answer

    def _hear(self) -> dict[str, Any]:
        """The server's first message, or what its silence means."""
        self._control.settimeout(IMPORT_LIMIT)
        try:
            message = self._control.recv(65536)
        except TimeoutError:
            return {"failed": f"importing TensorFlow took longer than {IMPORT_LIMIT:.0f} seconds"}
        if message:
            return dict(json.loads(message))
        from phasebook.kernels.provisioner import words

        assert self._server is not None
        return {"failed": f"the process that imported TensorFlow {words(self._server.wait())}"}


def specification(python: Path, variables: dict[str, str], source: Path, home: Path) -> "KernelSpec":
    """The kernelspec of an environment, as jupyter_client wants it; see `variables_of`."""
    from jupyter_client.kernelspec import KernelSpec

    return KernelSpec(
        argv=[str(python), str(source / "phaselab/fork_server.py"), "kernel", "-f", "{connection_file}"],
        env=variables_of(python, variables, source, home),
        display_name=python.parent.parent.name,
        language="python",
        metadata={"kernel_provisioner": {"provisioner_name": "phasebook-fork", "config": {}}},
    )


def variables_of(python: Path, variables: dict[str, str], source: Path, home: Path) -> dict[str, str]:
    """What the kernels of an environment see: these variables and no others of the user's.

    `home` stands for the home and temporary folder, so that no configuration file of the user is read.
    """
    matplotlib = cache() / "matplotlib" / sha256(str(python).encode()).hexdigest()[:12]  # fonts, found once
    environment = {name: os.environ[name] for name in KEPT if name in os.environ} | FIXED
    environment |= {"PYTHONPATH": str(source), "MPLCONFIGDIR": str(matplotlib)}
    environment |= {"IPYTHONDIR": str(home / "ipython")}
    return environment | dict.fromkeys(("HOME", "TMPDIR", "TEMP", "TMP"), str(home)) | variables


def _private_folder() -> tuple[Path, str]:
    """A new folder for sockets and scratch files, and "ipc" if its path is short enough for Unix sockets."""
    for base in (tempfile.gettempdir(), "/tmp"):
        if len(base) <= LONGEST_FOLDER and Path(base).is_dir():
            return Path(tempfile.mkdtemp(prefix="pb-", dir=base)), "ipc"
    return Path(tempfile.mkdtemp(prefix="pb-")), "tcp"
