"""Images of a dataset that are the same file, and what is wrong with that."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.datasets.class_names import shown
from benchmarks.datasets.interface import SPLITS, Item, Split
from benchmarks.quoting import one_line, quoted

MOST_GROUPS, MOST_PLACES = 20, 4
"""Groups, and images of a group, that are named; the rest are counted."""


@dataclass(frozen=True)
class Duplicates:
    """A group of images with the same bytes.

    Attributes:
        places: split and item of each, in the dataset's order.
    """

    places: tuple[tuple[Split, Item], ...]

    @property
    def splits(self) -> tuple[Split, ...]:
        """The splits that have one of them."""
        found = {split for split, _ in self.places}
        return tuple(split for split in SPLITS if split in found)

    @property
    def labels(self) -> tuple[int, ...]:
        """The labels that they have."""
        return tuple(sorted({item.label for _, item in self.places}))

    @property
    def leaks(self) -> bool:
        """Whether they are in more than one split, so that measuring is no test of them."""
        return len(self.splits) > 1

    @property
    def ambiguous(self) -> bool:
        """Whether they have more than one label, so that one of them is wrong."""
        return len(self.labels) > 1

    def text(self, class_names: Sequence[str]) -> str:
        """Where they are, and what is wrong with that, in a line."""
        named = [f"{one_line(item.reference)} ({split})" for split, item in self.places]
        more = f" and {len(named) - MOST_PLACES} more" if len(named) > MOST_PLACES else ""
        faults = [f"leaks between {' and '.join(self.splits)}"] * self.leaks
        if self.ambiguous:
            faults.append(f"has the labels {shown(quoted(class_names[n]) for n in self.labels)}")
        fault = f"; it {' and '.join(faults)}" if faults else ""
        return f"the same file: {', '.join(named[:MOST_PLACES])}{more}{fault}"


def worst_first(groups: Iterable[Duplicates]) -> tuple[Duplicates, ...]:
    """Leaks first, and among them, as among the others, those with several labels."""
    return tuple(sorted(groups, key=lambda group: (not group.leaks, not group.ambiguous)))


def described(groups: Sequence[Duplicates], class_names: Sequence[str]) -> Iterator[str]:
    """One line for each group of those that are named, and one for the rest."""
    yield from (group.text(class_names) for group in groups[:MOST_GROUPS])
    rest = groups[MOST_GROUPS:]
    if rest:
        leaks, ambiguous = sum(g.leaks for g in rest), sum(g.ambiguous for g in rest)
        yield (
            f"and {len(rest):,} more groups of one file each (leaks: {leaks:,}, with several "
            f"labels: {ambiguous:,})"
        )
