"""`python -m phasebook`, the entry point; a Ctrl-C during the imports prints one line, too."""

import os
import signal


def leave(number: int, _: object) -> None:
    """Exit at once: nothing has started yet."""
    os.write(2, b"phasebook: stopped before anything began\n")
    os._exit(128 + number)


for signal_number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(signal_number, leave)

from phasebook.cli import main  # noqa: E402 - imports for a fifth of a second

main()
