"""Lists of pixels with equal names on one machine have equal pixels."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from benchmarks.datasets.identity.file_hashes import MISSING, SETTLED, is_lasting
from benchmarks.datasets.interface import Card, Dataset, Item, Split
from benchmarks.datasets.own.source import OwnDataset
from benchmarks.datasets.packed.location import open_location
from benchmarks.datasets.packed.write import pack
from benchmarks.datasets.registry import open_dataset
from benchmarks.datasets.views import DatasetView
from benchmarks.preprocessing import Preprocessing
from orchestrator.pixels import digests
from orchestrator.pixels.digests import decoded_digest, squared_digest
from tests.benchmarks.datasets.test_packed import noisy_tree
from tests.benchmarks.datasets.trees import noisy_class_folders

PLAIN = Preprocessing(8, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
HOUR = 3600 * 10**9


@dataclass(frozen=True)
class Facts:
    """All by which a list of images is named."""

    name: str
    at: str
    revised: str
    upright: bool
    rows: tuple[tuple[str, str], ...]


class Told(Dataset):
    """A dataset that is what it is told to be."""

    def __init__(self, facts: Facts) -> None:
        super().__init__(Path(facts.at))
        self.card = Card(facts.name, "", 2, {}, ("{}",), "")
        self.upright = facts.upright
        self._facts = facts

    def missing(self) -> str | None:
        return None

    def class_names(self) -> tuple[str, ...]:
        return ("a", "b")

    def items(self, split: Split) -> Sequence[Item]:
        return [Item(reference, 0) for reference, _ in self._facts.rows]

    def stamps(self, items: Sequence[Item]) -> Sequence[str]:
        return [stamp for _, stamp in self._facts.rows]

    def open(self, item: Item) -> Image.Image:
        raise NotImplementedError

    def revision(self) -> str:
        return self._facts.revised

    def place(self) -> str:
        return self._facts.at


words = st.text('a",[]\udc80 1', max_size=3)
rows = st.lists(st.tuples(words, words), max_size=3).map(tuple)
facts = st.builds(Facts, words, words, words, st.booleans(), rows)


@given(one=facts, other=facts)
def test_names_are_equal_where_all_facts_are(one: Facts, other: Facts) -> None:
    first, second = (Told(facts) for facts in (one, other))
    names = [decoded_digest(told, told.items("test")) for told in (first, second, Told(one))]
    assert (names[0] == names[1]) == (one == other)
    assert names[0] == names[2]


@pytest.mark.parametrize(
    "change",
    [
        {"size": 9},
        {"interpolation": "bilinear"},
        {"resize_mode": "squash"},
        {"fill_color": (1, 0, 0)},
    ],
)
def test_squared_images_are_named_by_how_they_become_square(change: dict[str, Any]) -> None:
    told = Told(Facts("a", "b", "", False, (("x", ""),)))
    items = told.items("test")
    name = squared_digest(told, items, PLAIN)
    assert squared_digest(told, items, replace(PLAIN, **change)) != name
    alike = replace(PLAIN, mean=(0, 0, 0), augmentation="crop_flip")
    assert squared_digest(told, items, alike) == name
    assert decoded_digest(told, items) != name


def test_a_list_without_some_images_is_another_list(tmp_path: Path, settled: None) -> None:
    del settled
    dataset = noisy_tree(tmp_path)
    items = dataset.items("test")
    view = DatasetView(dataset, [items[0].reference])
    assert decoded_digest(view, view.items("test")) == decoded_digest(dataset, items[1:])
    assert decoded_digest(view, view.items("test")) != decoded_digest(dataset, items)
    assert decoded_digest(dataset, items[::-1]) != decoded_digest(dataset, items)


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets an hour pass between what a test writes and what it looks at."""
    now = time.time_ns
    monkeypatch.setattr(digests.time, "time_ns", lambda: now() + HOUR)


def test_an_edit_of_the_same_size_that_keeps_its_time_gives_another_name(
    tmp_path: Path, settled: None
) -> None:
    del settled
    dataset = noisy_tree(tmp_path)
    items = dataset.items("train")
    name = decoded_digest(dataset, items)
    assert decoded_digest(open_dataset("dtd", tmp_path), items) == name
    file = tmp_path / "dtd" / "images" / items[0].reference
    state, data = file.stat(), file.read_bytes()
    changed = state.st_ctime_ns
    while changed == state.st_ctime_ns:  # until the file system's clock has gone on
        file.write_bytes(data[:-3] + bytes([data[-3] ^ 1]) + data[-2:])
        changed = file.stat().st_ctime_ns
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert file.stat().st_size == state.st_size
    assert decoded_digest(dataset, items) != name


def test_files_that_were_changed_just_now_are_not_named_for_long(tmp_path: Path) -> None:
    dataset = noisy_tree(tmp_path)
    items = dataset.items("train")
    assert decoded_digest(dataset, items) != decoded_digest(dataset, items)
    assert squared_digest(dataset, items, PLAIN) != squared_digest(dataset, items, PLAIN)


def test_a_list_with_a_missing_image_is_never_named_twice(tmp_path: Path, settled: None) -> None:
    del settled
    dataset = noisy_tree(tmp_path)
    items = dataset.items("train")
    (tmp_path / "dtd" / "images" / items[0].reference).unlink()
    assert decoded_digest(dataset, items) != decoded_digest(dataset, items)
    assert decoded_digest(dataset, items[1:]) == decoded_digest(dataset, items[1:])


@pytest.mark.parametrize(
    ("stamp", "lasts"),
    [
        ("", True),
        ("a" * 64, True),
        ("1" * 64, True),
        ("150", True),
        (MISSING, False),
        (f"9 {HOUR} {HOUR} 7", True),
        (f"9 -1 {HOUR} 7", True),
        (f"9 {HOUR} {3 * HOUR - 1} 7", False),
        (f"9 {3 * HOUR - 1} {HOUR} 7", False),
        (f"{'a' * 64} 9 {HOUR} {3 * HOUR - 1} 7", False),
        (f"{'a' * 64} 9 {HOUR} {3 * HOUR - SETTLED} 7", True),
    ],
)
def test_which_stamps_last(stamp: str, lasts: bool) -> None:
    assert is_lasting(stamp, 3 * HOUR) == lasts


def _packed(root: Path, dataset: Dataset) -> Dataset:
    location = open_location(root / "packs")
    pack(dataset, location.child(dataset.card.name), replace=True)
    return open_dataset(dataset.card.name, location.uri)


def test_a_pack_of_other_images_of_the_same_sizes_has_another_name(tmp_path: Path) -> None:
    dataset = noisy_tree(tmp_path)
    for item in dataset.items("test"):
        bmp = tmp_path / "dtd" / "images" / item.reference
        Image.new("RGB", (9, 9)).save(bmp, "BMP")
    first = _packed(tmp_path, dataset)
    items = first.items("test")
    name, fingerprints = decoded_digest(first, items), first.fingerprints(items)
    pixels = first.open(items[0]).tobytes()
    for item in dataset.items("test"):
        bmp = tmp_path / "dtd" / "images" / item.reference
        Image.new("RGB", (9, 9), (1, 2, 3)).save(bmp, "BMP")
    second = _packed(tmp_path, dataset)
    assert second.fingerprints(items) == fingerprints
    assert second.open(items[0]).tobytes() != pixels
    assert decoded_digest(second, items) != name


def _table(file: Path, folder: Path) -> Dataset:
    images = sorted(folder.rglob("*.bmp"))
    columns = {
        "image": [image.read_bytes() for image in images],
        "class_name": [image.parent.name for image in images],
    }
    pq.write_table(pa.table(columns), file)
    return OwnDataset(name="birds", path=str(file)).open()


@pytest.mark.parametrize("kind", ["folders", "rows"])
def test_other_images_in_place_of_a_users_own_have_another_name(
    kind: str, tmp_path: Path, settled: None
) -> None:
    del settled

    def birds(version: int) -> Dataset:
        folder = noisy_class_folders(tmp_path / "birds", version)
        if kind == "rows":
            return _table(tmp_path / "birds.parquet", folder)
        return OwnDataset(name="birds", path=str(folder)).open()

    names = []
    for version in (0, 1, 0):
        dataset = birds(version)
        names.append(decoded_digest(dataset, dataset.items("test")))
    # The first images again are known no better: they may have been changed while a trial ran.
    assert len(set(names)) == len(names)
    again = OwnDataset(name="birds", path=dataset.place()).open()
    assert decoded_digest(again, again.items("test")) == names[-1]
