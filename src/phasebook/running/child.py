"""The process of one column (column.py), as seen by the one who starts it."""

import subprocess
import sys
import tempfile
from contextlib import suppress

import msgspec

from phasebook.project.messages import Say
from phasebook.running.column import GRACE, Message, Order


class Child:
    """A process that runs one column, and ends when this one does, however it ends."""

    def __init__(self) -> None:
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 - `follow` closes it
        self.process = subprocess.Popen(
            [sys.executable, "-m", "phasebook.running.column"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, start_new_session=True,
        )  # fmt: skip

    def follow(self, order: Order, say: Say) -> Message:
        """Give it its order, pass on what it says and return its last message, when it has ended."""
        assert self.process.stdin and self.process.stdout
        end = None
        with suppress(BrokenPipeError):
            self.process.stdin.write(msgspec.json.encode(order) + b"\n")
            self.process.stdin.flush()
        for line in self.process.stdout:
            with suppress(msgspec.DecodeError):  # a library may print too
                message = msgspec.json.decode(line, type=Message)
                if message.say is not None:
                    say(message.say)
                if message.done:
                    end = message
        status = self.process.wait()
        with self.log:
            self.log.seek(0)
            words = self.log.read().decode(errors="replace").strip().splitlines()
        lost = f"its process ended with status {status}: {words[-1] if words else 'no word'}"
        return end or Message(done=True, problem=lost)

    def stop(self) -> None:
        """Tell it to end; `kill` ends it where it does not."""
        if self.process.stdin:
            with suppress(OSError):
                self.process.stdin.close()

    def kill(self) -> None:
        """Wait for its end for a while, then end it."""
        try:
            self.process.wait(GRACE + 5)
        except subprocess.TimeoutExpired:
            self.process.kill()
