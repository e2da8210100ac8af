"""What a bar shows: a title that is cut to the room that numbers leave, and times in words."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions
from rich.measure import Measurement
from rich.progress import BarColumn, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.style import Style
from rich.table import Column
from rich.text import Text

from orchestrator.console import duration

WIDE = 100
"""Columns of a terminal with room for long bars and for units."""

NARROW = 60
"""Columns below which there is no room for bars."""


@dataclass(frozen=True)
class CutTitle:
    """A line that loses its middle where it has no room: its end, such as a seed, tells most.

    Attributes:
        text: the whole line.
        style: how it is printed.
    """

    text: str
    style: str | Style = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        yield Text(cut_middle(self.text, options.max_width), self.style, no_wrap=True, end="")

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        whole = Text(self.text).cell_len
        return Measurement(min(whole, 10), whole).with_maximum(options.max_width)


def cut_middle(text: str, width: int) -> str:
    """A text of at most some columns, without its middle if it is longer.

    Example:
        >>> cut_middle("pocket_realdigits / zip / 16 shots / seed 1", 30)
        'pocket_realdigi…hots / seed 1'
    """
    line = Text(text)
    if line.cell_len <= width:
        return text
    head, tail = line.copy(), Text(text[::-1])
    head.truncate(max(0, width // 2))
    tail.truncate(max(0, width - 1 - width // 2))
    return f"{head.plain}…{tail.plain[::-1]}"[: max(0, width)]


class _Title(ProgressColumn):
    """The title of a cell, or how far the run is; the only column that gives way."""

    def render(self, task: Task) -> CutTitle:
        return CutTitle(task.description, "bold" if task.fields.get("whole") else "")


class _Left(ProgressColumn):
    """About how long it still takes."""

    def __init__(self, *, wide: bool) -> None:
        super().__init__(Column(no_wrap=True, justify="right"))
        self._wide = wide

    def render(self, task: Task) -> Text:
        seconds = task.fields.get("left")
        if seconds is None:
            return Text("? left" if task.fields.get("whole") else "?")
        told = duration(seconds)
        if not task.fields.get("whole"):
            return Text(told)
        return Text(f"about {told} left" if self._wide else f"~{told} left")


def columns_for(width: int) -> tuple[ProgressColumn, ...]:
    """The columns of a progress display that fit a terminal: titles give way, numbers don't."""
    wide = width >= WIDE
    unit = " queries" if wide else ""
    whole = Column(no_wrap=True, justify="right")
    counts = TextColumn(f"{{task.completed:,.0f}}/{{task.total:,.0f}}{unit}", table_column=whole)
    bar = [BarColumn(bar_width=24 if wide else 8)] if width >= NARROW else []
    elapsed = TimeElapsedColumn(Column(no_wrap=True, justify="right"))
    return (_Title(), *bar, counts, elapsed, _Left(wide=wide))
