"""Images in Parquet files are those of class folders, read in pieces and hashed once."""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.datasets.identity import file_hashes
from benchmarks.datasets.identity.file_hashes import MISSING
from benchmarks.datasets.interface import SPLITS, Dataset, DatasetError
from benchmarks.datasets.own import row_images, temporary_images
from benchmarks.datasets.own.parquet_images import OwnParquetImages
from benchmarks.datasets.own.row_images import RowImages
from benchmarks.datasets.own.source import OwnDataset
from benchmarks.protocols import few_shot, split_digest

Rows = list[tuple[str, str, bytes]]
"""Path, class name and bytes of each image."""

ROWS: Rows = [
    (f"{name}/{number}.png", name.replace("_", " "), f"{name} {number}".encode())
    for name in ("snow_goose", "barn_owl", "tit")
    for number in range(12)
]
SPLIT = st.sampled_from(("train", "test"))


def own(path: Path) -> Dataset:
    return OwnDataset(name="birds", path=str(path)).open()


def as_folder(root: Path, rows: Rows) -> Dataset:
    for path, _, data in rows:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return own(root)


def as_parquet(file: Path, rows: Rows, *, inner: bool, **more: Sequence[str]) -> Dataset:
    """With paths beside the bytes, or in a struct as Hugging Face's datasets have it."""
    paths, names, data = zip(*rows, strict=True)
    pairs = [{"bytes": one, "path": path} for path, one in zip(paths, data, strict=True)]
    columns = {"image": pairs} if inner else {"image": data, "path": paths}
    pq.write_table(pa.table({**columns, "class_name": names, **more}), file, row_group_size=7)
    return own(file)


@settings(max_examples=15)
@given(st.permutations(ROWS), st.booleans(), st.integers(1, 5))
def test_draws_and_digests_are_those_of_the_class_folders(
    tmp_path_factory: pytest.TempPathFactory, rows: Rows, inner: bool, seed: int
) -> None:
    root = tmp_path_factory.mktemp("root")
    folders, table = (
        as_folder(root / "birds", rows),
        as_parquet(root / "t.parquet", rows, inner=inner),
    )
    assert table.class_names() == folders.class_names()
    assert table.remark() == folders.remark()
    theirs, ours = (few_shot(dataset, 4, seed, "refuse") for dataset in (folders, table))
    for split in SPLITS:
        assert ours.items(split) == theirs.items(split)
    assert split_digest(ours, SPLITS) == split_digest(theirs, SPLITS)
    assert [table.encoded(i) for i in ours.test] == [folders.encoded(i) for i in theirs.test]


@given(st.permutations(ROWS), st.lists(SPLIT, min_size=len(ROWS), max_size=len(ROWS)))
def test_draws_of_given_splits_are_those_of_split_folders(
    tmp_path_factory: pytest.TempPathFactory, rows: Rows, splits: list[str]
) -> None:
    splits[:2] = ["train", "test"]
    root = tmp_path_factory.mktemp("root")
    placed = [(f"{split}/{row[0]}", *row[1:]) for split, row in zip(splits, rows, strict=True)]
    folders = as_folder(root / "birds", placed)
    table = as_parquet(root / "t.parquet", placed, inner=False, split=splits)
    if len({name for _, name, _ in rows}) == len(folders.class_names()):
        for split in SPLITS:
            assert list(table.items(split)) == list(folders.items(split))
        drawn = [few_shot(dataset, 3, 1, "take_all").train for dataset in (table, folders)]
        assert drawn[0] == drawn[1]


def test_images_without_paths_go_by_their_rows(tmp_path: Path) -> None:
    _, names, data = zip(*ROWS, strict=True)
    pq.write_table(pa.table({"image": data, "class_name": names}), tmp_path / "t.parquet")
    dataset = own(tmp_path / "t.parquet")
    for item in dataset.items("test"):
        assert dataset.encoded(item) == data[int(item.reference)]
        assert dataset.class_names()[item.label] == names[int(item.reference)]


@pytest.mark.parametrize("path", ["same.png", None, " "])
def test_paths_that_do_not_tell_images_apart_are_not_used(path: str | None, tmp_path: Path) -> None:
    rows = [(path, *row[1:]) for row in ROWS]
    dataset = as_parquet(tmp_path / "t.parquet", rows, inner=True)  # type: ignore[arg-type]
    assert {item.reference.isdecimal() for item in dataset.items("train")} == {True}


@given(
    st.integers(1, 9), st.sampled_from((0, 30, 1000)), st.sampled_from((1, 40)), st.booleans(),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_each_image_is_that_of_its_row(
    tmp_path_factory: pytest.TempPathFactory,
    group: int,
    held: int,
    batch: int,
    struct: bool,
    order: random.Random,
) -> None:
    images = [None if row % 5 == 4 else str(row).encode() * 3 for row in range(20)]
    column = [{"bytes": image, "path": None} for image in images] if struct else images
    file = tmp_path_factory.mktemp("files") / "t.parquet"
    names = ["a", "b"] * 10
    pq.write_table(pa.table({"image": column, "class_name": names}), file, row_group_size=group)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_images, "GROUP_BYTES", held)
        patch.setattr(row_images, "BATCH_BYTES", batch)
        rows = RowImages(file, "t")
        for row in order.choices(range(20), k=40):
            assert rows.image(row) == images[row]
        read = [one and bytes(one) for some in rows.batches() for one in some]
    assert read == images


@pytest.fixture
def remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of its own, in which everything counts as settled."""
    monkeypatch.setenv("QUERYCURVE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(file_hashes, "SETTLED", -(10**9))


def hashes(file: Path) -> tuple[list[str], list[int]]:
    """The hashes of the training images, and how many images were read for them."""
    read: list[int] = []
    dataset = own(file)
    found = dataset.fingerprints(dataset.items("train"), lambda images, _: read.append(images))
    return list(found), read


@pytest.mark.usefixtures("remembered")
def test_images_are_hashed_once_until_the_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "t.parquet"
    as_parquet(file, ROWS, inner=True)
    first, read = hashes(file)
    assert read == [len(ROWS)]
    with monkeypatch.context() as patch:
        patch.setattr(RowImages, "batches", None)  # no image is read
        assert hashes(file) == (first, [])
    changed = [(path, name, data + b"!") for path, name, data in ROWS]
    as_parquet(file, changed, inner=True)
    other, read = hashes(file)
    assert read == [len(ROWS)]
    assert set(other).isdisjoint(first)


def test_an_image_without_bytes_is_missing(tmp_path: Path) -> None:
    rows = [(path, name, b"" if number == 7 else data) for number, (path, name, data)
            in enumerate(ROWS)]  # fmt: skip
    dataset = as_parquet(tmp_path / "t.parquet", rows, inner=True)
    items = [item for split in SPLITS for item in dataset.items(split)]
    found = dict(zip((i.reference for i in items), dataset.fingerprints(items), strict=True))
    assert {name for name, what in found.items() if what == MISSING} == {ROWS[7][0]}
    assert dataset.absent(items) == ROWS[7][0]


def test_rows_of_several_files_are_counted_through(tmp_path: Path) -> None:
    parts = {}
    for split, rows in (("train", ROWS[::2]), ("test", ROWS[1::2])):
        file = tmp_path / f"{split}.parquet"
        as_parquet(file, rows, inner=True)
        parts[file] = split
    card = OwnDataset(name="birds", path=str(tmp_path))._card()
    dataset = OwnParquetImages(tmp_path, card, parts)  # type: ignore[arg-type]
    known = {path: data for path, _, data in ROWS}
    assert {i.reference for i in dataset.items("test")} == {path for path, _, _ in ROWS[1::2]}
    for item in (*dataset.items("train"), *dataset.items("test")):
        assert dataset.encoded(item) == known[item.reference]


def test_no_room_for_a_large_row_group_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = as_parquet(tmp_path / "t.parquet", ROWS, inner=True)

    def full() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(row_images, "GROUP_BYTES", 0)
    monkeypatch.setattr(temporary_images.tempfile, "TemporaryFile", full)
    with pytest.raises(DatasetError, match=r"can't be laid into a temporary file .* Set TMPDIR"):
        dataset.encoded(dataset.items("test")[0])
