"""Verification finds what is missing, broken, or there twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.datasets.interface import Dataset
from benchmarks.datasets.verify import verify
from tests.benchmarks.datasets.test_packed import noisy_tree


@pytest.fixture
def tree(tmp_path: Path) -> Dataset:
    return noisy_tree(tmp_path)


def file(dataset: Dataset, reference: str) -> Path:
    return dataset.folder / "images" / reference


def test_unreadable_images_are_named(tree: Dataset) -> None:
    file(tree, "a/1.jpg").write_bytes(b"no image")
    file(tree, "b/2.jpg").unlink()
    told: list[int] = []
    result = verify(tree, told.append)
    assert ["'a/1.jpg'" in result.unreadable[0], "'b/2.jpg'" in result.unreadable[1]] == [True] * 2
    assert not result.sound
    assert sum(told) == 5


def test_duplicates_are_found_and_leaks_counted(tree: Dataset) -> None:
    file(tree, "a/2.jpg").write_bytes(file(tree, "a/1.jpg").read_bytes())  # val = train
    file(tree, "a/3.jpg").write_bytes(file(tree, "b/1.jpg").read_bytes())  # test = train
    result = verify(tree)
    assert set(result.duplicates) == {("a/1.jpg", "a/2.jpg"), ("b/1.jpg", "a/3.jpg")}
    assert result.leaked == 1
    assert result.unreadable == ()
