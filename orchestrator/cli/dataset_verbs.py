"""What the verbs of `datasets` do, and how they show it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Column

from benchmarks.datasets.completeness import count, counts
from benchmarks.datasets.download import DownloadFailed, unpack_archives
from benchmarks.datasets.duplicates import described
from benchmarks.datasets.interface import SPLITS, Dataset, DatasetError
from benchmarks.datasets.own.source import OwnDataset
from benchmarks.datasets.packed.location import is_uri, open_location
from benchmarks.datasets.packed.reach import check_reachable
from benchmarks.datasets.packed.write import pack
from benchmarks.datasets.registry import (
    UnknownDataset,
    broken_datasets,
    dataset_classes,
    dataset_names,
    offered_datasets,
    open_dataset,
)
from benchmarks.datasets.roll import roll_of
from benchmarks.datasets.verify import Verified, verify
from extensions.modules import Broken
from orchestrator.cli.broken import tell
from orchestrator.cli.pack_hints import pack_hints
from orchestrator.console import output, plain_table, say, warn
from orchestrator.errors import UserError
from orchestrator.spec.beside import specs_with
from orchestrator.spec.load import load_spec

_SHOWN = 5
"""Unreadable images that are named; the rest are counted."""


@dataclass(frozen=True)
class Shelf:
    """Where datasets are looked for.

    Attributes:
        data: the data root: a folder or a location.
        own: the user's own datasets.
        spec: the spec that they come from; "" without one.
    """

    data: str
    own: tuple[OwnDataset, ...] = ()
    spec: str = ""

    @classmethod
    def of(cls, data: str, spec: str | None = None) -> Shelf:
        """The shelf at a data root, with the own datasets of a spec.

        Raises:
            UserError: the spec can't be read.
        """
        return cls(data) if spec is None else cls(data, load_spec(spec).own_datasets, spec)

    def names(self) -> tuple[str, ...]:
        """All names, own ones first."""
        return (*(own.name for own in self.own), *dataset_names())

    def check(self) -> None:
        """Makes sure that the data root can be asked.

        Raises:
            DatasetError: it is no valid location, or on S3 and can't be reached.
        """
        names = (name for name, kind in dataset_classes().items() if kind.card.folder)
        check_reachable(open_location(self.data), names)

    def open(self, name: str) -> Dataset:
        """The dataset of a name.

        Raises:
            UnknownDataset: there is none.
        """
        return open_dataset(name, self.data, self.own)

    def open_ready(self, name: str) -> Dataset:
        """The dataset of a name, which must be there.

        Raises:
            UserError: there is no dataset of this name, or it isn't there.
        """
        try:
            dataset = self.open(name)
        except UnknownDataset as error:
            raise UserError(f"{error}{self._spec_hint(name)}") from None
        missing = dataset.missing()
        if missing is not None:
            raise UserError(f"dataset {name}: {missing}")
        return dataset

    def _spec_hint(self, name: str) -> str:
        """What to do about a dataset of the user's own; the specs here are looked through."""
        if self.own:
            return ""
        here = specs_with(name)
        if not here:
            return " A dataset of your own needs its spec: --spec FILE."
        return f" It is in {' and '.join(here)}: add --spec {shlex.quote(here[0])}."


def show_list(shelf: Shelf) -> None:
    """A table of all datasets, then size, licence and source of the ones that are missing."""
    shelf.check()
    whole = ("dataset", "classes", "train / val / test", "download")
    columns = (Column(name, no_wrap=True) for name in whole)
    table = plain_table(*columns, "state", title=f"datasets in {shelf.data}")
    table.pad_edge = False
    missing: dict[str, str] = {}
    broken: list[str] = []
    for name in (*shelf.names(), *_offered()):
        dataset = shelf.open(name)
        try:
            reason = dataset.missing()
            table.add_row(name, *_facts(dataset, reason))
        except DatasetError as error:
            table.add_row(name, "", "", dataset.card.size, "can't be read")
            broken.append(_by_name(name, error))
            continue
        if reason is not None:
            missing[name] = reason
    output.print(table)
    for text in broken:
        say(text)
    for offered, found in offered_datasets():
        told = f"can't be used: {found}" if isinstance(found, Broken) else f"of {offered.package}"
        say(f"{offered.name}: {told}")
    tell(broken_datasets())
    for name, reason in missing.items():
        dataset = shelf.open(name)
        card, by_command = dataset.card, dataset.download is not None and not is_uri(shelf.data)
        hint = f"`querycurve datasets prepare {name}` downloads it. " if by_command else ""
        licence = f" Licence: {card.licence}." if card.licence else ""
        say(f"{name}: {hint}{reason}{licence}")


def _offered() -> Iterator[str]:
    """Names of the datasets that installed packages offer and that can be used."""
    found = offered_datasets()
    return (offered.name for offered, kind in found if not isinstance(kind, Broken))


def prepare_all(shelf: Shelf, names: Sequence[str]) -> int:
    """Brings datasets to where they are read; returns how many are still missing.

    Raises:
        UnknownDataset: one of the names is unknown, before any work.
        UserError: the data root is no folder.
    """
    if is_uri(shelf.data):
        raise UserError(
            f"{shelf.data} is no folder: prepare datasets in one with --data, then pack them."
        )
    for name in names:
        shelf.open(name)
    folder = Path(open_location(shelf.data).path)
    try:
        return _prepare_in(folder, shelf, names)
    except OSError as error:
        reason = error.strerror or error
        raise UserError(f"datasets can't be prepared in {folder}: {reason}.") from None


def _prepare_in(folder: Path, shelf: Shelf, names: Sequence[str]) -> int:
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file: give a folder with --data.")
    return sum(not _prepared(shelf, name) for name in names)


def verify_all(shelf: Shelf, names: Sequence[str]) -> int:
    """Looks at every image of datasets; returns how many datasets aren't sound.

    Raises:
        UserError: a name is unknown, a named dataset isn't there, or none is.
        DatasetError: none can be read.
    """
    if not names:
        shelf.check()
    refused: list[str] = []
    datasets = [shelf.open_ready(name) for name in names] or list(_there(shelf, refused))
    if not datasets and not refused:
        raise UserError(f"no dataset is in {shelf.data}. See `querycurve datasets list`.")
    results = []
    for dataset in datasets:
        try:
            with _progress(dataset) as tell:
                results.append((dataset, verify(dataset, tell)))
        except DatasetError as error:
            refused.append(str(error))
    if not results:
        raise DatasetError(" ".join(refused))
    _show_verified(results)
    for reason in refused:
        say(reason)
    return len(refused) + sum(not result.sound for _, result in results)


def _there(shelf: Shelf, refused: list[str]) -> Iterator[Dataset]:
    """The datasets that aren't embedded and are there; adds why others can't be looked at."""
    own = {dataset.name for dataset in shelf.own}
    for dataset in map(shelf.open, shelf.names()):
        try:
            if dataset.missing() is None and (dataset.card.folder or dataset.card.name in own):
                yield dataset
        except DatasetError as error:
            refused.append(_by_name(dataset.card.name, error))


def _by_name(name: str, error: DatasetError) -> str:
    """An error with the dataset's name before it, which one of the file system lacks."""
    return f"{name}: {str(error).removeprefix(f'dataset {name}: ')}"


def pack_all(shelf: Shelf, names: Sequence[str], to: str, *, replace: bool = False) -> None:
    """Packs datasets to a folder or location; with `replace`, also over packs of other versions.

    Raises:
        UserError: a name is unknown, or one isn't there, before any work.
        DatasetError: a dataset can't be read.
    """
    root = open_location(to)
    datasets = [shelf.open_ready(name) for name in names]
    for dataset in datasets:
        name, target = dataset.card.name, root.child(dataset.card.name)
        with _progress(dataset) as tell:
            told: list[str] = []
            facts = pack(dataset, target, tell, told.append, replace=replace)
        images = sum(facts.images.values())
        shards = f"{images:,} images in {len(facts.shards)} shards at {target.uri}"
        state, *notes = told
        say(f"{name}: {shards} ({state})")
        for note in notes:
            warn(f"note: {name}: {note}", output)
    for hint in pack_hints(shelf.spec, [own.name for own in shelf.own], names, root):
        say(hint)


def _prepared(shelf: Shelf, name: str) -> bool:
    def tell(text: str) -> None:
        say(f"{name}: {text}")

    dataset = shelf.open(name)
    if dataset.missing() is not None:
        try:
            _fetch(shelf, name, tell)
        except DownloadFailed as error:
            tell(str(error))
        dataset = shelf.open(name)  # what it saw before may be out of date
    missing = dataset.missing()
    if missing is not None:
        tell(f"not ready: {missing}")
        return False
    counted = count(dataset)
    state = "ready" if counted.found["test"] else "not ready: it has no test images"
    tell(f"{state}, {counts(counted.found)} images to train, validate and test")
    if counted.shortfall:
        tell(f"note: {counted.shortfall}")
    if dataset.remark():
        tell(f"note: {dataset.remark()}")
    for note in roll_of(dataset).all_notes():
        tell(f"note: {note}")
    return bool(counted.found["test"])


def _fetch(shelf: Shelf, name: str, tell: Callable[[str], None]) -> None:
    """Unpacks what lies in the dataset's folder; downloads if that isn't enough and it can be."""
    data_root = Path(open_location(shelf.data).path)
    folder = data_root / shelf.open(name).card.folder
    unpacked = unpack_archives(folder) if folder.is_dir() else []
    if unpacked:
        tell(f"unpacked {', '.join(unpacked)}")
    dataset = shelf.open(name)  # as it is now
    if dataset.missing() is not None and dataset.download is not None:
        tell(f"downloading {dataset.card.size}; licence: {dataset.card.licence}")
        dataset.download.fetch(data_root)


def _facts(dataset: Dataset, missing: str | None) -> tuple[str, str, str, str]:
    """Classes, images, size and state: as found, or of a full copy when missing."""
    card = dataset.card
    if missing is not None:
        return str(card.classes), counts(card.images), card.size, "missing"
    found = count(dataset).found
    state = "ready" if dataset.split_as_published() else "own split"
    state = state if found["test"] else "no test images"
    return str(len(dataset.class_names())), counts(found), card.size, state


def _show_verified(results: Sequence[tuple[Dataset, Verified]]) -> None:
    others = ("train / val / test", "full copy", "unreadable", "duplicates", "leaks")
    table = plain_table(Column("dataset", no_wrap=True), *others)
    for dataset, result in results:
        table.add_row(
            dataset.card.name,
            counts(result.found),
            _expected(result),
            str(len(result.unreadable)),
            str(len(result.duplicates)),
            str(sum(group.leaks for group in result.duplicates)),
        )
    output.print(table)
    say(
        "duplicates: groups of files with the same bytes; leaks: those of them that are in more "
        "than one split."
    )
    for dataset, result in results:
        for line in _details(dataset, result):
            say(line)


def _expected(result: Verified) -> str:
    if result.expected:
        return counts(result.expected)
    return "unknown" if result.total is None else f"{result.total:,} in all"


def _details(dataset: Dataset, result: Verified) -> Iterator[str]:
    name = dataset.card.name
    if dataset.remark():
        yield f"note: {dataset.remark()}"
    if result.shortfall:
        yield f"{name}: {result.shortfall}"
    yield from (f"note: {note}" for note in roll_of(dataset).all_notes())
    if result.full_digest:
        yield f"{name}: full digest {result.full_digest}"
    if not result.unreadable and not result.as_recorded:
        yield f"{name}: these are not the images that were packed, of {result.recorded_digest}"
    yield from result.unreadable[:_SHOWN]
    if len(result.unreadable) > _SHOWN:
        yield f"{name}: and {len(result.unreadable) - _SHOWN} more that can't be read"
    for line in described(result.duplicates, dataset.class_names()):
        yield f"{name}: {line}"


@contextmanager
def _progress(dataset: Dataset) -> Iterator[Callable[[int], None]]:
    """A bar over a dataset's images."""
    total = sum(len(dataset.items(split)) for split in SPLITS)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=output, transient=True) as progress:
        task = progress.add_task(dataset.card.name, total=total)
        yield lambda images: progress.advance(task, images)
