"""Chooses among the stored results of the same cells, so that a comparison never mixes versions."""

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
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
) -> Choice:
    """The results of cells: of the present code where that is recorded, and of the newest images.

    Results of a dataset are all of the same images, and a comparison's all of the same weights, as
    far as traces say so. Where a result and a failure of a cell are left, the result counts.

    Args:
        cells: cells without keys.
        stored: results and failures, among them theirs.
        written: when results were made, by key.
        present: whether a result is of the present code, as far as it says so.
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
        fitting = _newest(fitting, group, value, times)
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


def _newest(
    found: Sequence[_Found], group: Group, value: Value, times: Mapping[str, float]
) -> list[_Found]:
    """What has the value of the newest in its group, or none."""
    last: dict[Hashable, tuple[float, str]] = {}
    for _, cell, one in found:
        known, where = value(one), group(cell, one)
        if known is not None:
            last[where] = max(last.get(where, (0.0, "")), (times.get(one.key, 0.0), known))
    return [
        each
        for each in found
        if value(each.one) is None or value(each.one) == last[group(each.cell, each.one)][1]
    ]


def _differ(found: Sequence[_Found]) -> bool:
    """Whether there is anything to choose."""
    if _places_with_several(found):
        return True
    for group, value in _SETS:
        values: dict[Hashable, set[str]] = {}
        for _, cell, one in found:
            if (known := value(one)) is not None:
                values.setdefault(group(cell, one), set()).add(known)
        if any(len(some) > 1 for some in values.values()):
            return True
    return False


def _places_with_several(found: Sequence[_Found]) -> int:
    counts = Counter(place for place, _, one in found if one.finished)
    return sum(count > 1 for count in counts.values())
