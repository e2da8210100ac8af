"""Sweeps of an ablation: accuracy at each value of a varied field."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from orchestrator.analysis.intervals import MeanInterval, mean_interval
from orchestrator.analysis.runs import Run
from orchestrator.spec.ablation_point import AblationPoint, FieldValue

BySeed = Mapping[int, float]
"""Accuracies in percent, by seed."""


@dataclass(frozen=True)
class Sweep:
    """One field at several values, everything else as in the base or as in `held`.

    Attributes:
        ablation: label of the base.
        field: the varied field.
        held: in a full product, what the other fields are here; empty otherwise.
        values: numbers in rising order, else the default first and the rest as the spec has them.
        default: the base's value; None where `held` differs from the base.
        accuracies: final accuracies by value, by dataset.
    """

    ablation: str
    field: str
    held: tuple[FieldValue, ...]
    values: tuple[FieldValue, ...]
    default: FieldValue | None
    accuracies: Mapping[FieldValue, Mapping[str, BySeed]]

    @property
    def title(self) -> str:
        """The varied field, and what is held."""
        held = ", ".join(value.title for value in self.held)
        return f"{self.field} ({held})" if held else self.field

    @property
    def is_numeric(self) -> bool:
        """Whether every value has a place on an axis of numbers."""
        return all(value.number is not None for value in self.values)

    @cached_property
    def datasets(self) -> tuple[str, ...]:
        """Datasets with any result, sorted."""
        return tuple(sorted({name for found in self.accuracies.values() for name in found}))

    @cached_property
    def shared(self) -> tuple[str, ...]:
        """Datasets on which every value has a result, sorted: what a mean is over."""
        found = [set(self.accuracies[value]) for value in self.values]
        return tuple(sorted(set.intersection(*found)))

    def on(self, dataset: str) -> dict[FieldValue, BySeed]:
        """Accuracies on a dataset by value; values without a result there are left out."""
        return {
            value: self.accuracies[value][dataset]
            for value in self.values
            if dataset in self.accuracies[value]
        }

    def mean(self) -> dict[FieldValue, BySeed]:
        """Means over the shared datasets, each seed by itself; seeds that lack one are left out."""
        return {
            value: averaged
            for value in self.values
            if (averaged := self._averaged(self.accuracies[value]))
        }

    def _averaged(self, found: Mapping[str, BySeed]) -> dict[int, float]:
        members = [found[name] for name in self.shared]
        if not members:
            return {}
        seeds = sorted(set.intersection(*(set(by_seed) for by_seed in members)))
        return {seed: statistics.fmean(by_seed[seed] for by_seed in members) for seed in seeds}


def intervals(by_value: Mapping[FieldValue, BySeed]) -> dict[FieldValue, MeanInterval]:
    """Mean and 95 % t-interval over seeds of each value."""
    return {value: mean_interval(list(found.values())) for value, found in by_value.items()}


def sweeps_of(runs: Iterable[Run]) -> tuple[Sweep, ...]:
    """One sweep per varied field; in a full product one for each combination of the other fields.

    There the field with the most values is swept.
    """
    placed = [
        (point, run) for run in runs for point in run.ablation_points if run.accuracy is not None
    ]
    swept = _swept(point for point, _ in placed)
    groups: dict[
        tuple[str, str, tuple[FieldValue, ...]], list[tuple[AblationPoint, FieldValue, Run]]
    ]
    groups = defaultdict(list)
    for point, run in placed:
        field = swept[_fields(point)]
        (value,) = (v for v in point.values if v.field == field)
        held = tuple(v for v in point.values if v.field != field)
        groups[point.ablation, field, held].append((point, value, run))
    return tuple(_sweep(*group, members) for group, members in groups.items())


def _fields(point: AblationPoint) -> tuple[str, ...]:
    return tuple(value.field for value in point.values)


def _swept(points: Iterable[AblationPoint]) -> dict[tuple[str, ...], str]:
    """Which field each combination of varied fields is drawn over."""
    values: dict[tuple[str, ...], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for point in points:
        for value in point.values:
            values[_fields(point)][value.field].add(value.text)
    return {
        fields: max(fields, key=lambda field: len(found[field])) for fields, found in values.items()
    }


def _sweep(
    ablation: str,
    field: str,
    held: tuple[FieldValue, ...],
    members: Sequence[tuple[AblationPoint, FieldValue, Run]],
) -> Sweep:
    accuracies: dict[FieldValue, dict[str, dict[int, float]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    default = None
    for point, value, run in members:
        assert run.accuracy is not None
        accuracies[value][run.dataset][run.seed] = run.accuracy
        default = value if point.is_base else default
    values = tuple(accuracies)
    if all(value.number is not None for value in values):
        values = tuple(sorted(values, key=lambda v: math.inf if v.number is None else v.number))
    return Sweep(ablation, field, held, values, default, accuracies)
