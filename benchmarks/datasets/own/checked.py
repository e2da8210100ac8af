"""A user's own dataset, whose classes are checked before they are used."""

from collections.abc import Sequence
from functools import cached_property

from benchmarks.datasets.interface import Dataset, Item, Split
from benchmarks.datasets.roll import roll_of
from benchmarks.datasets.views import DatasetView


class CheckedDataset(DatasetView):
    """A dataset that refuses to be read while its classes are not sound (see `Roll.check`).

    Its owner can mend it, unlike a dataset that others have results on.
    """

    def class_names(self) -> tuple[str, ...]:
        return self._sound.class_names()

    def items(self, split: Split) -> Sequence[Item]:
        return self._sound.items(split)

    @cached_property
    def _sound(self) -> Dataset:
        """The other dataset, once its classes have been checked."""
        roll_of(self._dataset).check()
        return self._dataset
