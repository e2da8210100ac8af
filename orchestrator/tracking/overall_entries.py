"""What MLflow shows of methods over all datasets: one flat run for each, of kind `overall`.

A page of many datasets opens with them, as it loads a hundred runs only, and colours would repeat.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from orchestrator.analysis.charts.palette import looks_of
from orchestrator.analysis.curves import Curve, band_of, mean_curve
from orchestrator.analysis.runs import (
    ACCURACY,
    Contender,
    Run,
    by_group,
    on_shared_datasets,
    split_by_measurements,
)
from orchestrator.tracking.entries import (
    COLOUR,
    Entry,
    TrackedSpec,
    access_tags,
    drawn,
    fingerprint,
)
from orchestrator.tracking.spans import span_over

OVERALL = "overall"
"""Kind of these runs."""


def overall_entries(runs: Sequence[Run], spec: TrackedSpec) -> list[Entry]:
    """Means over the datasets that all methods have, of means over seeds; none of one dataset.

    Runs with an accuracy that was not measured are left out, and so are those of ablations, as in a
    report's tables.
    """
    finished = [run for run in runs if run.trace.status == "finished" and not run.ablated]
    groups = by_group(split_by_measurements(finished)[0]).items()
    found = on_shared_datasets(groups)
    looks = looks_of(who.method for who in found)
    return [_entry(who, found[who], spec, looks[who.method].colour) for who in found]


def _entry(who: Contender, seeds: list[list[Run]], spec: TrackedSpec, colour: str) -> Entry:
    bands = [band for band in map(band_of, seeds) if band is not None]
    curve = mean_curve([Curve(band.queries, band.mean) for band in bands])
    runs = [run for members in seeds for run in members]
    span, metrics = span_over(run.trace for run in runs), drawn(ACCURACY, curve, spec.budget)
    shots = f" / {who.shots} shots" if who.shots else ""
    tags = {
        **access_tags(runs),
        COLOUR: colour,
        "kind": OVERALL,
        "status": "finished",
        "method": who.method,
        "shots": str(who.shots),
        "datasets": ", ".join(sorted({run.dataset for run in runs})),
    }
    return Entry(
        key=f"{OVERALL} {who.method} {who.shots}",
        fingerprint=fingerprint(json.dumps([repr(span), metrics, tags])),
        title=f"{who.method}{shots} / mean of {len(seeds)} datasets",
        tags=tags,
        parameters={"method.name": runs[0].method_name, "datasets": str(len(seeds))},
        metrics=tuple(metrics),
        span=span,
    )
