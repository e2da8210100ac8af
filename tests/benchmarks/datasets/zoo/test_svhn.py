"""SVHN's few-shot images are those that the published reader draws, with the same seed."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.datasets.interface import Dataset
from benchmarks.datasets.packed.location import open_location
from benchmarks.datasets.packed.write import pack
from benchmarks.datasets.registry import open_dataset
from benchmarks.datasets.sampling import few_shot_split
from benchmarks.datasets.views import DatasetView
from benchmarks.protocols import few_shot, split_digest
from tests.benchmarks.datasets.trees import write_image
from tests.benchmarks.toy_dataset import ToyDataset

TRAIN, VAL, TEST = (7, 9, 8), (5, 4, 6), (4, 3, 5)
"""Images of each digit."""


def rows(first: int, counts: tuple[int, ...]) -> list[list[object]]:
    """Lines of the split file: each digit's images, counted from `first`."""
    return [
        [f"{digit}/{first + number:05d}.jpg", digit, str(digit)]
        for digit, count in enumerate(counts)
        for number in range(count)
    ]


def svhn(root: Path) -> Dataset:
    """Three digits in the published layout, with a hidden file that no reader counts."""
    folder = root / "svhn"
    train, val = rows(1, TRAIN), rows(101, VAL)
    for path, _, _ in (*train, *val):
        write_image(folder / "train" / str(path))
    for path, _, _ in rows(1, TEST):
        write_image(folder / "test" / str(path))
    (folder / "train" / "1" / ".DS_Store").write_bytes(b"")
    (folder / "split_mlai_SVHN.json").write_text(json.dumps({"train": train, "val": val}))
    return open_dataset("svhn", root)


def published_draw(shots: int, seed: int) -> tuple[list[str], list[str]]:
    """What the published code draws: seeded once, then shuffles, then train, then val."""
    random.seed(seed)
    for digit in range(3):
        files = [f"train {digit} {number}" for number in range(TRAIN[digit] + VAL[digit])]
        random.shuffle(files)
        files = [f"test {digit} {number}" for number in range(TEST[digit])]
        random.shuffle(files)
    drawn: tuple[list[str], list[str]] = ([], [])
    for part, listed, count in ((0, rows(1, TRAIN), shots), (1, rows(101, VAL), min(shots, 4))):
        for digit in range(3):
            mine = [f"train/{path}" for path, label, _ in listed if label == digit]
            drawn[part].extend(random.sample(mine, count))
    return drawn


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data")
    svhn(path)
    return path


@settings(max_examples=25)
@given(seed=st.integers(0, 1000), shots=st.integers(1, 6))
def test_draws_are_those_of_the_published_reader(root: Path, seed: int, shots: int) -> None:
    before = random.getstate()
    train, val = published_draw(shots, seed)
    random.setstate(before)
    split = few_shot_split(open_dataset("svhn", root), shots, seed)
    assert [item.reference for item in split.train] == train
    assert [item.reference for item in split.val] == val


def test_each_digit_has_its_training_files_shuffled_and_then_its_test_files(root: Path) -> None:
    dataset = open_dataset("svhn", root)
    assert dataset.shuffled_before_draw() == (12, 4, 13, 3, 14, 5)


def test_views_draw_the_same_images(root: Path) -> None:
    dataset = open_dataset("svhn", root)
    blind = DatasetView(dataset, blind=True)
    assert few_shot_split(blind, 4, seed=2) == few_shot_split(dataset, 4, seed=2)


def test_a_pack_draws_the_same_images_and_has_the_same_digest(root: Path, tmp_path: Path) -> None:
    dataset = open_dataset("svhn", root)
    pack(dataset, open_location(str(tmp_path)).child("svhn"))
    packed = open_dataset("svhn", str(tmp_path))
    assert few_shot_split(packed, 4, seed=2) == few_shot_split(dataset, 4, seed=2)
    tasks = [few_shot(one, 4, 2, "refuse") for one in (packed, dataset)]
    assert len({split_digest(task, ("train", "val")) for task in tasks}) == 1


def test_without_a_split_file_nothing_is_shuffled(tmp_path: Path) -> None:
    svhn(tmp_path)
    (tmp_path / "svhn" / "split_mlai_SVHN.json").unlink()
    assert open_dataset("svhn", tmp_path).shuffled_before_draw() == ()


class Digits(ToyDataset):
    """As many images as SVHN and its split file have, in memory."""

    train = (4948, 13861, 10585, 8497, 7458, 6882, 5727, 5595, 5045, 4659)
    test = (1744, 5099, 4149, 2882, 2523, 2384, 1977, 2019, 1660, 1595)

    def __init__(self, *, shuffled: bool) -> None:
        super().__init__([round(0.7 * count) for count in self.train])
        self._shuffled = shuffled

    def shuffled_before_draw(self) -> tuple[int, ...]:
        pairs = zip(self.train, self.test, strict=True)
        return tuple(length for pair in pairs for length in pair) if self._shuffled else ()


def test_few_images_are_those_that_would_be_drawn_at_once() -> None:
    """0, 0 and 2 of 160, which is what a comparison with the published code's draws had found."""
    plain, shuffled = Digits(shuffled=False), Digits(shuffled=True)
    common = [
        len({*few_shot_split(plain, 16, seed).train} & {*few_shot_split(shuffled, 16, seed).train})
        for seed in (1, 2, 3)
    ]
    assert common == [0, 0, 2]
