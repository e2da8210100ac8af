"""Mini-batches are functions of the step, whoever decodes them and however often they are asked."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from benchmarks.batches import augmentation_generator, batch_at
from benchmarks.datasets.interface import ImageUnreadable
from benchmarks.pocket.datasets import PocketDots
from benchmarks.preprocessing import Preprocessing
from orchestrator.oracle.features import encode_split
from orchestrator.pixels.split import ImageSplit
from orchestrator.trial.encoded_tables import EncodedTables
from orchestrator.trial.named_images import NamedImages
from orchestrator.trial.train_stream import TrainStream, ViewFeatures

SIZE, BATCH, SEED = 24, 4, 3
DATASET = PocketDots(Path())


def split(augmentation: Any = "crop_flip", count: int = 10) -> ImageSplit:
    items = tuple(DATASET.items("train")[:count])
    return ImageSplit(DATASET, items, Preprocessing(SIZE, (0.5,) * 3, (0.25,) * 3, augmentation))


def mean_colour(images: Tensor) -> Tensor:
    return images.mean(dim=(2, 3))


def as_trained(images: ImageSplit, row: int, generator: torch.Generator) -> Tensor:
    """An image as the training transform itself makes it."""
    return images.preprocessing.train(images.dataset.open(images.items[row]), generator)


def stream(of: ImageSplit, features: Any = None) -> TrainStream:
    named = NamedImages(of, lambda: encode_split(of, mean_colour), EncodedTables(mean_colour), SEED)
    return TrainStream(of, features, named, BATCH, SEED)


@given(steps=st.lists(st.integers(0, 9), min_size=1, max_size=6))
def test_any_order_of_steps_gives_each_step_its_own_images(steps: list[int]) -> None:
    images = split()
    subject = stream(images)
    for step in steps:
        batch = subject.batch(step, pixels=True)
        index = batch_at(len(images.items), BATCH, SEED, step)
        expected = [
            as_trained(images, i, augmentation_generator(SEED, step, place))
            for place, i in enumerate(index)
        ]
        assert batch.images is not None
        assert torch.equal(batch.images, torch.stack(expected))
        assert batch.labels.tolist() == [images.items[i].label for i in index]
        assert batch.examples.tolist() == index


def test_the_next_steps_images_are_decoded_while_this_ones_are_in_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decoded = threading.Semaphore(0)
    augmented = Preprocessing.augmented

    def counted(self: Preprocessing, *given: Any) -> Any:
        image = augmented(self, *given)
        assert threading.current_thread() is not threading.main_thread()
        decoded.release()
        return image

    monkeypatch.setattr(Preprocessing, "augmented", counted)
    subject = stream(split())
    subject.batch(0, pixels=True)
    for _ in range(2 * BATCH):  # this step's and the next one's, without asking for the latter
        assert decoded.acquire(timeout=60)


def test_an_image_that_cannot_be_read_is_named_when_its_step_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    images = split()
    broken = images.items[batch_at(len(images.items), BATCH, SEED, 1)[0]]
    opened = PocketDots.open

    def open_but_one(self: PocketDots, item: Any) -> Any:
        if item is broken:
            raise ImageUnreadable("pocket_dots", "somewhere", "it is broken")
        return opened(self, item)

    monkeypatch.setattr(PocketDots, "open", open_but_one)
    subject = stream(images)
    subject.batch(0, pixels=True)
    with pytest.raises(ImageUnreadable, match="it is broken"):
        subject.batch(1, pixels=True)


def test_views_are_drawn_from_a_pool_that_is_encoded_once() -> None:
    images, encoded = split(), []

    def encoder(pixels: Tensor) -> Tensor:
        encoded.append(len(pixels))
        return mean_colour(pixels)

    views = ViewFeatures(images, EncodedTables(encoder), 3, SEED)
    subject = stream(images, views)
    pool = [
        torch.stack(
            [
                as_trained(images, place, augmentation_generator(SEED, view, place))
                for view in range(3)
            ]
        )
        for place in range(len(images.items))
    ]
    seen = set()
    for step in range(12):
        batch = subject.batch(step, pixels=False)
        assert batch.features is not None
        for i, feature in zip(
            batch_at(len(images.items), BATCH, SEED, step), batch.features, strict=True
        ):
            near = (mean_colour(pool[i]) - feature).abs().amax(dim=1) < 1e-6
            assert near.any()
            seen.add((i, int(near.int().argmax())))
    assert sum(encoded) == 3 * len(images.items)
    assert len(seen) > 2 * len(images.items)  # not always the same view
    again = stream(images, ViewFeatures(images, EncodedTables(mean_colour), 3, SEED))
    third = again.batch(2, pixels=False).features
    assert third is not None
    assert torch.equal(third, subject.batch(2, pixels=False).features)  # type: ignore[arg-type]


def test_without_features_every_step_has_its_own_images() -> None:
    batch = stream(split()).batch(0, pixels=False)
    assert batch.features is None
    assert batch.images is not None


def test_prompted_images_are_never_taken_from_the_pool() -> None:
    images = split()
    subject = stream(images, ViewFeatures(images, EncodedTables(mean_colour), 2, SEED))
    assert subject.batch(0, pixels=True).images is not None
