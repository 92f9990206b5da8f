"""Start notebook kernels inside a TensorFlow environment: as forks of one process, or as one ordinary process.

phasebook.kernels runs this file by its path: `fork_server.py serve SOCKET FOLDER PARENT`, or `... kernel -f FILE`.
The server imports TensorFlow once and runs nothing; it answers on FOLDER/server, one connection per kernel:
{"kernel": connection file, "folder": working folder} starts one, {"signal": n} reaches it, closing ends it;
back come {"pid": n}, {"ready": true} (sent by the kernel itself) and {"exit": status, negative for a signal},
or {"refused": reason} where no fork could be made.
"""

import contextlib
import ctypes
import gc
import importlib
import json
import os
import selectors
import shutil
import signal
import socket
import sys
import threading
import time

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
PRELOADED = (
    "numpy",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "matplotlib.figure",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "tornado.platform.asyncio",
    "phaselab",
)


def main(arguments):
    """Run what the command line asks for; a forked kernel leaves the server's loop and goes on as a kernel."""
    sys.modules["debugpy"] = None  # ipykernel does without; its import takes 0.1 s and patches threading and fork
    if arguments[0] == "kernel":
        end_with_parent(signal.SIGKILL, None)
        run_kernel(arguments[1:])
        return
    descriptor, folder, parent = arguments[1:]
    request = Server(int(descriptor), folder, int(parent)).serve()
    if request:
        become_kernel(request["folder"])
        run_kernel(["-f", request["kernel"]], request["connection"])


class Server:
    """One process that has imported everything and forks kernels; when its parent ends, it ends them all."""

    def __init__(self, descriptor, folder, parent):
        """Belong to process `parent`, which holds the other end of socket `descriptor`; keep files in `folder`."""
        self.control = socket.socket(fileno=descriptor)
        self.folder = folder
        self.parent = parent
        self.kernels = {}  # process id -> connection of the one who asked for it
        self.selector = selectors.DefaultSelector()
        signal.signal(signal.SIGUSR1, lambda *_: self.leave_if_orphaned())
        end_with_parent(signal.SIGUSR1, parent)

    def serve(self):
        """Import, report on the control socket, answer; return only in a forked kernel, with its request."""
        started = time.monotonic()
        gc.disable()  # what an import makes stays: to look through it for garbage takes half a second
        try:
            preload()
        except BaseException as error:  # whatever an import raises is the answer, SystemExit too
            send(self.control, {"failed": "{}: {}".format(type(error).__name__, error)[:2000]})
            raise
        seconds = time.monotonic() - started
        threads = unknown_threads()
        if threads:
            send(self.control, {"threads": threads, "seconds": seconds})
            return None
        gc.freeze()  # keeps the collector from touching, and so copying, the pages shared with the forks
        gc.enable()
        listener = self.listen()
        send(self.control, {"ready": True, "seconds": seconds})
        return self.answer(listener)

    def listen(self):
        """Open the socket that kernels are asked for on, and a wake-up for children that ended."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(os.path.join(self.folder, "server"))
        listener.listen(64)
        self.bell, ring = socket.socketpair()
        for end in (self.bell, ring):
            end.setblocking(False)
        self.ring = ring
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(ring.fileno(), warn_on_full_buffer=False)
        for one in (self.control, listener, self.bell):
            self.selector.register(one, selectors.EVENT_READ)
        return listener

    def answer(self, listener):
        """Serve until the parent is gone; return only in a forked kernel."""
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.control:
                    self.leave()
                elif key.fileobj is self.bell:
                    self.bell.recv(4096)
                    self.report_ended()
                elif key.fileobj is listener:
                    self.selector.register(listener.accept()[0], selectors.EVENT_READ, [])
                else:
                    request = self.hear(key.fileobj, key.data)
                    if request:
                        listener.close()
                        return request

    def hear(self, connection, pids):
        """Act on one message of one connection; return a request only in the kernel forked for it."""
        try:
            message = connection.recv(65536)
        except OSError:
            message = b""
        if not message:
            self.selector.unregister(connection)
            connection.close()
            for pid in pids:
                kill_group(pid, signal.SIGKILL)
            return None
        request = json.loads(message.decode())
        if "signal" in request:
            for pid in pids:
                kill_group(pid, request["signal"])
            return None
        return self.fork(connection, pids, request)

    def fork(self, connection, pids, request):
        """Fork a kernel; return its request in the kernel, nothing in the server."""
        server = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:  # no memory, or too many processes: the kernels that run are not to suffer
            send(connection, {"refused": str(error)})
            return None
        if pid:
            pids.append(pid)
            self.kernels[pid] = connection
            send(connection, {"pid": pid})
            return None
        os.setsid()
        end_with_parent(signal.SIGKILL, server)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGUSR1):
            signal.signal(number, signal.SIG_DFL)
        for key in list(self.selector.get_map().values()):
            if key.fileobj is not connection:
                key.fileobj.close()
        self.ring.close()
        self.selector.close()
        return dict(request, connection=connection)

    def report_ended(self):
        """Tell who asked for it how each ended kernel ended; what the kernel itself had started ends with it."""
        while True:
            try:
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            kill_group(ended.si_pid, signal.SIGKILL)
            os.waitpid(ended.si_pid, 0)
            connection = self.kernels.pop(ended.si_pid, None)
            if connection is None:  # a process that an import left behind
                continue
            if connection.fileno() >= 0:
                self.selector.get_key(connection).data.remove(ended.si_pid)
                exited = ended.si_code == os.CLD_EXITED
                send(connection, {"exit": ended.si_status if exited else -ended.si_status})

    def leave_if_orphaned(self):
        """Leave when the parent process is gone; Linux signals also when only the thread that started us ends."""
        if os.getppid() != self.parent:
            self.leave()

    def leave(self):
        """End every kernel and what it started, remove the folder, and end."""
        for pid in self.kernels:
            kill_group(pid, signal.SIGKILL)
        for pid in self.kernels:  # a kernel that still runs would write into the folder
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
        shutil.rmtree(self.folder, ignore_errors=True)
        os._exit(0)


def preload():
    """Import what every notebook imports; touch tf.keras, which TensorFlow loads only when it is first used.

    Raises whatever the import of TensorFlow or of the kernel raises; the rest is only for speed.
    """
    import ipykernel.ipkernel
    import ipykernel.kernelapp
    import tensorflow

    assert ipykernel and tensorflow.keras.layers.Dense
    for name in PRELOADED:
        try:
            importlib.import_module(name)
        except ImportError as error:
            print("not preloaded: {}".format(error), file=sys.stderr)


def unknown_threads():
    """Name the threads of this process beside the one that runs Python; after a fork they would be gone."""
    names = []
    for task in os.listdir("/proc/self/task"):
        if int(task) != os.getpid():
            with open("/proc/self/task/{}/comm".format(task)) as name:
                names.append(name.read().strip())
    python = [thread.name for thread in threading.enumerate() if thread is not threading.current_thread()]
    return sorted(names + python) if names or python else []


def end_with_parent(number, parent):
    """Ask Linux to signal this process when the thread that started it ends; leave at once if `parent` is gone."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if parent is not None and os.getppid() != parent:
        os._exit(0)


def become_kernel(folder):
    """Give a fork what an ordinary kernel has from the start: its own folder, its own random numbers."""
    os.chdir(folder)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()


def run_kernel(arguments, connection=None):
    """Run an IPython kernel on the connection file in `arguments`; say on `connection` when it listens."""
    prefer_to_be_killed()
    from ipykernel.kernelapp import IPKernelApp
    from traitlets.config import Config

    class KernelApp(IPKernelApp):
        """A kernel that reads nobody's configuration."""

        name = "ipython-kernel"

        def load_config_file(self, *_, **__):
            """Read no configuration file: a result must not depend on whose machine it was made on."""

    sys.argv = ["ipykernel_launcher.py", *arguments]
    settings = Config({"HistoryManager": {"enabled": False}})
    if connection is not None:
        settings.IPKernelApp.parent_handle = 1  # no thread that polls for the parent: Linux watches it
    application = KernelApp.instance(config=settings)
    application.initialize(arguments)
    if connection is not None:
        send(connection, {"ready": True})
        connection.close()
    application.start()


def prefer_to_be_killed():
    """When memory runs out, let Linux end a kernel, not the server or the program that waits for it."""
    try:
        with open("/proc/self/oom_score_adj", "w") as score:
            score.write("500")
    except OSError:
        pass


def send(connection, message):
    """Send one message; whoever does not listen any more needs no answer."""
    with contextlib.suppress(OSError):
        connection.sendall(json.dumps(message).encode())


def kill_group(pid, number):
    """Signal a kernel and what it started; it may have ended, or not have left our group yet."""
    for deliver in (os.killpg, os.kill):
        try:
            deliver(pid, number)
            return
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    sys.path.pop(0)  # the folder of this file, whose modules are to be found as phaselab.* only
    main(sys.argv[1:])
