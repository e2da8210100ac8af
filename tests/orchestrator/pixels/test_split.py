"""Images are bit for bit those of the transforms, however they were kept and are given."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from benchmarks.batches import augmentation_generator
from benchmarks.datasets.interface import ImageUnreadable
from benchmarks.preprocessing import CLIP_MEAN, CLIP_STD, Preprocessing
from orchestrator.pixels.feed import Feed
from orchestrator.pixels.kept import KeptImages
from orchestrator.pixels.packs import Nothing, Packs
from orchestrator.pixels.split import ImageSplit
from tests.orchestrator.pixels.pictures import MODES, MemoryPacks, Pictures, picture

SIDES = st.integers(1, 60)
PICTURES = st.lists(
    st.builds(picture, SIDES, SIDES, st.sampled_from(MODES), st.integers(0, 99)),
    min_size=1,
    max_size=4,
)
CHANNELS = st.tuples(*[st.floats(2**-7, 2, width=32)] * 3)
TRANSFORMS = st.builds(
    Preprocessing,
    size=st.integers(1, 33),
    mean=CHANNELS,
    std=CHANNELS,
    augmentation=st.sampled_from(("none", "crop_flip")),
    interpolation=st.sampled_from(("bicubic", "bilinear", "nearest")),
    resize_mode=st.sampled_from(("shortest", "longest", "squash")),
    fill_color=st.tuples(*[st.integers(0, 255)] * 3),
)
KEEPERS = st.sampled_from((None, frozenset(), frozenset({0}), frozenset({0, 1, 2, 3})))
"""Rows that are damaged in packs; None for no packs at all."""
PLAIN = Preprocessing(8, CLIP_MEAN, CLIP_STD)
CROPPED = replace(PLAIN, augmentation="crop_flip")


def split_of(
    dataset: Pictures, how: Preprocessing, packs: Packs | None = None, *, sends: bool = False
) -> ImageSplit:
    items = tuple(dataset.items("test"))
    kept = KeptImages.of(packs or Nothing(), dataset, items, how)
    feed = Feed(packs, threads=2, sends=sends)
    return ImageSplit(dataset, items, how, feed=feed, kept=kept)


def as_tested(split: ImageSplit) -> Tensor:
    return torch.stack([split.preprocessing.test(split.dataset.open(i)) for i in split.items])


def as_trained(split: ImageSplit, step: int) -> Tensor:
    opened = (split.dataset.open(item) for item in split.items)
    draws = (augmentation_generator(7, step, place) for place in range(len(split.items)))
    pairs = zip(opened, draws, strict=True)
    return torch.stack([split.preprocessing.train(*pair) for pair in pairs])


@given(
    pictures=PICTURES,
    how=TRANSFORMS,
    damaged=KEEPERS,
    sends=st.booleans(),
    step=st.integers(0, 5),
)
def test_images_equal_those_of_the_transforms_bit_for_bit(
    pictures: list[Any], how: Preprocessing, damaged: Any, sends: bool, step: int
) -> None:
    packs = None if damaged is None else MemoryPacks(damaged)
    split = split_of(Pictures(pictures), how, packs, sends=sends)
    rows, draw = range(len(pictures)), partial(augmentation_generator, 7, step)
    tested, trained = as_tested(split), as_trained(split, step)
    for _ in range(2):  # cold, and then warm
        assert torch.equal(split.some(rows, draw), trained)
        assert torch.equal(split.some(rows), tested)
        assert torch.equal(torch.cat(list(split.pixels(size=3))), tested)


@pytest.mark.parametrize("how", [PLAIN, CROPPED], ids=["square", "in full size"])
def test_what_is_kept_is_not_opened_again(how: Preprocessing) -> None:
    pictures = Pictures([picture(12, 9, seed=n) for n in range(4)])
    packs, draw = MemoryPacks(), partial(augmentation_generator, 7, 0)
    for _ in range(3):  # trials of an actor, one after another
        split = split_of(pictures, how, packs)
        split.some(range(4), draw)
        split.some(range(4))
    assert pictures.opened == 4
    (pack,) = packs.packs.values()
    assert pack.kept[0].shape == ((8, 8, 3) if how == PLAIN else (9, 12, 3))


def test_parts_of_a_list_share_what_is_kept_of_it() -> None:
    pictures = Pictures([picture(12, 9, seed=n) for n in range(4)])
    whole = split_of(pictures, PLAIN, MemoryPacks())
    part = replace(whole, items=(whole.items[3], whole.items[1]))
    expected = as_tested(whole)
    pictures.opened = 0
    assert torch.equal(part.some([0, 1]), expected[[3, 1]])
    assert pictures.opened == 2
    assert torch.equal(torch.cat(list(whole.pixels())), expected)
    assert pictures.opened == 4


def test_a_pack_of_another_shape_is_as_good_as_none() -> None:
    packs = MemoryPacks()
    split = split_of(Pictures([picture(12, 9)]), PLAIN, packs)
    expected = split.some([0])
    (pack,) = packs.packs.values()
    pack.kept[0] = pack.kept[0][:5]
    assert torch.equal(split.some([0]), expected)


def test_what_another_transform_keeps_is_refused() -> None:
    split = split_of(Pictures([picture(12, 9)]), PLAIN, MemoryPacks())
    with pytest.raises(ValueError, match="another transform"):
        replace(split, preprocessing=replace(PLAIN, size=9))


def test_an_image_that_cannot_be_read_is_named() -> None:
    split = split_of(Pictures([picture(12, 9), None]), PLAIN, MemoryPacks())
    with pytest.raises(ImageUnreadable, match="'1': it is broken"):
        list(split.pixels())
    assert torch.equal(split.some([0]), as_tested(replace(split, items=split.items[:1])))


def test_a_split_without_images_gives_none() -> None:
    assert list(split_of(Pictures([]), PLAIN).pixels()) == []
