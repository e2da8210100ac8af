"""Reads a user's own dataset as a plan does."""

from __future__ import annotations

from pathlib import Path

from benchmarks.datasets.interface import SPLITS, Dataset, DatasetError, Split
from benchmarks.datasets.own.source import OwnDataset
from benchmarks.datasets.registry import open_dataset
from benchmarks.datasets.roll import roll_of


def own(path: Path) -> Dataset:
    return open_dataset("birds", "nowhere", [OwnDataset(name="birds", path=str(path))])


def images(dataset: Dataset) -> dict[Split, list[tuple[str, str]]]:
    """Reference and class name of the images of each split."""
    names = dataset.class_names()
    return {s: [(i.reference, names[i.label]) for i in dataset.items(s)] for s in SPLITS}


def notes(path: Path) -> list[str]:
    """What a plan says of a dataset, without its name."""
    return [note.removeprefix("birds: ") for note in roll_of(own(path)).notes()]


def refusal(path: Path) -> str:
    """Why a dataset is refused: one short line that can be printed; "" if it is read."""
    return refusal_of(own(path))


def refusal_of(dataset: Dataset) -> str:
    """As `refusal`, of a dataset that is open."""
    try:
        missing = dataset.missing()
        if missing is None:
            assert all(note.isprintable() for note in roll_of(dataset).all_notes())
            dataset.revision()
            for split in SPLITS:
                dataset.fingerprints(dataset.items(split))
                dataset.absent(dataset.items(split))
    except DatasetError as error:
        missing = str(error)
    if missing is not None:
        assert missing.isprintable(), missing
        assert len(missing) < 450, missing
    return missing or ""
