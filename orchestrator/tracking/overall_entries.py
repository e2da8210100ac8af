"""What MLflow shows of methods over all datasets: one flat run for each, of kind `overall`.

A page of many datasets opens with them, as it loads a hundred runs only, and colours would repeat.
Each ends with the number that the protocol asks, as the report has it. Of prompts that are
transferred, that is the mean over targets; the tag `source` names the dataset apart. Where there
are new classes, `test_accuracy` is that of base classes, as in cells, and the runs end with
`new_accuracy` and `harmonic_mean`, too.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from orchestrator.analysis.charts.palette import looks_of
from orchestrator.analysis.curves import Curve, band_of, mean_curve
from orchestrator.analysis.runs import (
    ACCURACY,
    NEW_ACCURACY,
    Run,
    by_group,
    split_by_measurements,
)
from orchestrator.analysis.standings import Standing, Standings, over_words, standings_of
from orchestrator.tracking.entries import (
    COLOUR,
    Entry,
    MetricPoint,
    TrackedSpec,
    access_tags,
    drawn,
    fingerprint,
)
from orchestrator.tracking.spans import span_over

HARMONIC_MEAN = "harmonic_mean"

OVERALL = "overall"
"""Kind of these runs."""


def overall_entries(runs: Sequence[Run], spec: TrackedSpec) -> list[Entry]:
    """Means over the datasets that all methods have, or over all targets; none of a single one.

    Runs with an accuracy that was not measured are left out, and so are those of ablations, as in a
    report's tables.
    """
    finished = [run for run in runs if run.trace.status == "finished" and not run.ablated]
    found = standings_of(split_by_measurements(finished)[0])
    if found is None or len(found.datasets) < 2:
        return []
    ordered = sorted(found.found, key=lambda one: one.who)
    looks = looks_of(one.who.method for one in ordered)
    return [_entry(one, found, spec, looks[one.who.method].colour) for one in ordered]


def _entry(one: Standing, found: Standings, spec: TrackedSpec, colour: str) -> Entry:
    who, runs = one.who, sorted(one.runs, key=lambda run: (run.dataset, run.seed))
    bands = [band for band in map(band_of, by_group(runs).values()) if band is not None]
    curve = mean_curve([Curve(band.queries, band.mean) for band in bands])
    metrics = drawn(ACCURACY, curve, spec.budget)
    if found.measure == "harmonic mean":
        metrics += _at_the_end(one, metrics[-1][-1])
    span = span_over(run.trace for run in (*one.trained, *runs))
    shots = f" / {who.shots} shots" if who.shots else ""
    tags = {
        **access_tags(runs),
        COLOUR: colour,
        "kind": OVERALL,
        "status": "finished",
        "method": who.method,
        "shots": str(who.shots),
        "datasets": ", ".join(found.datasets),
        **({"source": found.source} if found.source else {}),
    }
    return Entry(
        key=f"{OVERALL} {who.method} {who.shots}",
        fingerprint=fingerprint(json.dumps([repr(span), metrics, tags])),
        title=f"{who.method}{shots} / {over_words(found.measure, found.datasets)}",
        tags=tags,
        parameters={"method.name": runs[0].method_name, "datasets": str(len(found.datasets))},
        metrics=tuple(metrics),
        span=span,
    )


def _at_the_end(one: Standing, last: int) -> list[MetricPoint]:
    """What is measured after the last query alone; the harmonic mean is that of both means."""
    return [
        (NEW_ACCURACY, one.beside["new"].mean, last),
        (HARMONIC_MEAN, one.value, last),
    ]
