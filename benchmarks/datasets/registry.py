"""Finds datasets by name: every `Dataset` subclass with a card in the packages listed here.

Those elsewhere are named by their place, `package.module:Class`, or by the short name that their
package's entry point gives them; none of them is imported before it is named.
"""

import inspect
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from itertools import chain
from pathlib import Path, PurePath

from benchmarks.datasets.cards import wrong_with
from benchmarks.datasets.interface import Card, Dataset, DatasetError
from benchmarks.datasets.own.source import OwnDataset
from benchmarks.datasets.packed.dataset import PackedDataset
from benchmarks.datasets.packed.layout import is_pack
from benchmarks.datasets.packed.location import open_location
from benchmarks.naming import did_you_mean
from benchmarks.quoting import quoted
from extensions.entry_points import Declared, declared, only_one, taken_names
from extensions.modules import Broken, modules_in
from extensions.reference import NotInstalled, Unusable, is_reference, load_class, place_of

PACKAGES = ("benchmarks.datasets.zoo", "benchmarks.pocket.datasets")

GROUP = "querycurve.datasets"
"""Of the entry points by which packages offer datasets."""


class UnknownDataset(DatasetError):
    """A name that no dataset has; suggests the nearest ones."""

    def __init__(self, name: str) -> None:
        hint = did_you_mean(name, (*dataset_names(), *declared(GROUP)))
        hint += "".join(f" ({one})" for one in broken_datasets())
        if "/" in name:
            own = json.dumps({"name": PurePath(name).stem, "path": name}, ensure_ascii=False)
            hint = f"A dataset of your own is an entry of a spec, such as {own}."
        super().__init__(f"unknown dataset {quoted(name)}. {hint}")
        self._name = name

    def __reduce__(self) -> tuple[type, tuple[str]]:
        """Exceptions are otherwise made again of their message."""
        return UnknownDataset, (self._name,)


class AbsentDataset(DatasetError):
    """A dataset of another package that isn't installed here."""


def dataset_classes() -> dict[str, type[Dataset]]:
    """All datasets of this project that can be imported, by name, sorted."""
    return _shipped()[0]


def broken_datasets() -> tuple[Broken, ...]:
    """Files of this project that can't be used, and names of other packages' that are taken."""
    return (*_shipped()[1], *taken_names(GROUP, dataset_classes()))


@cache
def _shipped() -> tuple[dict[str, type[Dataset]], tuple[Broken, ...]]:
    found: dict[str, type[Dataset]] = {}
    broken: list[Broken] = []
    for module in chain.from_iterable(map(modules_in, PACKAGES)):
        if isinstance(module, Broken):
            broken.append(module)
            continue
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if not issubclass(cls, Dataset) or getattr(cls, "card", None) is None:
                continue  # of what datasets share
            wrong = wrong_with(cls)
            if not wrong and found.setdefault(cls.card.name, cls) is not cls:
                wrong = f"two datasets are called {cls.card.name!r}: {found[cls.card.name]}, {cls}"
            if wrong:
                broken.append(Broken(str(module.__file__), wrong))
    return dict(sorted(found.items())), tuple(dict.fromkeys(broken))


def dataset_names() -> tuple[str, ...]:
    """Names of all datasets of this project, sorted."""
    return tuple(dataset_classes())


def dataset_class(name: str) -> type[Dataset]:
    """The dataset class called `name`, or at the place `name`.

    Raises:
        UnknownDataset: no dataset has that name.
        AbsentDataset: it is of a package that isn't here.
        DatasetError: what is there can't be used.
    """
    kind = dataset_classes().get(name)
    if kind is not None:
        return kind
    if is_reference(name):
        return _outside(name)
    offered = declared(GROUP).get(name)
    if offered is None:
        raise UnknownDataset(name)
    return _offered(offered)


def cell_name(name: str) -> str:
    """What cells call the dataset of a name or place: its short name, if an installed package's
    entry point gives it one, so that both spellings are the same experiment; else its place.

    Raises:
        DatasetError: as `dataset_class`.
    """
    if not is_reference(name):
        return name
    place = place_of(dataset_class(name))
    every = (one for ones in declared(GROUP).values() for one in ones)
    short = next((one.name for one in every if one.reference in (place, name)), place)
    return place if short in dataset_classes() else short


def outside_place(name: str) -> str | None:
    """The place of a dataset of another package; None of this project's own."""
    return None if name in dataset_classes() else place_of(dataset_class(name))


def offered_datasets() -> Iterator[tuple[Declared, type[Dataset] | Broken]]:
    """What installed packages offer, imported, or what is wrong with it."""
    for name, offered in declared(GROUP).items():
        if name in dataset_classes():
            continue  # told by `broken_datasets`
        try:
            yield offered[0], _offered(offered)
        except DatasetError as error:
            yield offered[0], Broken(f"{name} of {offered[0].package}", str(error))


def _offered(offered: tuple[Declared, ...]) -> type[Dataset]:
    """The one class that packages offer under a name.

    Raises:
        DatasetError: there are several, or it can't be used.
    """
    try:
        first = only_one(offered)
    except Unusable as error:
        raise DatasetError(str(error)) from None
    try:
        kind = _outside(first.reference)
    except DatasetError as error:
        text = f"{first.name!r} of {first.package} can't be used: {error}"
        raise type(error)(text) from None
    if kind.card.name != first.name:
        raise DatasetError(
            f"{first.package} offers {first.reference} as {first.name!r}, but its card's name is "
            f"{kind.card.name!r}: give both the same name"
        )
    return kind


@cache
def _outside(place: str) -> type[Dataset]:
    """The dataset at a place.

    Raises:
        AbsentDataset: its package isn't here.
        DatasetError: it can't be used.
    """
    try:
        kind: type[Dataset] = load_class(place, Dataset)
    except NotInstalled as error:
        raise AbsentDataset(str(error)) from None
    except Unusable as error:
        raise DatasetError(str(error)) from None
    wrong = wrong_with(kind)
    if wrong:
        raise DatasetError(f"{place}: {wrong}")
    if dataset_classes().get(kind.card.name) is kind:
        raise DatasetError(f"{place} is a dataset of this project: write {kind.card.name}")
    if kind.card.name in dataset_classes():
        raise DatasetError(
            f"{place} calls itself {kind.card.name!r}, which is the name of a dataset of this "
            f"project: choose another"
        )
    return kind


def open_dataset(name: str, root: Path | str, own: Iterable[OwnDataset] = ()) -> Dataset:
    """The dataset called `name`, packed or not; reads no data yet.

    For example:

        dataset = open_dataset("pocket_dots", "")
        image = dataset.open(dataset.items("test")[0])

    Args:
        name: a known dataset's, a place, or one of the user's own.
        root: the data root: a folder with the datasets' folders or packs, or a location such as
            `s3://bucket/prefix` with packs.
        own: the user's own datasets, which are looked up first.

    Raises:
        UnknownDataset: no dataset has that name.
        DatasetError: the data root is no folder and no valid `s3://` location, or the user's own
            dataset has a known one's name: its results would pass for the known one's.
    """
    for source in own:
        if source.name == name and name in dataset_classes():
            raise DatasetError(f"own dataset {name!r} has a known dataset's name: choose another")
        if source.name == name:
            return source.open()
    kind = dataset_class(name)
    location = open_location(root) if kind.card.folder else None
    if location is not None and (location.on_s3 or is_pack(Path(location.path) / name)):
        return PackedDataset(location.child(name), _card(kind, name))
    dataset = kind(Path() if location is None else Path(location.path))
    if name not in dataset_classes():
        dataset.card = _card(kind, name)
    return dataset


def _card(kind: type[Dataset], name: str) -> Card:
    """The card of a dataset under the name that cells have it by."""
    return kind.card if kind.card.name == name else replace(kind.card, name=name)
