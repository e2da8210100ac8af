"""Tables whose names are cut so that their numbers fit on the terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.console import Console
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

from orchestrator.analysis.short_names import LEAST, shares, short_names
from orchestrator.console import plain_table

_LEAST = 8
"""Width of a column of names below which columns of numbers are left out."""

_LONGEST_HEADER = 18
"""Width of the longest word in a header: names of datasets may be far longer."""


@dataclass(frozen=True)
class Line:
    """A row of a table.

    Attributes:
        names: what stands in the first columns, and may be cut.
        cells: what stands in the others, whole.
        style: of the row.
        heading: whether it stands above rows, and is folded rather than given room of its own.
    """

    names: tuple[str, ...]
    cells: tuple[Text | str, ...]
    style: str = ""
    heading: bool = False


@dataclass(frozen=True)
class FittingTable:
    """A table of names and numbers.

    Attributes:
        names: headers of the columns of names.
        headers: those of the others.
        lines: its rows.
        title: above it.
        sections: whether a gap stands between rows of different first names.
        dense: leaves no room between columns.
        folds: lines that a long name may take before it is cut.
        wrapping: columns of texts rather than numbers, which may take several lines, with the
            least width of each.
        header_room: letters of the words in headers, which fold at underscores then; None for
            whole names of usual length.
    """

    names: tuple[str, ...]
    headers: tuple[str, ...]
    lines: tuple[Line, ...]
    title: str
    sections: bool = False
    dense: bool = False
    folds: int = 1
    wrapping: Mapping[int, int] = field(default_factory=dict)
    header_room: int | None = None

    def fits(self, console: Console, least: int | None = None) -> bool:
        """Whether nothing has to be left out, or cut.

        Args:
            console: where it is shown.
            least: width to which names may be cut; None for whole names.
        """
        names = [width if least is None else min(width, least) for width in self._wanted]
        title = self.title if least is None else ""
        return _width(self._table(names, self._contents, title)) <= console.width

    def show(self, console: Console) -> None:
        """Prints it. Names are cut to the room there is, and columns that don't fit left out."""
        if self.fits(console):
            console.print(self._table(self._wanted, None, self.title))
            return
        kept, title = self._kept(console), self.title
        if left := len(self.headers) - len(kept):
            title += f" (no room for {left} more column{'s' if left > 1 else ''})"
        rooms = shares(self._wanted, console.width - self._taken(kept))
        console.print(self._table(rooms, kept, title))

    def _kept(self, console: Console) -> list[int]:
        """Widths of the columns beside which names still have some room; at least one."""
        least = sum(min(width, _LEAST) for width in self._wanted)
        kept = self._contents
        while len(kept) > 1 and console.width - self._taken(kept) < least:
            kept = kept[:-1]
        return kept

    def _taken(self, kept: Sequence[int]) -> int:
        """Width of all but the names."""
        return _width(self._table([0] * len(self.names), kept, ""))

    @property
    def _wanted(self) -> list[int]:
        """Widths of the columns of names, were nothing cut."""
        rows = [self.names, *(line.names for line in self.lines if not line.heading)]
        return [max(map(cell_len, column)) for column in zip(*rows, strict=True)]

    @property
    def _contents(self) -> list[int]:
        """Widths of the other columns that keep cells whole, and words of headers."""
        rows = [line.cells for line in self.lines]
        return [
            self.wrapping.get(place)
            or max(
                *(cell_len(str(row[place])) for row in rows),
                *(cell_len(word) for word in self._header(place).split()),
            )
            for place in range(len(self.headers))
        ]

    def _header(self, place: int) -> str:
        words = (word for header in self.headers for word in self._words(header))
        short = short_names(words, self._room, least=min(LEAST, self._room))
        return " ".join(short[word] for word in self._words(self.headers[place]))

    @property
    def _room(self) -> int:
        return _LONGEST_HEADER if self.header_room is None else self.header_room

    def _words(self, header: str) -> list[str]:
        return (header if self.header_room is None else header.replace("_", " ")).split()

    def _table(self, names: Sequence[int], others: Sequence[int] | None, title: str) -> Table:
        """The table with columns of these widths; None leaves columns of numbers to rich."""
        kept = len(self.headers) if others is None else len(others)
        widths = [None] * kept if others is None else others
        table = plain_table(
            *(
                Column(Text(name), width=width, no_wrap=self.folds == 1, overflow="fold")
                for name, width in zip(self.names, names, strict=True)
            ),
            *(self._column(place, width) for place, width in enumerate(widths)),
            title=title or None,
            dense=self.dense,
        )
        named = [line.names for line in self.lines if not line.heading]
        cut = [
            short_names((given[place] for given in named), room * self.folds)
            for place, room in enumerate(names)
        ]
        for number, line in enumerate(self.lines, start=1):
            if line.heading:
                table.add_row(Text(line.names[0], style="italic", no_wrap=False), style=line.style)
                continue
            shown = (Text(cut[place][name]) for place, name in enumerate(line.names))
            gap = self.sections and self._ends_section(number)
            table.add_row(*shown, *line.cells[:kept], end_section=gap, style=line.style)
        return table

    def _column(self, place: int, width: int | None) -> Column:
        header = Text(self._header(place))
        if place in self.wrapping:
            return Column(header, width=width, min_width=self.wrapping[place])
        return Column(header, width=width, justify="right")

    def _ends_section(self, number: int) -> bool:
        """Whether other first names follow a row, the first row being number 1."""
        if number == len(self.lines):
            return True
        return self.lines[number].names[0] != self.lines[number - 1].names[0]


def _width(table: Table) -> int:
    console = Console(width=100_000)
    return Measurement.get(console, console.options, table).maximum
