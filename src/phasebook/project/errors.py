"""Errors that end a command, and text made safe for a terminal."""

LONGEST_LINE = 4000  # characters that one message may have


class Problem(Exception):  # noqa: N818 - a message for people, not a fault of the program
    """One clear line that names the file, the value and the way out.

    `status` is the exit status: 2 for a mistake in what was given, 1 for what could not be done.
    """

    def __init__(self, message: str, status: int = 2) -> None:
        super().__init__(message)
        self.status = status


class NotNow(Problem):
    """A Problem of the network or the disk: it says nothing about what was asked for, which may work later."""

    def __init__(self, message: str) -> None:
        super().__init__(message, 1)


class Stopped(BaseException):
    """The user's Ctrl-C, or a request to end; its argument is the signal's number."""


def for_terminal(text: str) -> str:
    """`text` as one line without control characters, so that nothing in it acts on a terminal or poses as a line.

    Lines are joined by a space; what is longer than LONGEST_LINE is cut with a note.
    """
    line = " ".join(text[:LONGEST_LINE].splitlines())
    if len(text) > LONGEST_LINE:
        line += f" ... ({len(text)} characters in all)"
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in line)
