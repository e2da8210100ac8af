"""Batches are made ahead, in a feed's own threads, and given where the model computes."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from functools import partial

import pytest
import torch

from benchmarks.batches import augmentation_generator
from benchmarks.datasets.interface import ImageUnreadable
from benchmarks.preprocessing import CLIP_MEAN, CLIP_STD, Preprocessing
from orchestrator.pixels.feed import MOST_AHEAD, PORTION, Delivery, Feed, in_advance
from orchestrator.pixels.levels import Levels
from orchestrator.pixels.packs import Pixels
from orchestrator.pixels.split import ImageSplit
from tests.orchestrator.pixels.pictures import Pictures, picture
from tests.orchestrator.pixels.test_split import as_tested, as_trained

SIZE = 8
CROPPED = Preprocessing(SIZE, CLIP_MEAN, CLIP_STD, "crop_flip")
LEVELS = Levels(CROPPED)


def split_on(feed: Feed) -> ImageSplit:
    pictures = Pictures([picture(12 + n, 9, seed=n) for n in range(3 * PORTION)])
    return ImageSplit(pictures, tuple(pictures.items("test")), CROPPED, feed=feed)


def check_on(device: str) -> None:
    """All that a feed gives to a device that it sends bytes to is as the transforms have it."""
    split = split_on(Feed(None, 2, device, sends=True))
    rows = range(len(split.items))
    for step in range(20):
        images = split.some(rows, partial(augmentation_generator, 7, step))
        assert images.device.type == device
        assert torch.equal(images.cpu(), as_trained(split, step))
    chunks = split.pixels(size=PORTION + 1)
    assert torch.equal(torch.cat([chunk.cpu() for chunk in chunks]), as_tested(split))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="streams and pinned memory need a GPU")
def test_a_gpu_gets_exactly_the_images() -> None:
    assert Feed(device="cuda").sends
    check_on("cuda")


def test_a_device_that_is_sent_bytes_gets_exactly_the_images() -> None:
    check_on("cpu")


def test_on_a_cpu_images_are_normalised_in_the_threads() -> None:
    assert not Feed().sends


@pytest.mark.parametrize("sends", [False, True])
def test_memory_bounds_how_far_a_feed_is_ahead(sends: bool) -> None:
    feed = Feed(sends=sends)
    assert feed.ahead(4, 32) == MOST_AHEAD
    assert feed.ahead(10_000, 224) == 1
    assert feed.ahead(128, 224) == (MOST_AHEAD if sends else 1)


def test_batches_are_begun_before_they_are_asked_for() -> None:
    begun = []

    def deliveries() -> Iterator[Delivery]:
        feed = Feed()
        for number in range(5):
            begun.append(number)
            yield feed.start(lambda _: black(), 1, SIZE, LEVELS)

    batches = in_advance(deliveries(), ahead=2)
    for number in range(5):
        next(batches)
        assert begun == list(range(min(5, number + 3)))
    assert next(batches, None) is None


def test_work_that_nobody_waits_for_is_dropped() -> None:
    """An unwanted batch must not hold up those of the next trial."""
    feed, made, go_on = Feed(), [], threading.Event()

    def slow(place: int) -> Pixels:
        made.append(place)
        go_on.wait(60)
        return black()

    unwanted = feed.start(slow, 10 * PORTION, SIZE, LEVELS)
    del unwanted
    gc.collect()
    go_on.set()
    feed.start(lambda _: black(), 1, SIZE, LEVELS).images()
    assert len(made) <= PORTION


def test_threads_end_with_the_feed() -> None:
    before = set(threading.enumerate())
    feed = Feed(threads=2)
    feed.start(lambda _: black(), 4 * PORTION, SIZE, LEVELS).images()
    started = set(threading.enumerate()) - before
    assert started
    for _ in range(3):  # no batch starts others
        feed.start(lambda _: black(), 4 * PORTION, SIZE, LEVELS).images()
    assert len(set(threading.enumerate()) - before) <= 2
    del feed
    gc.collect()
    for thread in started:
        thread.join(60)
        assert not thread.is_alive()


def black() -> Pixels:
    return torch.zeros(SIZE, SIZE, 3, dtype=torch.uint8).numpy()


class _Held:
    """What whoever waits for a batch has in hand: a trial, its tables and its model."""


def _wait_in_vain(feed: Feed) -> tuple[weakref.ref[_Held], weakref.ref[Delivery]]:
    def unreadable(place: int) -> Pixels:
        raise ImageUnreadable("pictures", f"{place}", "it is corrupt")

    held, delivery = _Held(), feed.start(unreadable, 4 * PORTION, SIZE, LEVELS)
    with pytest.raises(ImageUnreadable, match="image '0'"):
        delivery.images()
    return weakref.ref(held), weakref.ref(delivery)


def test_an_image_that_can_not_be_read_leaves_nothing_of_its_trial_in_memory() -> None:
    feed = Feed(threads=2)
    left = [one for _ in range(3) for one in _wait_in_vain(feed)]
    gc.collect()
    assert [one() for one in left] == [None] * 6
    feed.start(lambda _: black(), 1, SIZE, LEVELS).images()
