"""Who is ahead among everything that may be compared, whichever report it is from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from orchestrator.analysis.site.conditions import (
    Conditions,
    Images,
    backbone_name,
    images_of,
    same_images,
)
from orchestrator.analysis.site.differences import differences
from orchestrator.analysis.site.entry import Entry, Experiment, entries_of


@dataclass(frozen=True)
class Ranked:
    """A row of a leaderboard.

    Attributes:
        rank: from 1; methods that are level share theirs.
        name: the entry's label, with its experiment where another entry has the same label.
        entry: what it stands for.
    """

    rank: int
    name: str
    entry: Entry


@dataclass(frozen=True)
class Leaderboard:
    """Methods under one set of conditions, the best first.

    Attributes:
        conditions: what all of them share.
        backbone: the backbone's name.
        rows: the methods.
        remarks: how entries of the same label differ; others may have the conditions, too, but
            other images.
    """

    conditions: Conditions
    backbone: str
    rows: tuple[Ranked, ...]
    remarks: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The conditions in a line."""
        return self.conditions.title(self.backbone)

    @property
    def beside(self) -> tuple[str, ...]:
        """Names of what stands beside the number that methods are ranked by."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row.entry.standing.beside))


class _Pile:
    """Entries that may be compared, before they are ranked."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.images: dict[tuple[str, int], str] = {}

    def takes(self, images: Images) -> bool:
        return same_images(self.images, images)

    def add(self, entry: Entry) -> None:
        self.images.update(images_of(entry.runs))
        for place, other in enumerate(self.entries):
            if other.label == entry.label and other.results == entry.results:
                both = dict.fromkeys((*other.experiments, *entry.experiments))
                spent = max(other.search_queries, entry.search_queries)
                self.entries[place] = replace(other, experiments=tuple(both), search_queries=spent)
                return
        self.entries.append(entry)


def leaderboards_of(experiments: Iterable[Experiment]) -> tuple[Leaderboard, ...]:
    """A leaderboard for each set of conditions; those with most methods first.

    An experiment whose images are known to differ from those of another, under equal names of
    datasets, is never in one table with it.
    """
    piles: dict[Conditions, list[_Pile]] = {}
    for experiment in experiments:
        mine: dict[Conditions, list[Entry]] = {}
        for where, entry in entries_of(experiment):
            mine.setdefault(where, []).append(entry)
        for where, entries in mine.items():
            images = images_of(run for entry in entries for run in entry.runs)
            here = piles.setdefault(where, [])
            pile = next((one for one in here if one.takes(images)), None)
            if pile is None:
                here.append(pile := _Pile())
            for entry in entries:
                pile.add(entry)
    found = [
        _leaderboard(where, pile.entries, alone=len(here) == 1)
        for where, here in piles.items()
        for pile in here
    ]
    return tuple(sorted(found, key=lambda board: -len(board.rows)))


def _leaderboard(where: Conditions, entries: Sequence[Entry], *, alone: bool) -> Leaderboard:
    times = Counter(entry.label for entry in entries)
    ordered = sorted(entries, key=lambda entry: entry.order)
    rows = [
        Ranked(
            1 + sum(other.shown > entry.shown for other in entries),
            f"{entry.label} ({entry.experiments[0]})" if times[entry.label] > 1 else entry.label,
            entry,
        )
        for entry in ordered
    ]
    twice = [label for label, count in times.items() if count > 1]
    told = [
        differences([(row.name, row.entry) for row in rows if row.entry.label == label])
        for label in twice
    ]
    if not alone:
        names = dict.fromkeys(name for entry in entries for name in entry.experiments)
        told.insert(
            0,
            f"Datasets of {', '.join(names)} hold other images than those of the same names in "
            f"another table here, so they are apart.",
        )
    return Leaderboard(
        conditions=where,
        backbone=backbone_name(run for entry in entries for run in entry.runs),
        rows=tuple(rows),
        remarks=tuple(told),
    )
