"""What a long run shows: bars on a terminal, plain lines elsewhere."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from phasebook.project.errors import for_terminal


class Progress:
    """Progress over columns; its methods may be called from any thread."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.bars: Bars | None = None
        self.whole = TaskID(0)
        self.tasks: dict[str, TaskID] = {}
        self.seconds: Mapping[str, float] = {}
        self.done = 0
        self.failed = 0
        self.lock = threading.Lock()

    def say(self, line: str) -> None:
        """One line that stays."""
        self.console.print(for_terminal(line), soft_wrap=True, markup=False, highlight=False, emoji=False)

    @contextmanager
    def over(self, seconds: Mapping[str, float]) -> Iterator[None]:
        """Show bars, on a terminal, while these columns run; `seconds` is what each is thought to take."""
        self.seconds = seconds
        if not self.console.is_terminal:
            yield
            return
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(20),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        with Bars(*columns, console=self.console, transient=True) as self.bars:
            self.whole = self.bars.add_task(self._counted(), total=sum(seconds.values()))
            try:
                yield
            finally:
                self.bars = None

    def start(self, column: str) -> None:
        """A column has begun."""
        if self.bars:
            self.tasks[column] = self.bars.add_task(column, total=None)
        else:
            self.say(f"{column}: started")

    def tell(self, column: str, line: str) -> None:
        """What a column is doing now."""
        if self.bars:
            self.bars.update(self.tasks[column], description=for_terminal(f"{column}: {line}")[:70])
        else:
            self.say(f"{column}: {line}")

    def finish(self, column: str, failure: str | None) -> None:
        """A column has ended, well or not."""
        with self.lock:
            self.done += 1
            self.failed += failure is not None
        if self.bars:
            self.bars.remove_task(self.tasks.pop(column))
            self.bars.update(self.whole, advance=self.seconds[column], description=self._counted())
        ending = f"failed: {failure}" if failure else "settled"
        self.say(f"{column}: {ending} ({self.done} of {len(self.seconds)})")

    def _counted(self) -> str:
        failed = f", {self.failed} failed" if self.failed else ""
        return f"{self.done} of {len(self.seconds)} columns done{failed}"
