"""How work under way speaks to its user."""

from collections.abc import Callable

Say = Callable[[str], None]
"""Takes one line of progress; only commands decide where it is printed."""
