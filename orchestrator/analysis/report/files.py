"""Tables as CSV and LaTeX."""

from __future__ import annotations

import csv
import io

from orchestrator.analysis.report.blocks import TableBlock, cell_of

_SPECIAL = {
    "\\": r"\textbackslash{}",
    **{char: f"\\{char}" for char in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
    "†": r"$^\dagger$",
    "→": r"$\rightarrow$",
    "≥": r"$\geq$",
}


def as_csv(table: TableBlock) -> str:
    """The table as it is shown, marks included."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.header)
    for row in table.rows:
        cells = map(cell_of, row)
        writer.writerow([f"{cell.text}{cell.mark}" for cell in cells])
    return out.getvalue()


def as_latex(table: TableBlock) -> str:
    """A `table` environment in booktabs' style; needs `\\usepackage{booktabs}`."""
    columns = "".join("l" if i < table.numeric_from else "r" for i in range(len(table.header)))
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{escape(table.caption)}}}",
        rf"\label{{tab:{table.name}}}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        " & ".join(map(escape, table.header)) + r" \\",
        r"\midrule",
    ]
    for row in table.rows:
        lines.append(" & ".join(_latex_cell(*_parts(cell)) for cell in row) + r" \\")
    lines += [r"\bottomrule", r"\end{tabular}", r"\end{table}"]
    return "\n".join(lines) + "\n"


def escape(text: str) -> str:
    """Plain text as LaTeX."""
    return "".join(_SPECIAL.get(char, char) for char in text)


def _parts(cell: object) -> tuple[str, bool]:
    whole = cell_of(cell)  # type: ignore[arg-type]
    return f"{whole.text}{whole.mark}", whole.best


def _latex_cell(text: str, best: bool) -> str:
    return rf"\textbf{{{escape(text)}}}" if best else escape(text)
