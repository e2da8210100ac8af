"""Tables as CSV, LaTeX and Markdown."""

import re
from collections.abc import Iterator

import pandas as pd

from orchestrator.analysis.report.blocks import TableBlock, TableCell, cell_of

GROUP = "access"
"""Title of the column of row groups, which are what methods need of a black box."""

_SPECIAL = {
    "\\": r"\textbackslash{}",
    **{char: f"\\{char}" for char in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    # In LaTeX's own font encoding, these three are other signs: > is an upside-down question mark.
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "±": r"$\pm$",
    "†": r"$^\dagger$",
    "‡": r"$^\ddagger$",
    "→": r"$\rightarrow$",
    "≥": r"$\geq$",
}


_DASHES = re.compile("-(?=-)")
"""Of two in a row, LaTeX would make a single longer one."""


def as_csv(table: TableBlock) -> str:
    """The table as it is shown, marks included; groups of rows as the last column."""
    rows = [[cell_of(cell).shown for cell in row] for row in table.rows]
    header: tuple[str, ...] = table.header
    if table.row_groups:
        header = (*header, GROUP)
        rows = [[*row, group] for row, group in zip(rows, table.row_groups, strict=True)]
    return str(pd.DataFrame(rows, columns=header).to_csv(index=False, lineterminator="\n"))


def as_latex(table: TableBlock) -> str:
    """A `table` environment in booktabs' style; needs `\\usepackage{booktabs}`."""
    numeric = len(table.header) - table.numeric_from
    columns = [escape(name) for name in table.header]
    header = (
        pd.MultiIndex.from_arrays([[*map(escape, table.column_groups)], columns])
        if table.column_groups
        else columns
    )
    styled = pd.DataFrame([*_latex_rows(table)], columns=header).style
    return str(
        styled.hide(axis="index").to_latex(
            column_format="l" * (len(table.header) - max(numeric, 0)) + "r" * numeric,
            position_float="centering",
            hrules=True,
            multicol_align="c",
            caption=escape(table.caption),
            label=f"tab:{table.name}",
        )
    )


def as_markdown(table: TableBlock) -> str:
    """A GitHub table with its caption; groups of rows as rows of their own."""
    lines: list[tuple[str, ...]] = [table.header, tuple("---" for _ in table.header)]
    for place, row in enumerate(table.rows):
        if group := table.opened_group(place):
            lines.append((f"*{_markdown_text(group)}*", *("" for _ in row[1:])))
        lines.append(tuple(_markdown_cell(cell_of(cell)) for cell in row))
    body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    heading = f"## {table.title}\n\n" if table.title else ""
    return f"{heading}{body}\n\n{table.caption}\n"


def escape(text: str) -> str:
    """Plain text as LaTeX."""
    escaped = "".join(_SPECIAL.get(char, char) for char in text)
    escaped = _DASHES.sub("-{}", escaped)
    # At the start of a row, LaTeX would take these for an argument of the row before.
    return f"{{{escaped[0]}}}{escaped[1:]}" if escaped.startswith(("[", "*")) else escaped


def _latex_rows(table: TableBlock) -> Iterator[list[str]]:
    """Rows, with the group that a row opens in one of its own."""
    for place, row in enumerate(table.rows):
        if group := table.opened_group(place):
            yield [rf"\textit{{{escape(group)}}}", *("" for _ in row[1:])]
        yield [_latex_cell(cell_of(cell)) for cell in row]


def _markdown_cell(cell: TableCell) -> str:
    text = _markdown_text(cell.text)
    return f"{f'**{text}**' if cell.best else text}{cell.mark}"


def _markdown_text(text: str) -> str:
    return text.replace("|", r"\|")


def _latex_cell(cell: TableCell) -> str:
    return rf"\textbf{{{escape(cell.shown)}}}" if cell.best else escape(cell.shown)
