"""`python -m phasebook`, as the Makefile calls it; a Ctrl-C while the rest is imported is one line, too."""

import os
import signal


def leave(number: int, _: object) -> None:
    """End at once: nothing has begun yet."""
    os.write(2, b"phasebook: stopped before anything began\n")
    os._exit(128 + number)


for signal_number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(signal_number, leave)

from phasebook.cli import main  # noqa: E402 - imports for a fifth of a second

main()
