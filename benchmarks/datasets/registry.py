"""Finds datasets by name: every `Dataset` subclass with a card in the packages listed here."""

import importlib
import inspect
import json
import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path, PurePath
from types import ModuleType

from benchmarks.datasets.interface import Card, Dataset, DatasetError
from benchmarks.datasets.own.source import OwnDataset
from benchmarks.datasets.packed.dataset import PackedDataset
from benchmarks.datasets.packed.layout import is_pack
from benchmarks.datasets.packed.location import open_location
from benchmarks.naming import did_you_mean
from benchmarks.quoting import quoted

PACKAGES = ("benchmarks.datasets.zoo", "benchmarks.pocket.datasets")


class UnknownDataset(DatasetError):
    """A name that no dataset has; suggests the nearest ones."""

    def __init__(self, name: str) -> None:
        hint = did_you_mean(name, dataset_names())
        if "/" in name:
            own = json.dumps({"name": PurePath(name).stem, "path": name}, ensure_ascii=False)
            hint = f"A dataset of your own is an entry of a spec, such as {own}."
        super().__init__(f"unknown dataset {quoted(name)}. {hint}")
        self._name = name

    def __reduce__(self) -> tuple[type, tuple[str]]:
        """Exceptions are otherwise made again of their message."""
        return UnknownDataset, (self._name,)


@cache
def dataset_classes() -> dict[str, type[Dataset]]:
    """All known datasets by name, sorted.

    Raises:
        DatasetError: two datasets have the same name.
    """
    found: dict[str, type[Dataset]] = {}
    for module in _modules():
        for _, cls in inspect.getmembers(module, inspect.isclass):
            if not issubclass(cls, Dataset) or not isinstance(getattr(cls, "card", None), Card):
                continue
            other = found.setdefault(cls.card.name, cls)
            if other is not cls:
                raise DatasetError(f"two datasets are called {cls.card.name!r}: {other} and {cls}")
    return dict(sorted(found.items()))


def dataset_names() -> tuple[str, ...]:
    """Names of all known datasets, sorted."""
    return tuple(dataset_classes())


def dataset_class(name: str) -> type[Dataset]:
    """The dataset class called `name`.

    Raises:
        UnknownDataset: no dataset has that name.
    """
    try:
        return dataset_classes()[name]
    except KeyError:
        raise UnknownDataset(name) from None


def open_dataset(name: str, root: Path | str, own: Iterable[OwnDataset] = ()) -> Dataset:
    """The dataset called `name`, packed or not; reads no data yet.

    For example:

        dataset = open_dataset("pocket_dots", "")
        image = dataset.open(dataset.items("test")[0])

    Args:
        name: a known dataset's, or one of the user's own.
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
    if not kind.card.folder:  # embedded
        return kind(Path())
    location = open_location(root)
    if location.on_s3 or is_pack(Path(location.path) / name):
        return PackedDataset(location.child(name), kind.card)
    return kind(Path(location.path))


def _modules() -> Iterator[ModuleType]:
    for package_name in PACKAGES:
        package = importlib.import_module(package_name)
        yield package
        for info in pkgutil.iter_modules(getattr(package, "__path__", [])):
            yield importlib.import_module(f"{package_name}.{info.name}")
