"""The comparison as a table: data first, then its three forms."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from orchestrator.analysis.area import mean_over_budget
from orchestrator.analysis.curves import curve_of
from orchestrator.analysis.intervals import MeanInterval, mean_interval
from orchestrator.analysis.queries_to_target import QueriesToTarget, queries_to_target, target_on
from orchestrator.analysis.runs import Group, Run, by_group
from orchestrator.spec.spec import ReportSpec

HEADERS = (
    "dataset",
    "method",
    "shots",
    "seeds",
    "accuracy %",
    "mean over budget %",
    "target %",
    "reached",
    "queries to target",
    "queries",
    "seconds",
)
MEAN = "mean of datasets"


@dataclass(frozen=True)
class Row:
    """One dataset and method over all seeds.

    Attributes:
        group: dataset, shots and method.
        accuracy: final test accuracy in percent over seeds.
        mean_over_budget: area under the curve over the budget, in percent, mean over seeds.
        target: how quickly the target was reached; None without a target or without training.
        queries: queries of one run, mean over seeds.
        seconds: wall seconds of one run, mean over seeds; 0 when unknown.
    """

    group: Group
    accuracy: MeanInterval
    mean_over_budget: float
    target: QueriesToTarget | None
    queries: float
    seconds: float

    def cells(self) -> tuple[str, ...]:
        """The row as text, in the order of `HEADERS`."""
        return (
            self.group.dataset,
            self.group.method,
            str(self.group.shots or "-"),
            str(self.accuracy.count),
            interval_text(self.accuracy),
            f"{self.mean_over_budget:.1f}",
            "-" if self.target is None else f"{self.target.target:.1f}",
            "-" if self.target is None else f"{self.target.successes}/{self.target.runs}",
            queries_text(self.target),
            f"{self.queries:,.0f}",
            f"{self.seconds:.1f}",
        )


def comparison(runs: Sequence[Run], question: ReportSpec, crashed: Sequence[Run] = ()) -> list[Row]:
    """One row a dataset, shots and method; then the mean over datasets that all methods have.

    Accuracy is the one after the last query, never the best on the way. Crashed runs count only
    among those that did not reach the target.
    """
    lost = by_group(crashed)
    rows = [
        _row(group, members, target_on(group.dataset, question, runs), lost.get(group, []))
        for group, members in sorted(by_group(runs).items())
        if any(run.accuracy is not None for run in members)
    ]
    return rows + _mean_rows(rows)


def as_rich(rows: Sequence[Row], title: str) -> Table:
    """For the terminal, within 80 columns; the other two forms say more."""
    several = len({row.group.shots for row in rows if row.group.shots}) > 1
    table = Table(title=f"{title}: {seeds_text(rows)}", header_style="bold", box=SIMPLE_HEAD)
    table.add_column("dataset", no_wrap=True)
    table.add_column("method", no_wrap=True)
    for header in ("accuracy (%)", "target (reached)", "queries to target"):
        table.add_column(header, justify="right")
    for place, row in enumerate(rows):
        last = place + 1 == len(rows) or rows[place + 1].group.dataset != row.group.dataset
        target = row.target
        table.add_row(
            row.group.dataset,
            escape(row.group.method)
            + (f" ({row.group.shots})" if several and row.group.shots else ""),
            interval_text(row.accuracy),
            "-" if target is None else f"{target.target:.1f} ({target.successes}/{target.runs})",
            queries_text(target),
            end_section=last,
        )
    return table


def as_markdown(rows: Sequence[Row]) -> str:
    """A GitHub table."""
    lines = [HEADERS, tuple("---" for _ in HEADERS), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def as_csv(rows: Sequence[Row]) -> str:
    """Numbers without rounding, one column each."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        ("dataset", "method", "shots", "seeds", "accuracy", "half_width",
         "mean_over_budget", "target", "successes", "runs",
         "median_queries", "expected_queries", "queries", "seconds")
    )  # fmt: skip
    for row in rows:
        target = row.target
        writer.writerow(
            (
                row.group.dataset,
                row.group.method,
                row.group.shots,
                row.accuracy.count,
                row.accuracy.mean,
                row.accuracy.half_width,
                row.mean_over_budget,
                *(
                    (None,) * 5
                    if target is None
                    else (
                        target.target,
                        target.successes,
                        target.runs,
                        target.median,
                        target.expected,
                    )
                ),
                row.queries,
                row.seconds,
            )
        )
    return out.getvalue()


def _row(group: Group, runs: Sequence[Run], target: float | None, crashed: Sequence[Run]) -> Row:
    final = [value for value in (run.accuracy for run in runs) if value is not None]
    areas = [mean_over_budget(curve_of(run), _budget(run)) for run in runs]
    known = [area for area in areas if area is not None]
    trains = any(run.trains for run in runs)
    return Row(
        group=group,
        accuracy=mean_interval(final),
        mean_over_budget=sum(known) / len(known),
        target=queries_to_target(runs, target, crashed) if target is not None and trains else None,
        queries=sum(run.queries for run in runs) / len(runs),
        seconds=sum(run.seconds for run in runs) / len(runs),
    )


def _budget(run: Run) -> int:
    """The cell's budget; what it spent where the cell doesn't say."""
    return int(run.trace.cell.get("budget", run.queries)) if run.trains else 0


def _mean_rows(rows: Sequence[Row]) -> list[Row]:
    """Mean final accuracy over datasets; no interval, since datasets are no random sample."""
    methods = sorted({(row.group.method, row.group.shots) for row in rows})
    having = {
        place: {r.group.dataset for r in rows if (r.group.method, r.group.shots) == place}
        for place in methods
    }
    shared = set.intersection(*having.values()) if having else set()
    if len(shared) < 2:
        return []
    means = []
    for method, shots in methods:
        mine = [
            row
            for row in rows
            if (row.group.method, row.group.shots) == (method, shots)
            and row.group.dataset in shared
        ]
        name = f"{MEAN} ({len(shared)})"
        means.append(
            Row(
                Group(name, shots, method),
                MeanInterval(
                    sum(r.accuracy.mean for r in mine) / len(mine),
                    None,
                    min(r.accuracy.count for r in mine),
                ),
                sum(r.mean_over_budget for r in mine) / len(mine),
                None,
                sum(r.queries for r in mine) / len(mine),
                sum(r.seconds for r in mine) / len(mine),
            )
        )
    return means


def seeds_text(rows: Sequence[Row]) -> str:
    """What the intervals are, by how many seeds there are."""
    counts = {row.accuracy.count for row in rows if row.group.shots}
    if not counts:
        return "measured once"
    if counts == {1}:
        return "one seed, so no intervals"
    return f"mean ± 95 % t-interval over {' or '.join(str(n) for n in sorted(counts))} seeds"


def interval_text(value: MeanInterval) -> str:
    """`46.1 ± 2.5`, or the mean alone where there is no interval."""
    mean = round(value.mean, 1) + 0.0  # without the sign of a zero
    if value.half_width is None:
        return f"{mean:.1f}"
    return f"{mean:.1f} ± {value.half_width:.1f}"


def queries_text(target: QueriesToTarget | None) -> str:
    """Expected queries, or that the target was not reached."""
    if target is None:
        return "-"
    return "not reached" if target.expected is None else f"{target.expected:,.0f}"
