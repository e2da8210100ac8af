"""The comparison as a table: data, then as Markdown and CSV."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from methods.interface import Access
from orchestrator.analysis.access import access_words, hardness, marked, track_of
from orchestrator.analysis.area import mean_over_budget
from orchestrator.analysis.cost import whole_sets_of
from orchestrator.analysis.curves import curve_of
from orchestrator.analysis.deployment import Deployment, deployment_of, together
from orchestrator.analysis.intervals import MeanInterval, interval_text, mean_interval
from orchestrator.analysis.queries_to_target import QueriesToTarget, queries_to_target, target_on
from orchestrator.analysis.runs import Group, Run, by_group, on_shared_datasets
from orchestrator.spec.spec import ReportSpec

HEADERS = (
    "dataset", "method", "access", "shots", "seeds", "accuracy %", "mean over budget %", "target %",
    "reached", "queries to target", "queries", "whole-set evaluations", "queries a test image",
    "seconds",
)  # fmt: skip
"""Column titles of the Markdown table."""

COLUMNS = (
    "dataset", "method", "shots", "seeds", "accuracy", "half_width", "mean_over_budget", "target",
    "successes", "runs", "median_queries", "expected_queries", "queries", "seconds", "access",
    "track", "unlabelled_test_images", "readout", "queries_per_image", "whole_set_evaluations",
)  # fmt: skip
"""Column names of the CSV file."""

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
        access: what the method needs of a black box; None for what this release doesn't know.
        deployment: what it costs in use, and what the client keeps.
        whole_sets: whole-set evaluations of one run, mean over seeds; None without training, or
            where they are unknown.
    """

    group: Group
    accuracy: MeanInterval
    mean_over_budget: float
    target: QueriesToTarget | None
    queries: float
    seconds: float
    access: Access | None
    deployment: Deployment
    whole_sets: float | None

    @property
    def place(self) -> tuple[object, ...]:
        """Orders methods of a dataset by shots and what they need, the easiest first."""
        return (self.group.shots, hardness(self.access), self.group.method)

    def cells(self) -> tuple[str, ...]:
        """The row as text, in the order of `HEADERS`."""
        return (
            self.group.dataset,
            marked(self.group.method, self.access),
            access_words(self.access),
            str(self.group.shots or "-"),
            str(self.accuracy.count),
            interval_text(self.accuracy),
            f"{self.mean_over_budget:.1f}",
            "-" if self.target is None else f"{self.target.target:.1f}",
            "-" if self.target is None else f"{self.target.successes}/{self.target.runs}",
            queries_text(self.target),
            f"{self.queries:,.0f}",
            whole_sets_text(self.whole_sets),
            self.deployment.queries_text,
            f"{self.seconds:.1f}",
        )

    def values(self) -> tuple[object, ...]:
        """The row as numbers, in the order of `COLUMNS`."""
        found = self.target
        reached: tuple[object, ...] = (None,) * 5
        if found is not None:
            reached = (found.target, found.successes, found.runs, found.median, found.expected)
        return (
            self.group.dataset,
            self.group.method,
            self.group.shots,
            self.accuracy.count,
            self.accuracy.mean,
            self.accuracy.half_width,
            self.mean_over_budget,
            *reached,
            self.queries,
            self.seconds,
            access_words(self.access),
            track_of(self.access),
            None if self.access is None else self.access.unlabelled_test_images,
            self.deployment.readout,
            " or ".join(map(str, self.deployment.queries_per_image)) or None,
            self.whole_sets,
        )


def comparison(runs: Sequence[Run], question: ReportSpec, crashed: Sequence[Run] = ()) -> list[Row]:
    """One row per dataset, shots and method; then the mean over datasets that all methods have.

    Accuracy is the one after the last query, never the best on the way. Crashed runs count only
    among those that did not reach the target.
    """
    lost = by_group(crashed)
    rows = [
        _row(group, members, target_on(group.dataset, question, runs), lost.get(group, []))
        for group, members in sorted(by_group(runs).items())
        if any(run.accuracy is not None for run in members)
    ]
    rows.sort(key=lambda row: (row.group.dataset, row.place))
    return rows + _mean_rows(rows)


def as_markdown(rows: Sequence[Row]) -> str:
    """A GitHub table."""
    lines = [HEADERS, tuple("---" for _ in HEADERS), *(row.cells() for row in rows)]
    cells = ([cell.replace("|", r"\|") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in cells) + "\n"


def as_csv(rows: Sequence[Row]) -> str:
    """Numbers without rounding, one column each."""
    import pandas as pd  # which a run's driver does without

    frame = pd.DataFrame([row.values() for row in rows], columns=COLUMNS, dtype=object)
    return str(frame.to_csv(index=False, lineterminator="\n"))


def whole_sets_text(count: float | None) -> str:
    """A number of whole-set evaluations; `-` where there is none."""
    return "-" if count is None else f"{count:,.0f}" if count >= 10 else f"{count:.2g}"


def _row(group: Group, runs: Sequence[Run], target: float | None, crashed: Sequence[Run]) -> Row:
    final = [value for value in (run.accuracy for run in runs) if value is not None]
    areas = [mean_over_budget(curve_of(run), _budget(run)) for run in runs]
    trains = any(run.trains for run in runs)
    return Row(
        group=group,
        accuracy=mean_interval(final),
        mean_over_budget=_mean(area for area in areas if area is not None),
        target=queries_to_target(runs, target, crashed) if target is not None and trains else None,
        queries=_mean(run.queries for run in runs),
        seconds=_mean(run.seconds for run in runs),
        access=runs[0].access,
        deployment=deployment_of(runs),
        whole_sets=_mean_or_none(whole_sets_of([run]) for run in runs),
    )


def _budget(run: Run) -> int:
    """The cell's budget; what it spent where the cell doesn't say."""
    return int(run.trace.cell.get("budget", run.queries)) if run.trains else 0


def _mean_rows(rows: Sequence[Row]) -> list[Row]:
    """Mean final accuracy over datasets; no interval, since datasets are no random sample."""
    found = on_shared_datasets((row.group, row) for row in rows).items()
    means = [
        Row(
            group=Group(f"{MEAN} ({len(mine)})", who.shots, who.method),
            accuracy=MeanInterval(
                mean=_mean(row.accuracy.mean for row in mine),
                half_width=None,
                count=min(row.accuracy.count for row in mine),
            ),
            mean_over_budget=_mean(row.mean_over_budget for row in mine),
            target=None,
            queries=_mean(row.queries for row in mine),
            seconds=_mean(row.seconds for row in mine),
            access=mine[0].access,
            deployment=together(row.deployment for row in mine),
            whole_sets=_mean_or_none(row.whole_sets for row in mine),
        )
        for who, mine in found
    ]
    return sorted(means, key=lambda row: row.place)


def _mean(values: Iterable[float]) -> float:
    known = list(values)
    return sum(known) / len(known)


def _mean_or_none(values: Iterable[float | None]) -> float | None:
    """None where a value is missing."""
    listed = list(values)
    known = [value for value in listed if value is not None]
    return _mean(known) if known and len(known) == len(listed) else None


def queries_text(target: QueriesToTarget | None) -> str:
    """Expected queries, or that the target was not reached."""
    if target is None:
        return "-"
    return "not reached" if target.expected is None else f"{target.expected:,.0f}"
