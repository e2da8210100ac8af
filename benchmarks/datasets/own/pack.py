"""A user's own dataset whose images lie in a pack."""

from dataclasses import replace

from benchmarks.datasets.interface import Card, DatasetError
from benchmarks.datasets.packed.dataset import PackedDataset
from benchmarks.datasets.packed.location import Location


class OwnPack(PackedDataset):
    """A pack under the name that the spec gives it, whatever it was packed as.

    Args:
        location: of the pack.
        given: name and templates in the spec; without templates there, the pack's own.
        own_templates: whether the spec has templates.
    """

    def __init__(self, location: Location, given: Card, *, own_templates: bool) -> None:
        super().__init__(location)
        self._given = given
        self._own_templates = own_templates

    @property
    def card(self) -> Card:  # type: ignore[override]
        """The pack's facts under the spec's name; of a missing pack only what the spec says."""
        try:
            packed = self._facts.card()
        except DatasetError:
            return self._given
        templates = self._given.templates if self._own_templates else packed.templates
        return replace(
            self._given, classes=packed.classes, images=packed.images, templates=templates
        )

    def remark(self) -> str:
        packed_as = f"{self._facts.name}: "
        remark = self._facts.remark
        return remark.replace(packed_as, f"{self._given.name}: ", 1) if remark else ""
