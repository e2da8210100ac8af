"""What reading an image takes is found on images of the dataset, or on a made-up one."""

from __future__ import annotations

from dataclasses import astuple

import pytest
from PIL import Image

from benchmarks.datasets.interface import Dataset, ImageUnreadable, Item
from benchmarks.datasets.registry import open_dataset
from benchmarks.preprocessing import CLIP_MEAN, CLIP_STD, Preprocessing
from orchestrator.plan.calibration import TowerCosts, costs_in
from orchestrator.plan.image_costs import MOST, ImageCosts, measure_images

PREPROCESSING = Preprocessing(16, CLIP_MEAN, CLIP_STD)


@pytest.fixture
def dataset() -> Dataset:
    return open_dataset("pocket_dots", "data", ())


def test_some_images_of_a_dataset_are_timed(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    real = dataset.open

    def spied(item: Item) -> Image.Image:
        opened.append(item.reference)
        return real(item)

    monkeypatch.setattr(dataset, "open", spied)
    costs = measure_images(dataset, PREPROCESSING)
    assert costs is not None
    assert all(seconds >= 0 for seconds in astuple(costs))
    assert len(set(opened)) == min(MOST, len(dataset.items("train")))


def test_images_that_cannot_be_read_are_left_out(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, broken = dataset.open, dataset.items("train")[0]

    def spied(item: Item) -> Image.Image:
        if item == broken:
            raise ImageUnreadable("pocket_dots", item.reference, "no such file")
        return real(item)

    monkeypatch.setattr(dataset, "open", spied)
    assert measure_images(dataset, PREPROCESSING) is not None
    monkeypatch.setattr(dataset, "items", lambda _: [broken])
    assert measure_images(dataset, PREPROCESSING) is None
    monkeypatch.setattr(dataset, "items", lambda _: [])
    assert measure_images(dataset, PREPROCESSING) is None


def test_a_made_up_photograph_stands_for_what_is_not_here() -> None:
    costs = measure_images(None, PREPROCESSING)
    assert costs is not None
    towers = TowerCosts("test", 1.0, 1.0, {"": costs, "here": ImageCosts(1, 1, 1, 1)})
    assert towers.images_of("elsewhere") == costs
    assert towers.images_of("here") == ImageCosts(1, 1, 1, 1)
    assert TowerCosts("test", 1.0, 1.0).images_of("here") is None


@pytest.mark.parametrize("images", [{"": {"decode": "x"}}, {"": {}}, {"": None}, [], "x"])
def test_costs_of_images_that_are_none_are_as_good_as_none(images: object) -> None:
    towers = {"machine": "CPU", "per_image": 0.1, "per_sequence": 0.2}
    assert costs_in(towers) == TowerCosts("CPU", 0.1, 0.2)
    each = {"decode": 1, "augment": 2, "square": 3, "cached": 4}
    assert costs_in({**towers, "images": {"": each}}) is not None
    assert costs_in({**towers, "images": images}) is None
