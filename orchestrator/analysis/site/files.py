"""The leaderboards as one file of plain numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from orchestrator.analysis.site.leaderboard import Leaderboard, Ranked

COLUMNS = (
    "table", "protocol", "backbone", "precision", "shots", "budget", "answers", "sources",
    "measure", "datasets", "track", "rank", "method", "value", "lower", "upper", "shown", "base",
    "new", "source", "seeds", "queries", "search_queries", "access", "experiments",
)  # fmt: skip
"""`table` numbers the tables of the page; only rows of one table may be compared.

`value` is what methods are ranked by, in percent, and `measure` says what that is. `base`, `new`
and `source` are the accuracies beside it, where the protocol has them.
"""


def leaderboard_csv(boards: Iterable[Leaderboard]) -> str:
    """One row for each row of each table; several names in a field are set apart by `;`."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, board in enumerate(boards, 1):
        writer.writerows(_row(number, board, row) for row in board.rows)
    return file.getvalue()


def _row(table: int, board: Leaderboard, row: Ranked) -> Sequence[object]:
    where, entry, number = board.conditions, row.entry, row.entry.number
    beside = [entry.beside(name) for name in ("base", "new", "source")]
    return (
        table,
        where.protocol,
        board.backbone,
        where.precision,
        where.shots,
        where.budget.replace(",", ""),
        where.answers,
        ";".join(where.sources),
        where.measure,
        ";".join(where.datasets),
        where.track,
        row.rank,
        row.name,
        _number(number.mean),
        _number(number.lower),
        _number(number.upper),
        number.text,
        *(_number(None if one is None else one.mean) for one in beside),
        len(entry.seeds),
        _number(entry.queries),
        entry.search_queries,
        entry.access,
        ";".join(entry.experiments),
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}".rstrip("0").rstrip(".")
