"""The one exception for what a user can mend; the command line prints it as a line and exits."""


class Problem(Exception):  # noqa: N818 - a message for people, not a fault of the program
    """One clear line that names the file, the value and the way out.

    `status` is the exit status: 2 for a mistake in what was given, 1 for what could not be done.
    """

    def __init__(self, message: str, status: int = 2) -> None:
        super().__init__(message)
        self.status = status


def for_terminal(text: str) -> str:
    """`text` with every control character but the line's end made visible, so that none can act on a terminal."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "\N{REPLACEMENT CHARACTER}" for sign in text)
