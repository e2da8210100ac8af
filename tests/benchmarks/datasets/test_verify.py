"""Verification finds what is missing, broken, or there twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.datasets.duplicates import described
from benchmarks.datasets.interface import Dataset
from benchmarks.datasets.packed.layout import Facts
from benchmarks.datasets.packed.location import open_location
from benchmarks.datasets.packed.write import pack
from benchmarks.datasets.registry import open_dataset
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


def test_the_digest_of_all_bytes_is_that_of_the_pack(tree: Dataset, tmp_path: Path) -> None:
    location = open_location(tmp_path / "packs" / "dtd")
    digest = verify(tree).full_digest
    assert pack(tree, location).full_digest == digest
    packed = verify(open_dataset("dtd", tmp_path / "packs"))
    assert (packed.full_digest, packed.recorded_digest) == (digest, digest)
    path = file(tree, "a/1.jpg")
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert verify(type(tree)(tree.root)).full_digest != digest
    path.unlink()
    assert verify(type(tree)(tree.root)).full_digest == ""


def test_a_pack_of_other_images_than_it_says_is_not_sound(tree: Dataset, tmp_path: Path) -> None:
    pack(tree, open_location(tmp_path / "packs" / "dtd"))
    facts = tmp_path / "packs" / "dtd" / "dataset.json"
    told = Facts.model_validate({**json.loads(facts.read_text()), "full_digest": "other"})
    facts.write_text(told.sealed().model_dump_json())
    assert not verify(open_dataset("dtd", tmp_path / "packs")).as_recorded


def test_duplicates_are_found_and_what_is_wrong_with_them_is_said(tree: Dataset) -> None:
    file(tree, "a/2.jpg").write_bytes(file(tree, "a/1.jpg").read_bytes())  # val = train
    file(tree, "a/3.jpg").write_bytes(file(tree, "b/1.jpg").read_bytes())  # test = train
    result = verify(tree)
    assert list(described(result.duplicates, tree.class_names())) == [
        "the same file: b/1.jpg (train), a/3.jpg (test); it leaks between train and test and has "
        "the labels 'alpha one', 'beta'",
        "the same file: a/1.jpg (train), a/2.jpg (val); it leaks between train and val",
    ]
    assert result.unreadable == ()
