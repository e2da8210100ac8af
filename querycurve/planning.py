"""What a run would do, as tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from orchestrator.console import counted
from orchestrator.plan.budget import queries_of
from orchestrator.plan.plan import STATUSES, PlannedCell
from orchestrator.plan.skipped import refuse_misfits, skipped
from querycurve.given import Changes, SpecGiven, overrides_of, spec_source, told_plainly

if TYPE_CHECKING:
    from orchestrator.cli.work import Work

TO_RUN = ("in progress", "failed", "new")
"""States of the cells that a run would run."""

MOST_ROWS = 40
"""Rows of a summary that are shown; all are in it."""


@dataclass(frozen=True, eq=False)
class Planned:
    """What a run of a spec would do.

    Attributes:
        name: of the spec.
        cells: one row a cell: `label` (the method's name in the report), `dataset`, `shots`,
            `seed`, `key` (names its result), `state` (`done` has a result; `in progress` has a
            checkpoint; `failed` runs again; `new`; `skipped` can't run), `reason` (why it is
            skipped), `queries` (what the whole cell costs) and `same_as` (the label of an earlier
            cell that is the same work, which runs once).
        summary: one row for each dataset and label: how many cells are in each state, and
            `queries_left`, what the ones that would run cost at most.
        notes: what to know of splits, budgets and what is skipped.
    """

    name: str
    cells: pd.DataFrame
    summary: pd.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def queries_left(self) -> int:
        """Queries that a run would cost at most."""
        return int(self.summary["queries_left"].sum())

    @property
    def headline(self) -> str:
        """Where the cells stand, in one line."""
        cells = self.cells[self.cells["same_as"] == ""]
        states = cells["state"].value_counts()
        standing = ", ".join(f"{states[state]:,} {state}" for state in STATUSES if state in states)
        return (
            f"{self.name}: {counted(len(cells), 'cell')} ({standing}); "
            f"{self.queries_left:,} queries left to spend"
        )

    def __repr__(self) -> str:
        notes = (f"note: {note}" for note in self.notes)
        return "\n".join(
            (self.headline, self.summary.to_string(index=False, max_rows=MOST_ROWS), *notes)
        )

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>note: {escape(note)}</p>" for note in self.notes)
        table = self.summary.to_html(index=False, max_rows=MOST_ROWS)
        return f"<p>{escape(self.headline)}</p>{table}{notes}"


@told_plainly
def plan(
    spec: SpecGiven,
    store: str | Path = "results",
    data: str | Path = "data",
    set: Changes = (),
) -> Planned:
    """Says what a run would do; runs nothing, downloads nothing and writes nothing.

    For example:

        planned = qc.plan("demo", set={"budget": 500})
        planned.queries_left
        planned.cells.query("state == 'skipped'").reason.unique()

    Args:
        spec: the name of a ready spec, a YAML file, or a dict of fields.
        store: where results are looked up: a folder, or `s3://BUCKET/PREFIX`.
        data: the data root: the folder that holds the datasets' folders or packs, or an address.
        set: changes to the spec, as `["budget=500"]` or `{"budget": 500}`.

    Returns:
        Cells with their states, and a summary; see `Planned`.

    Raises:
        UserError: the spec is wrong, nothing of it could ever run, or the store can't be opened.
    """
    from orchestrator.cli.data_root import check_data_root
    from orchestrator.cli.work import open_work

    source, overrides = spec_source(spec), overrides_of(set)
    check_data_root(source, overrides, str(data))
    work = open_work(source, overrides, str(store), str(data))
    refuse_misfits(work.plan, strict=False)
    return _planned(work)


def _planned(work: Work) -> Planned:
    made = work.plan
    notes = (*made.notes, *(f"skipped: {one}" for one in skipped(made.cells)), *_search(work))
    return Planned(made.spec.name, _cells(made.cells), _summary(made.cells), notes)


def _search(work: Work) -> Iterable[str]:
    if work.search is not None and not work.search.search.is_over:
        found = work.search
        left = max(0, found.section.count - found.search.ended)
        trials = counted(left, "trial")
        yield f"a search of {found.section.method} comes first: {trials} left to run"


def _cells(cells: Iterable[PlannedCell]) -> pd.DataFrame:
    rows = (
        (
            one.label,
            one.cell.dataset,
            one.cell.shots,
            one.cell.seed,
            one.key,
            one.status,
            one.reason,
            queries_of(one),
            one.same_as,
        )
        for one in cells
    )
    columns = ["label", "dataset", "shots", "seed", "key", "state", "reason", "queries", "same_as"]
    return pd.DataFrame(rows, columns=columns)


def _summary(cells: Iterable[PlannedCell]) -> pd.DataFrame:
    """Where the cells of each dataset and label stand; what another label runs costs nothing."""
    places: dict[tuple[str, str], dict[str, int]] = {}
    for one in cells:
        row = places.setdefault(
            (one.cell.dataset, one.label), {**dict.fromkeys(STATUSES, 0), "queries_left": 0}
        )
        row[one.status] += 1
        if one.status in TO_RUN and not one.same_as:
            row["queries_left"] += queries_of(one)
    rows = [{"dataset": place[0], "label": place[1], **row} for place, row in places.items()]
    frame = pd.DataFrame(rows, columns=["dataset", "label", *STATUSES, "queries_left"])
    empty = [state for state in STATUSES if not frame[state].any()]
    return frame.drop(columns=empty)
