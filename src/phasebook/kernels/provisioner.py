"""How jupyter_client starts, watches and ends one kernel.

src/phaselab/fork_server.py is the other side of the connection and describes its messages.
"""

import asyncio
import json
import os
import signal
import socket
import time
from pathlib import Path
from queue import Empty
from threading import Event
from typing import Any

from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner
from traitlets import Unicode


class ForkProvisioner(LocalProvisioner):  # type: ignore[misc]
    """Gets a kernel from the fork server at `server`; without one, or when it is gone, starts an ordinary one.

    jupyter_client makes it for kernelspecs that name "phasebook-fork". The connection to the server lives as
    long as the kernel: when the process that holds it dies, the server ends the kernel.
    """

    server = Unicode("")
    log_file = Unicode(os.devnull)
    connection: socket.socket | None = None
    pid: int | None = None
    listens = False
    status: int | None = None  # exit status once the kernel has ended, negative for a signal
    ended_by_us = False

    @property
    def has_process(self) -> bool:
        """Whether a kernel runs, or has ended and nobody has waited for it yet."""
        return self.connection is not None or bool(super().has_process)

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Prepare as for a local kernel, but with the variables of the kernelspec alone."""
        return dict(await super().pre_launch(**{**kwargs, "env": {}}))

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start the kernel; a forked one listens when this returns. Raises RuntimeError when it ended before."""
        connection_file = cmd[cmd.index("-f") + 1]
        folder = Path(kwargs.get("cwd") or Path(connection_file).with_suffix(""))
        folder.mkdir(exist_ok=True)
        self.connection, self.listens, self.status = self._connect(), False, None
        if self.connection is None:
            with Path(self.log_file).open("ab") as log:
                kwargs |= {"cwd": str(folder), "stdout": log, "stderr": log}
                return await super().launch_kernel(cmd, **kwargs)
        self.connection.sendall(json.dumps({"kernel": connection_file, "folder": str(folder)}).encode())
        while not self.listens:
            if await self.poll() is not None:
                raise RuntimeError(f"the kernel {words(self.status)} while it started")
            await asyncio.sleep(0.002)
        return self.connection_info

    def _connect(self) -> socket.socket | None:
        """A connection to the fork server; None if there is none, or it is gone."""
        if not self.server:
            return None
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            connection.connect(self.server)
        except OSError as error:
            connection.close()
            self.log.warning("the fork server is gone (%s): starting an ordinary kernel", error.strerror)
            return None
        connection.setblocking(False)
        return connection

    async def poll(self) -> int | None:
        """None while the kernel runs, else its exit status, negative for a signal."""
        if self.connection is None:
            if self.process is not None:
                self.status = self.process.poll()
            return 0 if self.status is None and self.process is None else self.status
        while self.status is None:
            try:
                message = self.connection.recv(4096)
            except BlockingIOError:
                return None
            except OSError:
                message = b""
            # A connection that closes without a word: the server was killed, and Linux killed the kernel with it.
            self._note(json.loads(message) if message else {"exit": -signal.SIGKILL})
        return self.status

    def _note(self, message: dict[str, Any]) -> None:
        """Remember what the server says; raises RuntimeError when it says that it cannot fork."""
        if "refused" in message:
            raise RuntimeError(f"no kernel could be forked: {message['refused']}")
        self.pid = message.get("pid", self.pid)
        self.listens = message.get("ready", self.listens)
        self.status = message.get("exit", self.status)

    async def wait(self) -> int | None:
        """Wait for the kernel's end and let go of it."""
        while await self.poll() is None:
            await asyncio.sleep(0.005)
        if self.connection is None:
            await super().wait()
        else:
            self.connection.close()
            self.connection = None
        return self.status

    def deliver(self, number: int) -> None:
        """Signal the kernel and what it started; other threads may call this too."""
        try:
            if self.connection is not None:
                self.connection.sendall(json.dumps({"signal": int(number)}).encode())
            elif self.process is not None and self.process.poll() is None:
                os.killpg(self.process.pid, number)
        except OSError:
            pass  # it has ended already

    async def send_signal(self, signum: int) -> None:
        """Signal the kernel and what it started."""
        self.deliver(signum)

    async def kill(self, restart: bool = False) -> None:
        """Kill the kernel and wait until it is gone, which takes milliseconds."""
        self.ended_by_us = await self.poll() is None
        self.deliver(signal.SIGKILL)
        while await self.poll() is None:
            await asyncio.sleep(0.002)

    async def terminate(self, restart: bool = False) -> None:
        """Ask the kernel to end."""
        self.ended_by_us = await self.poll() is None
        self.deliver(signal.SIGTERM)


class Client(AsyncKernelClient):  # type: ignore[misc]
    """A client that starts on the kernel's word instead of after 0.2 seconds of silence."""

    def start_channels(self, *arguments: Any, **options: Any) -> None:
        """Open the channels but the heartbeat, a thread per kernel: the manager knows when the process ends."""
        super().start_channels(*arguments, **{**options, "hb": False})

    async def wait_for_ready(self, timeout: float | None = None) -> None:
        """Wait until the kernel answers on both channels; raises RuntimeError when it died or took too long."""
        end = time.monotonic() + (timeout or 60)
        while time.monotonic() < end:
            if await self._answers(self.kernel_info()):
                return
            if not await self.is_alive():
                raise RuntimeError("Kernel died before replying to kernel_info")
        raise RuntimeError(f"Kernel did not respond in {timeout} seconds")

    async def _answers(self, request: str) -> bool:
        """Whether the reply to `request` came, and the `idle` after it: what is sent before we listen is lost."""
        try:
            self._handle_kernel_info_reply(await _about(request, self.shell_channel, 1.0))
            while (await _about(request, self.iopub_channel, 0.2))["content"].get("execution_state") != "idle":
                pass
        except Empty:
            return False
        return True


async def _about(request: str, channel: Any, seconds: float) -> dict[str, Any]:
    """The next message on `channel` that belongs to `request`; raises Empty after `seconds` of silence."""
    while True:
        message: dict[str, Any] = await channel.get_msg(timeout=seconds)
        if message["parent_header"].get("msg_id") == request:
            return message


class Manager(AsyncKernelManager):  # type: ignore[misc]
    """A manager bound to one kernelspec and one notebook, which a subclass names."""

    specification: KernelSpec
    notebook: str
    folder: str | None
    started: dict[str, "Manager"]
    stopped: Event

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.client_factory = Client
        self.started[self.notebook] = self

    async def start_kernel(self, **options: Any) -> None:
        """Start the kernel; raises RuntimeError, and leaves none behind, when all kernels are to stop."""
        await self._async_start_kernel(**{**options, "cwd": self.folder})
        if self.stopped.is_set():
            await self.shutdown_kernel(now=True)
            raise RuntimeError("the kernels were stopped")

    @property
    def kernel_spec(self) -> KernelSpec:
        """The kernelspec, whatever kernels are installed on this machine."""
        return self.specification


def words(status: int | None) -> str:
    """How a process ended, in words that follow "the kernel": "was killed by SIGSEGV"."""
    if status is None:
        return "is running"
    if status >= 0:
        return f"ended itself with exit status {status}"
    names = {number.value: number.name for number in signal.Signals}
    hint = " (the memory may have run out)" if names.get(-status) == "SIGKILL" else ""
    return f"was killed by {names.get(-status, f'signal {-status}')}{hint}"
