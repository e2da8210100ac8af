"""Tables as CSV and LaTeX."""

import re

import pandas as pd

from orchestrator.analysis.report.blocks import TableBlock, TableCell, cell_of

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
    "→": r"$\rightarrow$",
    "≥": r"$\geq$",
}


_DASHES = re.compile("-(?=-)")
"""Of two in a row, LaTeX would make a single longer one."""


def as_csv(table: TableBlock) -> str:
    """The table as it is shown, marks included."""
    rows = [[cell_of(cell).shown for cell in row] for row in table.rows]
    return str(pd.DataFrame(rows, columns=table.header).to_csv(index=False, lineterminator="\n"))


def as_latex(table: TableBlock) -> str:
    """A `table` environment in booktabs' style; needs `\\usepackage{booktabs}`."""
    rows = [[_latex_cell(cell_of(cell)) for cell in row] for row in table.rows]
    numeric = len(table.header) - table.numeric_from
    styled = pd.DataFrame(rows, columns=[escape(name) for name in table.header]).style
    return str(
        styled.hide(axis="index").to_latex(
            column_format="l" * (len(table.header) - max(numeric, 0)) + "r" * numeric,
            position_float="centering",
            hrules=True,
            caption=escape(table.caption),
            label=f"tab:{table.name}",
        )
    )


def escape(text: str) -> str:
    """Plain text as LaTeX."""
    escaped = "".join(_SPECIAL.get(char, char) for char in text)
    escaped = _DASHES.sub("-{}", escaped)
    # At the start of a row, LaTeX would take these for an argument of the row before.
    return f"{{{escaped[0]}}}{escaped[1:]}" if escaped.startswith(("[", "*")) else escaped


def _latex_cell(cell: TableCell) -> str:
    return rf"\textbf{{{escape(cell.shown)}}}" if cell.best else escape(cell.shown)
