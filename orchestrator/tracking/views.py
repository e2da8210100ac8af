"""What an experiment says of itself: a description, and saved views that its page can open with.

MLflow keeps saved views as tags of the experiment. Without one, its page lists runs as they come,
draws the first ten, and shows no accuracy in its table.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.analysis.runs import ACCURACY, NEW_ACCURACY
from orchestrator.tracking.entries import INTERVAL, WHOLE_SETS
from orchestrator.tracking.overall_entries import HARMONIC_MEAN, OVERALL

NOTE = "mlflow.note.content"
VIEW_TAG = "mlflow.sharedViewState."
OVER_DATASETS, MEANS, CELLS = "querycurve-overall", "querycurve-means", "querycurve-cells"
"""Ids of the saved views."""

_ACCURACY = f"metrics.`{ACCURACY}`"
_DETAILS = "Details"
_MADE = 1_700_000_000_000
"""When views were made, which MLflow asks for and doesn't show."""


def experiment_tags(
    name: str, datasets: Sequence[str], *, source: str | None = None, new_classes: bool = False
) -> dict[str, str]:
    """The description and the saved views of a spec.

    Args:
        name: the spec's.
        datasets: what it measures on.
        source: the one of these whose prompts are tested on the others; None without one.
        new_classes: whether some classes are not trained on.
    """
    views = {MEANS: _means(), CELLS: _cells()}
    if len(set(datasets) - {source}) > 1:
        views[OVER_DATASETS] = _over_datasets(new_classes)
    return {NOTE: _note(name, datasets), **{f"{VIEW_TAG}{id}": views[id] for id in views}}


def _note(name: str, datasets: Sequence[str]) -> str:
    return (
        f"Black-box prompt tuning of the spec **{name}** on {', '.join(datasets)}, compared at "
        f"equal queries.\n\n"
        f"- A step is a query that the method was charged; `{ACCURACY}` is in percent.\n"
        f"- `tags.kind = 'aggregate'` finds means over seeds, `tags.kind = 'cell'` single runs, "
        f"`tags.kind = 'summary'` the report. Both kinds of charts are under *Views*.\n"
        f"- `interval_95` holds the ends of the 95 % t-interval over seeds.\n"
        f"- This is a view of the store: `querycurve track` builds it anew.\n"
    )


def _over_datasets(new_classes: bool) -> str:
    """Sorted by what the protocol asks."""
    tags = _tags("access", "shots", "datasets")
    name = "Methods over all datasets, best first"
    if not new_classes:
        return _view(name, OVERALL, [_ACCURACY, *tags])
    both = [f"metrics.`{metric}`" for metric in (HARMONIC_MEAN, ACCURACY, NEW_ACCURACY)]
    return _view(name, OVERALL, [*both, *tags], {"orderByKey": both[0]})


def _means() -> str:
    columns = [_ACCURACY, f"params.`{INTERVAL}`", *_tags("dataset", "access", "seeds")]
    return _view("Means over seeds by dataset, best first", "aggregate", columns)


def _cells() -> str:
    columns = ["attributes.`Dataset`", _ACCURACY, *_tags("method", "seed", "status")]
    grouped = {
        "groupBy": {
            "aggregateFunction": "average",
            "groupByKeys": [{"mode": "tag", "groupByData": "group"}],
        }
    }
    return _view("Single runs, by group of seeds", "cell", columns, grouped)


def _tags(*names: str) -> list[str]:
    return [f"tags.`{name}`" for name in names]


def _view(
    name: str, kind: str, columns: Sequence[str], more: Mapping[str, Any] | None = None
) -> str:
    """A saved view as MLflow stores it: a name beside the state of its page."""
    state = {
        "searchFilter": f"tags.kind='{kind}'",
        "orderByKey": _ACCURACY,
        "orderByAsc": False,
        "selectedColumns": columns,
        "runsHiddenMode": "FIRST_20_RUNS",
        "compareRunCharts": [
            _chart(ACCURACY, "accuracy"),
            _chart(WHOLE_SETS, "details"),
        ],
        "isAccordionReordered": True,
        "compareRunSections": [
            _section("accuracy", "Model metrics", cardHeight=560, columns=1),
            _section("details", _DETAILS, display=False),
            _section("interval", INTERVAL, display=False),
        ],
        **(more or {}),
    }
    saved = {"name": name, "createdAt": _MADE, "updatedAt": _MADE, "state": json.dumps(state)}
    return json.dumps(saved)


def _chart(metric: str, section: str) -> dict[str, Any]:
    return {
        "uuid": f"{section}-{metric}",
        "type": "LINE",
        "metricKey": metric,
        "displayName": metric,
        "metricSectionId": section,
        "isGenerated": True,
        "deleted": False,
        "runsCountToCompare": 20,
        "lineSmoothness": 0,
        "xAxisScaleType": "linear",
        "scaleType": "linear",
        "range": {},
        "xAxisKey": "step",
        "selectedXAxisMetricKey": "",
        "yAxisKey": "metric",
        "yAxisExpressions": [],
        "useGlobalXaxisKey": True,
        "useGlobalLineSmoothing": True,
    }


def _section(uuid: str, name: str, *, display: bool = True, **size: int) -> dict[str, Any]:
    return {
        "uuid": uuid,
        "name": name,
        "display": display,
        "isReordered": True,
        "deleted": False,
        "isGenerated": True,
        **size,
    }
