"""What a bar shows: a title that is cut to the room that numbers leave, and times in words."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.cells import cell_len
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

LEAST = 4
"""Columns that a part of a title keeps."""

_BETWEEN = " / "


@dataclass(frozen=True)
class CutTitle:
    """A line that is cut where it has no room, so that each of its parts is still told.

    Attributes:
        text: the whole line.
        style: how it is printed.
    """

    text: str
    style: str | Style = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        yield Text(cut_title(self.text, options.max_width), self.style, no_wrap=True, end="")

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        whole = Text(self.text).cell_len
        return Measurement(min(whole, 10), whole).with_maximum(options.max_width)


def cut_title(text: str, width: int) -> str:
    """A title of at most some columns: its longest parts lose their ends first, then its middle.

    The last part, such as the seed, is kept: often it alone tells two titles apart.

    Example:
        >>> cut_title("pocket_realdigits / bar / 16 shots / seed 1", 38)
        'pocket_real… / bar / 16 shots / seed 1'
    """
    parts = text.split(_BETWEEN)
    while len(parts) > 1 and cell_len(_BETWEEN.join(parts)) > width:
        longest = max(range(len(parts) - 1), key=lambda place: cell_len(parts[place]))
        room = cell_len(parts[longest]) - 1
        if room < LEAST:
            break
        parts[longest] = _shortened(parts[longest], room)
    return _without_middle(_BETWEEN.join(parts), width)


def _shortened(part: str, room: int) -> str:
    """The beginning of a part, with a sign that something is missing."""
    line = Text(part.removesuffix("…"))
    line.truncate(room - 1)
    return f"{line.plain}…"


def _without_middle(text: str, width: int) -> str:
    if cell_len(text) <= width:
        return text
    head, tail = Text(text), Text(text[::-1])
    head.truncate(width // 2)
    tail.truncate(max(0, width - 1 - width // 2))
    return f"{head.plain}…{tail.plain[::-1]}"


def time_told(likely: float | None, least: float, *, wide: bool = True) -> str:
    """How long something takes, in words; empty if hardly anything is known.

    Args:
        likely: seconds that it takes about; None if too little is known.
        least: seconds that it takes at least.
        wide: whether there is room for words.

    Example:
        >>> time_told(40, 40), time_told(None, 720), time_told(None, 720, wide=False)
        ('about 40 s', 'at least 12 min', '>12 min')
    """
    if likely is not None:
        return f"{'about ' if wide else '~'}{duration(likely)}"
    return f"{'at least ' if wide else '>'}{duration(least)}" if least >= 1 else ""


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
        if not task.fields.get("whole"):
            return Text("?" if seconds is None else duration(seconds))
        told = time_told(seconds, task.fields.get("least", 0.0), wide=self._wide)
        return Text(f"{told or '?'} left")


def columns_for(width: int) -> tuple[ProgressColumn, ...]:
    """The columns of a progress display that fit a terminal: titles give way, numbers don't."""
    wide = width >= WIDE
    unit = " queries" if wide else ""
    whole = Column(no_wrap=True, justify="right")
    counts = TextColumn(f"{{task.completed:,.0f}}/{{task.total:,.0f}}{unit}", table_column=whole)
    bar = [BarColumn(bar_width=24 if wide else 8)] if width >= NARROW else []
    elapsed = TimeElapsedColumn(Column(no_wrap=True, justify="right"))
    return (_Title(), *bar, counts, elapsed, _Left(wide=wide))
