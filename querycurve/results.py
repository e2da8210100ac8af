"""Results as tidy tables: one of cells, one of measurements."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from orchestrator.analysis.report.comparison import Comparison
from orchestrator.errors import UserError
from querycurve.frames import MEASURED, cells_frame, standing_of, traces_frame
from querycurve.given import Changes, SpecGiven, overrides_of, spec_source, told_plainly

if TYPE_CHECKING:
    from orchestrator.cli.work import Work


@dataclass(frozen=True, eq=False)
class Results:
    """What a store holds, or what it holds of a spec.

    Attributes:
        cells: one row a cell: `key` (names its result), `label` (the method's name in the report),
            `method` (its own name), `dataset`, `protocol`, `shots`, `seed`, `backbone`, `budget`
            (queries), `batch_size` (images a query), `precision`, `answers` (what the method saw of
            the scores), `source` (the dataset that its prompt was trained on, if another one),
            `varied` (what an ablation varied in it), `status` (`done`, `failed`, `in progress`,
            `new` or `skipped`), `reason` (why it failed or is skipped, or why it is `new` although
            it has a result), `accuracy`, `val_accuracy` and `new_accuracy` (percent, after the last
            query), `queries` and `images` (what it was charged), `seconds` (wall time, measuring
            included), `access` (what its method needs of a black box), `settings` (of the method,
            as JSON) and `written` (when it ended, UTC).
        traces: one row a measurement: `key`, `label`, `dataset`, `shots`, `seed`, `queries`,
            `images`, `accuracy` and `loss` (percent and nats, on test images), `val_accuracy`,
            `val_loss`, and where there are any `new_accuracy`, `new_loss` (on classes that were
            not trained on) and `test_images` (of how many, where that is a part).
        name: of the spec, or of the store.
        comparison: what the report of these cells draws from.
        remarks: what to know of how results were found.
    """

    cells: pd.DataFrame
    traces: pd.DataFrame
    name: str
    comparison: Comparison = field(repr=False)
    remarks: tuple[str, ...] = ()

    def __repr__(self) -> str:
        counts = self.cells["status"].value_counts()
        standing = ", ".join(f"{count:,} {status}" for status, count in counts.items())
        lines = (
            f"Results of {self.name}: {len(self.cells):,} cells ({standing or 'none'}), "
            f"{len(self.traces):,} measurements",
            *(f"note: {remark}" for remark in self.remarks),
        )
        return "\n".join(lines)


@told_plainly
def load(
    store: str | Path = "results",
    spec: SpecGiven | None = None,
    set: Changes = (),
    *,
    data: str | Path = "data",
) -> Results:
    """Reads results; neither Ray nor torch is needed, nor the data that they were made on.

    For example:

        results = qc.load("results", spec="demo")
        results.cells.groupby(["dataset", "label"]).accuracy.mean()
        results.traces.query("label == 'zip'").plot(x="queries", y="accuracy", kind="scatter")

    Args:
        store: a folder, or `s3://BUCKET/PREFIX`.
        spec: the spec whose cells are asked for, labelled as in its report: the name of a ready
            spec, a YAML file, or a dict of fields. Without one, all finished cells of the store,
            labelled by their methods and by what cells of a method differ in.
        set: changes to the spec, as `["budget=500"]` or `{"budget": 500}`.
        data: the data root, which tells whether datasets are still those of the results.

    Returns:
        Two tables; see `Results`.

    Raises:
        UserError: there is no such store, it has no results of the spec, or the spec is wrong.
    """
    if spec is None:
        if set:
            raise UserError("set: these are changes to a spec; name the spec, too, as spec=...")
        from querycurve.whole_store import results_of_store

        return results_of_store(str(store))
    from orchestrator.cli.work import open_work_to_read

    work = open_work_to_read(spec_source(spec), overrides_of(set), str(store), str(data))
    return results_of(work)


def results_of(work: Work) -> Results:
    """The results of a spec's plan.

    Args:
        work: a plan beside its store.
    """
    from orchestrator.analysis.collect import comparison_of
    from orchestrator.console import warn

    plan = work.plan
    comparison = comparison_of(plan, work.store, warn, MEASURED)
    runs = (*comparison.finished, *comparison.unsound, *comparison.failures)
    if work.search is not None:
        from orchestrator.search.findings import with_search

        comparison = with_search(comparison, work.search, warn)
    return Results(
        cells=cells_frame(standing_of(plan.cells, runs)),
        traces=traces_frame(runs),
        name=plan.spec.name,
        comparison=comparison,
        remarks=comparison.remarks,
    )
