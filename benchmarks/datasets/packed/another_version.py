"""Tells a pack whose images were repaired since from one of another version of its dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.datasets.interface import (
    SPLITS,
    Dataset,
    DatasetError,
    ImageUnreadable,
    Item,
    Split,
)
from benchmarks.datasets.packed.dataset import PackedDataset
from benchmarks.datasets.packed.layout import Facts
from benchmarks.datasets.packed.listing import Listing, read_listing
from benchmarks.datasets.packed.location import Location, Unreachable


def check_replaceable(dataset: Dataset, location: Location, before: Facts, *, all_: bool) -> None:
    """Refuses to pack a dataset where something else is packed, which others may be using.

    Images that can't be read in the pack may have been repaired or removed since.

    Args:
        dataset: what is to be packed.
        location: of the pack that is there.
        before: its facts.
        all_: whether any version of the dataset may be replaced.

    Raises:
        DatasetError: another dataset is packed there, or another version of this one.
    """
    name = dataset.card.name
    if before.name != name:
        raise DatasetError(
            f"{location.uri} is a pack of {before.name}, not of {name}. Pack to another location."
        )
    what = "" if all_ else _difference(dataset, location, before)
    if what:
        raise DatasetError(
            f"{location.uri} holds another version of {name}: {what}. Replace it with --replace, "
            f"or pack to another location."
        )


def _difference(dataset: Dataset, location: Location, before: Facts) -> str:
    """What is other than in a pack, beyond repairs; "" if that is nothing, or can't be known."""
    if before.class_names != dataset.class_names():
        return "its classes are others"
    if (before.upright, before.shuffled) != (dataset.upright, dataset.shuffled_before_draw()):
        return "it is read in another way"
    try:
        listing = read_listing(location, before)
    except Unreachable:
        return ""
    repaired = [*_changed(dataset, listing), *_gone(dataset, listing)]
    whole = _first_readable(PackedDataset(location), repaired)
    if whole is not None:
        return f"its {whole.reference!r} was another image that can be read, or is gone now"
    return _others(dataset, listing, before, repaired=bool(repaired))


def _others(dataset: Dataset, listing: Listing, before: Facts, *, repaired: bool) -> str:
    """What is other in the list of images."""
    packed, now = _splits(listing.items), _splits(_items(dataset))
    added = next((item for item in now if item not in packed), None)
    if added is not None:
        return f"it lacks {added.reference!r}"
    # Where an image is gone, the others may be divided anew.
    if len(now) == len(packed) and now != packed:
        return "its images are divided in another way"
    return "" if repaired or before.revision == dataset.revision() else "its file is another"


def _items(dataset: Dataset) -> dict[Split, list[Item]]:
    return {split: list(dataset.items(split)) for split in SPLITS}


def _splits(items: Mapping[Split, Sequence[Item]]) -> dict[Item, Split]:
    return {item: split for split in SPLITS for item in items[split]}


def _gone(dataset: Dataset, listing: Listing) -> list[Item]:
    """The images that are in the pack alone."""
    now = _splits(_items(dataset))
    return [item for item in _splits(listing.items) if item not in now]


def _changed(dataset: Dataset, listing: Listing) -> list[Item]:
    """The images that have another fingerprint than in the pack."""
    items = [item for item in _splits(_items(dataset)) if item.reference in listing.images]
    found = zip(items, dataset.fingerprints(items), strict=True)
    return [item for item, what in found if listing.images[item.reference].fingerprint != what]


def _first_readable(pack: PackedDataset, items: list[Item]) -> Item | None:
    """The first of these images that the pack holds as one that can be read."""
    for item in items:
        try:
            pack.open(item)
        except (ImageUnreadable, Unreachable):
            continue
        return item
    return None
