"""Two stores side by side: do runs of the same cells still give the same results?"""

import json
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.analysis.intervals import MeanInterval, mean_interval
from orchestrator.analysis.runs import ACCURACY
from orchestrator.cell import canonical_json
from orchestrator.errors import UserError
from orchestrator.store.trace import Point, Trace

KeyState = Literal["identical", "close", "differs"]


@dataclass(frozen=True)
class SameKey:
    """A key that both stores have: the same experiment, so the same trace is expected.

    Attributes:
        key: the cell's key.
        title: the cell in words.
        state: `identical` in every point; `close` where no accuracy is further off than the
            tolerance; else `differs`.
        largest: largest difference of an accuracy at any query, in points.
        first: queries at the first point that differs; None when identical.
        shape: what doesn't match at all, such as another number of points; empty otherwise.
    """

    key: str
    title: str
    state: KeyState
    largest: float
    first: int | None
    shape: str = ""


@dataclass(frozen=True)
class SameCell:
    """Cells that say the same in both stores under different keys: code or data have changed.

    Attributes:
        title: dataset, method and shots.
        first: final accuracy over seeds in the first store, on whole test splits.
        second: the same in the second.
        change: second minus first, paired by seed.
    """

    title: str
    first: MeanInterval
    second: MeanInterval
    change: MeanInterval

    @property
    def significant(self) -> bool:
        """Whether the interval of the change leaves out zero; never from a single seed."""
        width = self.change.half_width
        return width is not None and abs(self.change.mean) > width


@dataclass(frozen=True)
class Regression:
    """What two stores have in common.

    Attributes:
        keys: cells that both hold under one key.
        cells: groups of cells that both hold, under different keys.
        only_first: titles of cells that only the first store has.
        only_second: titles of cells that only the second store has.
    """

    keys: tuple[SameKey, ...]
    cells: tuple[SameCell, ...]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Whether equal keys gave different results."""
        return any(same.state == "differs" for same in self.keys)


def compare_traces(
    first: Iterable[Trace],
    second: Iterable[Trace],
    tolerance: float = 0.0,
    across: Collection[str] = (),
) -> Regression:
    """Compares finished traces by key, and what is left over by what the cells say.

    Args:
        first: traces of one store.
        second: traces of the other.
        tolerance: points of accuracy by which equal keys may be apart, for other machines.
        across: fields of cells, such as `backbone`. Cells that differ in these alone count as of
            one key, as those of one model in memory and behind a service.

    Raises:
        UserError: cells of one store differ in these fields alone, so that it isn't known which of
            them is meant.
    """
    one, two = (_by_key(traces, across) for traces in (first, second))
    shared = sorted(one.keys() & two.keys(), key=lambda key: _title(one[key].cell))
    keys = tuple(_same_key(one[key], two[key], tolerance) for key in shared)
    rest_one = {_at_the_end(t.cell): t for key, t in one.items() if key not in two}
    rest_two = {_at_the_end(t.cell): t for key, t in two.items() if key not in one}
    both = rest_one.keys() & rest_two.keys()
    return Regression(
        keys,
        _same_cells({name: (rest_one[name], rest_two[name]) for name in both}),
        tuple(sorted(_title(t.cell) for name, t in rest_one.items() if name not in both)),
        tuple(sorted(_title(t.cell) for name, t in rest_two.items() if name not in both)),
    )


def _by_key(traces: Iterable[Trace], across: Collection[str]) -> dict[str, Trace]:
    """Traces by what tells them apart: their keys, or what their cells say without some fields."""
    found: dict[str, Trace] = {}
    for trace in traces:
        left = {name: value for name, value in trace.cell.items() if name not in across}
        name = _identity(left) if across else trace.key
        if name in found:
            raise UserError(
                f"a store holds two results that differ in {' and '.join(across)} alone, of "
                f"{_title(trace.cell)}. Compare stores that hold one of them each."
            )
        found[name] = trace
    return found


def _same_key(first: Trace, second: Trace, tolerance: float) -> SameKey:
    title = _title(first.cell)
    pairs = list(zip(first.points, second.points, strict=False))
    different = next((a.queries for a, b in pairs if not _same_point(a, b)), None)
    if different is None and len(first.points) == len(second.points):
        return SameKey(first.key, title, "identical", 0.0, None)
    shape, largest = "", 0.0
    for metric in sorted({*first.metrics(), *second.metrics()}):
        (queries, values), (others, theirs) = first.series(metric), second.series(metric)
        if queries != others:
            shape = f"{metric} was measured at other queries"
        elif metric.endswith("_accuracy"):
            largest = max([largest, *map(_gap, values, theirs)])
        elif metric.endswith("_images") and values != theirs:
            shape = f"{metric.removesuffix('_images')} was measured on other numbers of images"
    close = not shape and largest <= tolerance
    return SameKey(first.key, title, "close" if close else "differs", largest, different, shape)


def _same_point(first: Point, second: Point) -> bool:
    if first == second:
        return True
    where = [(point.queries, point.images, point.metric) for point in (first, second)]
    return where[0] == where[1] and not _gap(first.value, second.value)


def _gap(first: float, second: float) -> float:
    """How far two values are apart; none if both are NaN, infinitely if one is no number."""
    if first == second or (math.isnan(first) and math.isnan(second)):
        return 0.0
    gap = abs(first - second)
    return gap if math.isfinite(gap) else math.inf


def _same_cells(pairs: Mapping[str, tuple[Trace, Trace]]) -> tuple[SameCell, ...]:
    groups: dict[str, list[tuple[float, float]]] = {}
    for name in sorted(pairs):
        one, two = pairs[name]
        before, after = one.last(ACCURACY), two.last(ACCURACY)
        if before is not None and after is not None:
            groups.setdefault(_title(one.cell, seed=False), []).append((before, after))
    return tuple(
        SameCell(
            title,
            mean_interval([before for before, _ in members]),
            mean_interval([after for _, after in members]),
            mean_interval([after - before for before, after in members]),
        )
        for title, members in sorted(groups.items())
    )


def _identity(cell: Mapping[str, Any]) -> str:
    """What a cell says of itself, without the keys of cells that it builds on."""
    source = cell.get("source")
    plain = {**cell, "source": source["dataset"] if isinstance(source, Mapping) else source}
    return canonical_json({name: value for name, value in plain.items() if value is not None})


def _at_the_end(cell: Mapping[str, Any]) -> str:
    """What a cell says, but for the part of the test images that is measured on the way.

    Final accuracies, which are all that is compared of other keys, are of all test images.
    """
    measured = cell.get("evaluation")
    if not isinstance(measured, Mapping):
        return _identity(cell)
    whole = {name: value for name, value in measured.items() if name != "images"}
    return _identity({**cell, "evaluation": whole})


def _title(cell: Mapping[str, Any], *, seed: bool = True) -> str:
    """Dataset, method with its settings, shots and seed in one line."""
    method = cell["method"]
    parts = [str(cell.get("dataset", "")), str(method["name"])]
    if cell.get("shots"):
        parts.append(f"{cell['shots']} shots")
        if seed:
            parts.append(f"seed {cell.get('seed')}")
    settings = json.dumps(method.get("settings", {}), sort_keys=True)
    return " / ".join(parts) + f" {settings}"
