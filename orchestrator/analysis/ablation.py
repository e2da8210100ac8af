"""Sweeps of an ablation: accuracy at each value of a varied field."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from orchestrator.analysis.intervals import MeanInterval, mean_interval
from orchestrator.analysis.runs import Run, seed_means
from orchestrator.spec.ablation_point import AblationPoint, FieldValue

BySeed = Mapping[int, float]
"""Accuracies in percent, by seed."""

_Placed = tuple[FieldValue, bool, Run]
"""A run at a value of the swept field, and whether that is the base's."""


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

    def mean(self, over: Sequence[str] | None = None) -> dict[FieldValue, BySeed]:
        """Means over the shared datasets, each seed by itself; seeds that lack one are left out.

        Args:
            over: some of the shared datasets; None takes all.
        """
        names = self.shared if over is None else over
        return {
            value: averaged
            for value in self.values
            if (averaged := seed_means([self.accuracies[value][name] for name in names]))
        }


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
    texts: dict[tuple[str, ...], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for point, _ in placed:
        for value in point.values:
            texts[_fields(point)][value.field].add(value.text)
    groups: dict[tuple[str, str, tuple[FieldValue, ...]], list[_Placed]] = defaultdict(list)
    for point, run in placed:
        counts = texts[_fields(point)]
        field = max(counts, key=lambda name: len(counts[name]))
        (value,) = (v for v in point.values if v.field == field)
        held = tuple(v for v in point.values if v.field != field)
        groups[point.ablation, field, held].append((value, point.is_base, run))
    return tuple(_sweep(*group, members) for group, members in groups.items())


def _fields(point: AblationPoint) -> tuple[str, ...]:
    return tuple(value.field for value in point.values)


def _sweep(
    ablation: str, field: str, held: tuple[FieldValue, ...], members: Sequence[_Placed]
) -> Sweep:
    found: dict[FieldValue, dict[str, dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
    for value, _, run in members:
        assert run.accuracy is not None
        found[value][run.dataset][run.seed] = run.accuracy
    default = next((value for value, is_base, _ in members if is_base), None)
    numbers = [value.number for value in found if value.number is not None]
    values = tuple(found)
    if len(numbers) == len(values):
        order = dict(zip(values, numbers, strict=True))
        values = tuple(sorted(values, key=order.__getitem__))
    return Sweep(ablation, field, held, values, default, found)
