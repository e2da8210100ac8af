"""Images that a method names: the same view is the same image, whatever was asked before."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from benchmarks.batches import augmentation_generator
from methods.interface import Named
from orchestrator.oracle.features import encode_split
from orchestrator.trial.encoded_tables import EncodedTables
from orchestrator.trial.named_images import NamedImages
from orchestrator.trial.train_stream import TrainStream, ViewFeatures
from tests.orchestrator.trial.test_train_stream import BATCH, SEED, as_trained, mean_colour, split

COUNT = 10
IMAGES = split(count=COUNT)
ROWS = st.lists(st.integers(0, COUNT - 1), min_size=1, max_size=BATCH).map(tuple)
VIEWS = st.none() | st.integers(0, 6)


def named(augmentation: str = "crop_flip", views: int = 0) -> NamedImages:
    of = split(augmentation, COUNT)
    return NamedImages(
        of, lambda: encode_split(of, mean_colour), EncodedTables(mean_colour), SEED, views
    )


def stream(images: NamedImages, features: Any = None) -> TrainStream:
    return TrainStream(images.split, features, images, BATCH, SEED)


def pixels_of(row: int, view: int | None) -> Tensor:
    if view is None:
        return IMAGES.preprocessing.test(IMAGES.dataset.open(IMAGES.items[row]))
    return as_trained(IMAGES, row, augmentation_generator(SEED, view, row))


@settings(max_examples=30)
@given(asked=st.lists(st.tuples(ROWS, VIEWS), min_size=1, max_size=4))
def test_a_view_of_an_image_never_changes(asked: list[tuple[tuple[int, ...], int | None]]) -> None:
    subject = stream(named())
    for rows, view in asked:
        expected = torch.stack([pixels_of(row, view) for row in rows])
        shown = subject.named(Named(rows, view), pixels=True)
        encoded = subject.named(Named(rows, view), pixels=False)
        assert shown.images is not None
        assert encoded.features is not None
        assert torch.equal(shown.images, expected)
        torch.testing.assert_close(encoded.features, mean_colour(expected))
        for batch in (shown, encoded):
            assert batch.examples.tolist() == list(rows)
            assert batch.labels.tolist() == [IMAGES.items[row].label for row in rows]


@given(rows=ROWS, other=ROWS)
def test_features_are_equal_bit_for_bit_whatever_was_named_before(
    rows: tuple[int, ...], other: tuple[int, ...]
) -> None:
    fresh, used = stream(named()), stream(named())
    for view in range(6):  # more than are kept
        used.named(Named(other, view), pixels=False)
    first, second = (one.named(Named(rows, 0), pixels=False).features for one in (fresh, used))
    assert first is not None
    assert second is not None
    assert torch.equal(first, second)


def test_without_augmentation_there_is_one_view() -> None:
    subject = stream(named("none"))
    plain, first = (subject.named(Named((3, 1), view), pixels=True).images for view in (None, 5))
    assert plain is not None
    assert first is not None
    assert torch.equal(plain, first)


def test_with_cached_views_a_named_view_is_one_of_them() -> None:
    images = named(views=2)
    features = ViewFeatures(images.split, EncodedTables(mean_colour), 2, SEED)
    subject = stream(images, features)
    third = subject.named(Named((4,), 3), pixels=False).features
    assert third is not None
    torch.testing.assert_close(third, mean_colour(pixels_of(4, 1).unsqueeze(0)))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ((), "between 1 and 4 images, but 0 are named"),
        ((0, 1, 2, 3, 4), "between 1 and 4 images, but 5 are named"),
        ((0, 10), "ids from 0 to 9, not 10"),
        ((-1,), "ids from 0 to 9, not -1"),
    ],
)
def test_what_cannot_be_named_is_refused(rows: tuple[int, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        stream(named()).named(Named(rows), pixels=False)
