"""What MLflow shows: one flat run per cell, one per group of seeds, one for the spec.

The experiment has the spec's name.

Flat, because the UI charts flat runs and hides nested ones until they are expanded; tags say what
belongs together. `kind` is `cell`, `aggregate` or `summary`. `group` names method, dataset and
shots: "Group by" it draws the mean of each group with a band from the lowest to the highest seed.
Names begin with the method, as the UI cuts their ends.
Cells of an ablation have `ablation` (the base's label), `varied` (the field) and `value` too.
`access` is what the method needs of a black box, `track` where it is compared, `readout` whether
the client keeps a function of scores.
Runs begin and end when their cells did (`spans`), an aggregate with the first and last of its
seeds; the summary begins before all others, and so is the last of a list.
An aggregate's `test_accuracy` is the mean over seeds, which leaves mean and range of its group as
they are; the ends of its 95 % t-interval are `interval_95/lower` and `interval_95/upper`, whose
slash keeps them out of the first section of charts. The last ones are the parameter `interval_95`.
Where points on the way are of a part of the test images, cells have their number as `test_images`,
and aggregates the standard error that follows as `interval_95/sampling_error`.
Where the spec has a price, cells and aggregates have the metrics `cost_training`, `cost_measuring`
and `cost_deployment` (for 1,000 test images), in the `currency` that is a parameter.
"""

from __future__ import annotations

import hashlib
import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestrator.analysis.access import access_words, track_of
from orchestrator.analysis.billing import Billing
from orchestrator.analysis.charts.palette import looks_of
from orchestrator.analysis.cost import whole_sets_of
from orchestrator.analysis.curves import Band, Curve, band_of
from orchestrator.analysis.deployment import deployment_of
from orchestrator.analysis.runs import ACCURACY, Group, Run, by_group, split_by_measurements
from orchestrator.answers import ALL
from orchestrator.console import counted
from orchestrator.money import Prices
from orchestrator.tracking.inputs import Input, inputs_of
from orchestrator.tracking.spans import Span, span_of, span_over

if TYPE_CHECKING:
    from orchestrator.analysis.report.write import Report

LONGEST_PARAMETER = 250
WHOLE_SETS = "whole_set_evaluations"
INTERVAL = "interval_95"
COLOUR = "mlflow.runColor"
"""Tag that MLflow's charts draw a run by."""

_FORMAT = "2"
"""Part of all fingerprints: runs of another format are written anew."""

MetricPoint = tuple[str, float, int]
"""Name, value and step."""


@dataclass(frozen=True)
class TrackedSpec:
    """What all runs of a spec share.

    Attributes:
        name: the experiment's name.
        yaml: the whole spec.
        budget: the largest budget; single measurements are drawn as lines up to it.
        prices: what the use of the black box costs; None where nothing has a price.
    """

    name: str
    yaml: str
    budget: int
    prices: Prices | None = None


@dataclass(frozen=True)
class Entry:
    """One run of MLflow.

    Attributes:
        key: its identity within the experiment.
        fingerprint: differs when its content does; a run that has it already is left alone.
        title: its name in the UI.
        tags: for filters and groups.
        parameters: for the table of columns.
        metrics: what is charted; steps are queries.
        texts: artifacts by file name.
        files: artifacts to be uploaded, by path, with the folder they go to.
        inputs: the datasets that it worked on.
        failed: whether it is shown as failed.
        span: when it worked; None of old traces, which are shown as of when they are tracked.
    """

    key: str
    fingerprint: str
    title: str
    tags: Mapping[str, str]
    parameters: Mapping[str, str]
    metrics: tuple[MetricPoint, ...]
    texts: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[Path, str] = field(default_factory=dict)
    inputs: tuple[Input, ...] = ()
    failed: bool = False
    span: Span | None = None

    @property
    def last_step(self) -> int:
        """The last step of any metric."""
        return max((step for _, _, step in self.metrics), default=0)


def cell_entry(run: Run, spec: TrackedSpec) -> Entry:
    """A cell, finished or failed."""
    cell = run.trace.cell
    texts = {"spec.yaml": spec.yaml, "cell.json": json.dumps(cell, indent=1)}
    if run.trace.error:
        texts["traceback.txt"] = run.trace.error
    costs = _costs([run], spec.prices)
    span = span_of(run.trace)
    known = [_FORMAT, repr(span), repr(_cell_tags(run)), str(len(run.trace.points))]
    known += map(repr, costs)
    return Entry(
        key=f"{run.trace.key} {run.method}" if run.same_as else run.trace.key,
        fingerprint=_hash(text.encode() for text in known),
        title=_title(run),
        tags=_cell_tags(run),
        parameters={
            **cell_parameters({name: cell[name] for name in cell if name != "answers"}),
            **_answers_parameters(run),
            **_deployment_parameters([run]),
            **_currency(spec.prices),
        },
        metrics=(*_cell_metrics(run, spec.budget), *costs),
        texts=texts,
        inputs=inputs_of([run]),
        failed=run.trace.status != "finished",
        span=span,
    )


def aggregate_entries(runs: Sequence[Run], spec: TrackedSpec) -> list[Entry]:
    """Mean over seeds of every group, with the ends of its 95 % t-interval as metrics.

    As in a report, runs with an accuracy that was not measured are left out.
    """
    sound, _ = split_by_measurements([run for run in runs if run.trace.status == "finished"])
    groups = sorted(by_group(sound).items())
    looks = looks_of(group.method for group, _ in groups)
    found = [
        _aggregate(group, members, spec, looks[group.method].colour) for group, members in groups
    ]
    return [entry for entry in found if entry is not None]


def summary_entry(report: Report, runs: Sequence[Run], spec: TrackedSpec) -> Entry:
    """The spec as a whole: the report as artifacts. Metrics of its own would clutter all charts."""
    files = {path: _folder_below(path, report.folder) for path in sorted(report.files)}
    protocols = sorted({run.protocol for run in runs})
    span = span_over(run.trace for run in runs)
    return Entry(
        key="summary",
        fingerprint=_hash([_FORMAT.encode(), *(path.read_bytes() for path in files)]),
        title=f"summary and report of {spec.name}",
        tags={"kind": "summary", "status": "finished", "protocol": ", ".join(protocols)},
        parameters={"cells": str(len(runs))},
        metrics=(),
        texts={"spec.yaml": spec.yaml},
        files=files,
        span=None if span is None else Span(span.start - 1, span.end),
    )


def _aggregate(group: Group, runs: Sequence[Run], spec: TrackedSpec, colour: str) -> Entry | None:
    band = band_of(runs)
    if band is None:
        return None
    queries, curves = band.queries, {ACCURACY: band.mean}
    if band.seeds > 1:
        curves |= {f"{INTERVAL}/lower": band.lower, f"{INTERVAL}/upper": band.upper}
    metrics = [
        point
        for name, values in curves.items()
        for point in drawn(name, Curve(queries, values), spec.budget)
    ]
    errors = zip(band.errors, queries, strict=False)
    metrics += [(f"{INTERVAL}/sampling_error", value, step) for value, step in errors]
    whole_sets = [whole_sets_of([run]) for run in runs]
    known = [count for count in whole_sets if count is not None]
    if known:
        metrics.append((WHOLE_SETS, statistics.fmean(known), queries[-1]))
    metrics += _costs(runs, spec.prices)
    seeds = "measured once" if not group.shots else f"mean of {counted(band.seeds, 'seed')}"
    span, tags = span_over(run.trace for run in runs), {**access_tags(runs), COLOUR: colour}
    return Entry(
        key=f"aggregate {group.dataset} {group.method} {group.shots}",
        fingerprint=fingerprint(json.dumps([repr(span), metrics, tags])),
        title=f"{_group_name(group)} / {seeds}",
        tags={
            **_group_tags(group, runs[0].protocol),
            **tags,
            **_ablation_tags(runs[0]),
            "kind": "aggregate",
            "status": "finished",
            "seeds": str(band.seeds),
        },
        parameters={
            "method.name": runs[0].method_name,
            "seeds": str(band.seeds),
            **_final_interval(band),
            **_answers_parameters(runs[0]),
            **_deployment_parameters(runs),
            **_currency(spec.prices),
        },
        metrics=tuple(metrics),
        inputs=inputs_of(runs),
        span=span,
    )


def drawn(name: str, curve: Curve, budget: int) -> list[MetricPoint]:
    """Points of a mean's chart. One that ends before the budget keeps what it has reached."""
    points = [(name, value, step) for value, step in zip(curve.values, curve.queries, strict=True)]
    if curve.queries[-1] < budget:
        points.append((name, curve.values[-1], budget))
    return points


def _final_interval(band: Band) -> dict[str, str]:
    if band.seeds < 2:
        return {}
    return {INTERVAL: f"{band.lower[-1]:.1f} to {band.upper[-1]:.1f}"}


def _cell_tags(run: Run) -> dict[str, str]:
    return {
        **_group_tags(Group(run.dataset, run.shots, run.method), run.protocol),
        **access_tags([run]),
        **_ablation_tags(run),
        "kind": "cell",
        "seed": str(run.seed),
        "status": run.trace.status,
        **({"source": run.source} if run.source else {}),
    }


def access_tags(runs: Sequence[Run]) -> dict[str, str]:
    """What a method needs of a black box, and what it keeps beside it."""
    access, deployment = runs[0].access, deployment_of(runs)
    return {
        "access": access_words(access),
        "track": track_of(access),
        "readout": deployment.readout_text,
    }


def _deployment_parameters(runs: Sequence[Run]) -> dict[str, str]:
    """Queries that a test image costs, where it is known."""
    deployment = deployment_of(runs)
    known = bool(deployment.queries_per_image)
    return {"queries_per_image": deployment.queries_text} if known else {}


def _costs(runs: Sequence[Run], prices: Prices | None) -> list[MetricPoint]:
    """Mean money over runs at the last of their queries; what is unknown of one is left out."""
    if prices is None:
        return []
    billing, last = Billing(prices), max(run.queries for run in runs)
    counts = deployment_of(runs).queries_per_image
    amounts = {
        "cost_training": [billing.training(run).amount for run in runs],
        "cost_measuring": [billing.measuring(run).amount for run in runs],
        "cost_deployment": [billing.deployment(run, count) for run in runs for count in counts],
    }
    found = []
    for name, values in amounts.items():
        known = [value for value in values if value is not None]
        if known and len(known) == len(values):
            found.append((name, statistics.fmean(known), last))
    return found


def _currency(prices: Prices | None) -> dict[str, str]:
    return {} if prices is None else {"currency": prices.currency}


def _answers_parameters(run: Run) -> dict[str, str]:
    """What the method saw of the black box's scores, where that is less than all."""
    return {} if run.answers == str(ALL) else {"answers": run.answers}


def _ablation_tags(run: Run) -> dict[str, str]:
    """The base's label, and the varied fields with their values here; nothing without an ablation.

    The base itself, being part of every sweep, names them all.
    """
    if not run.ablation_points:
        return {}
    values = dict.fromkeys(v for point in run.ablation_points for v in point.values)
    return {
        "ablation": run.ablation_points[0].ablation,
        "varied": ", ".join(dict.fromkeys(value.field for value in values)),
        "value": ", ".join(value.text for value in values),
    }


def _group_tags(group: Group, protocol: str) -> dict[str, str]:
    return {
        "dataset": group.dataset,
        "method": group.method,
        "shots": str(group.shots),
        "protocol": protocol,
        "group": _group_name(group),
    }


def _group_name(group: Group) -> str:
    shots = f" / {group.shots} shots" if group.shots else ""
    return f"{group.method} / {group.dataset}{shots}"


def _title(run: Run) -> str:
    """What distinguishes a cell, the method first."""
    group = _group_name(Group(run.dataset, run.shots, run.method))
    origin = f" / prompt from {run.source}" if run.source else ""
    return f"{group} / seed {run.seed}{origin}" if run.shots else group


def cell_parameters(cell: Mapping[str, Any]) -> dict[str, str]:
    """The cell's fields by dotted name, each short."""
    flat: dict[str, str] = {}
    for name, value in cell.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{inner}": text for inner, text in cell_parameters(value).items()}
        else:
            flat[name] = str(value)[:LONGEST_PARAMETER]
    return {name.replace("method.settings.", "method."): text for name, text in flat.items()}


def _cell_metrics(run: Run, budget: int) -> Iterable[MetricPoint]:
    """Every measurement.

    What was measured once, such as zero-shot accuracy, gets a second point at the budget, so that
    charts show it as a line to compare with.
    """
    points = run.trace.points
    for point in points:
        yield point.metric, point.value, point.queries
    whole_sets = whole_sets_of([run])
    if points and whole_sets is not None:
        yield WHOLE_SETS, whole_sets, run.queries
    if points and all(point.queries == 0 for point in points) and budget:
        for point in points:
            yield point.metric, point.value, budget


def _folder_below(path: Path, root: Path) -> str:
    folder = path.parent.relative_to(root).as_posix()
    return "" if folder == "." else folder


def fingerprint(text: str) -> str:
    """A digest of what a run holds, and of the format that it is written in."""
    return _hash([_FORMAT.encode(), text.encode()])


def _hash(parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()[:32]
