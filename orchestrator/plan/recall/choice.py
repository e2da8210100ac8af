"""Chooses among the stored results of the same cells, so that a comparison never mixes versions."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from orchestrator.plan.plan import PlannedCell
from orchestrator.plan.recall.stored import Stored, by_identity, identity
from orchestrator.plan.recall.weights import digests_of

Group = Callable[[PlannedCell, Stored], Hashable]
Value = Callable[[Stored], str | None]


@dataclass(frozen=True)
class Choice:
    """Which results are taken.

    Attributes:
        taken: results by the place of their cells in what was asked.
        several: number of cells that had more than one.
        older: number of cells whose results are all of another version of the code or data.
    """

    taken: Mapping[int, Stored]
    several: int = 0
    older: int = 0


def chosen(
    cells: Sequence[PlannedCell],
    stored: Sequence[Stored],
    written: Callable[[Sequence[Stored]], Mapping[str, float]],
    present: Callable[[Stored], bool] = lambda _: True,
    beside: Sequence[tuple[PlannedCell, Stored]] = (),
) -> Choice:
    """The results of cells: of the present code where that is recorded, and of the newest images.

    Results of a dataset are all of the same images, and a comparison's all of the same weights, as
    far as traces say so: those of what stands beside them or else the newest. Where a result and a
    failure of a cell are left, the result counts.

    Args:
        cells: cells without keys.
        stored: results and failures, among them theirs.
        written: when results were made, by key.
        present: whether a result is of the present code, as far as it says so.
        beside: the other cells of the same comparison, each with what is known of it.
    """
    same = by_identity(stored)
    digests = digests_of((cell.backbone for cell in cells), stored)
    found = [
        _Found(place, cell, one)
        for place, cell in enumerate(cells)
        for one in same.get(identity(cell.cell), ())
        if one.cell.backbone in digests[cell.backbone]
    ]
    had = {each.place for each in found}
    fitting = [each for each in found if present(each.one)]
    several = _places_with_several(fitting)
    times = written([each.one for each in fitting]) if _differ(fitting) else {}
    for group, value in _SETS:
        fitting = _agreeing(fitting, group, value, times, _values(beside, group, value))
    fitting.sort(key=lambda f: (_RANK[f.one.status], times.get(f.one.key, 0.0), f.one.key))
    taken = {each.place: each.one for each in fitting}
    return Choice(taken, several, len(had.difference(taken)))


_RANK = {"failed": 0, "in progress": 1, "done": 2}
"""Which of a cell's standings counts, as in a plan."""


class _Found(NamedTuple):
    """A result that a cell may have."""

    place: int
    cell: PlannedCell
    one: Stored


_SETS: tuple[tuple[Group, Value], ...] = (
    (lambda cell, _: cell.backbone, lambda one: one.cell.backbone),
    (lambda _, one: one.cell.dataset, lambda one: one.images),
    (
        lambda _, one: (
            one.cell.protocol,
            one.cell.dataset,
            one.cell.shots,
            one.cell.seed,
            one.cell.source and one.cell.source.dataset,
        ),
        lambda one: one.split,
    ),
)
"""Results that must agree, and in what."""


def _agreeing(
    found: Sequence[_Found],
    group: Group,
    value: Value,
    times: Mapping[str, float],
    beside: Mapping[Hashable, set[str]],
) -> list[_Found]:
    """What has a value that stands beside its group, else that of its newest; or has none."""
    newest: dict[Hashable, tuple[float, str]] = {}
    for _, cell, one in found:
        known, where = value(one), group(cell, one)
        if known is not None:
            newest[where] = max(newest.get(where, (0.0, "")), (times.get(one.key, 0.0), known))
    wanted = {where: {known} for where, (_, known) in newest.items()} | dict(beside)
    return [
        each
        for each in found
        if (known := value(each.one)) is None or known in wanted[group(each.cell, each.one)]
    ]


def _values(
    known: Iterable[tuple[PlannedCell, Stored]], group: Group, value: Value
) -> dict[Hashable, set[str]]:
    """Every value that a group has."""
    values: dict[Hashable, set[str]] = {}
    for cell, one in known:
        if (its := value(one)) is not None:
            values.setdefault(group(cell, one), set()).add(its)
    return values


def _differ(found: Sequence[_Found]) -> bool:
    """Whether there is anything to choose."""
    pairs = [(cell, one) for _, cell, one in found]
    return _places_with_several(found) > 0 or any(
        len(some) > 1 for group, value in _SETS for some in _values(pairs, group, value).values()
    )


def _places_with_several(found: Sequence[_Found]) -> int:
    counts = Counter(place for place, _, one in found if one.finished)
    return sum(count > 1 for count in counts.values())
