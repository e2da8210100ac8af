"""Mini-batch order is a pure function of seed and step."""

from collections import Counter

import torch
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.batches import (
    augmentation_generator,
    batch_at,
    batches_per_epoch,
    epoch_order,
)

sizes = st.integers(1, 200)


@given(
    images=sizes, batch_size=st.integers(1, 64), seed=st.integers(0, 99), epoch=st.integers(0, 5)
)
def test_an_epoch_shows_each_image_at_most_once_in_equal_batches(
    images: int, batch_size: int, seed: int, epoch: int
) -> None:
    batches = epoch_order(images, batch_size, seed, epoch)
    assert {len(batch) for batch in batches} == {min(batch_size, images)}
    counts = Counter(index for batch in batches for index in batch)
    assert set(counts.values()) == {1}
    assert set(counts) <= set(range(images))
    assert len(batches) == batches_per_epoch(images, batch_size)


@given(images=sizes, batch_size=st.integers(1, 64), step=st.integers(0, 50))
def test_steps_walk_through_the_epochs(images: int, batch_size: int, step: int) -> None:
    epoch, place = divmod(step, batches_per_epoch(images, batch_size))
    expected = epoch_order(images, batch_size, 1, epoch)[place]
    assert batch_at(images, batch_size, 1, step) == expected


def test_a_small_set_is_one_whole_batch() -> None:
    assert sorted(batch_at(80, 128, 1, 7)) == list(range(80))


def test_the_last_incomplete_batch_is_dropped() -> None:
    assert batches_per_epoch(300, 128) == 2


def test_other_seeds_and_epochs_have_other_orders() -> None:
    orders = [epoch_order(50, 50, seed, epoch)[0] for seed in (1, 2) for epoch in (0, 1)]
    assert len({tuple(order) for order in orders}) == 4


@given(
    places=st.lists(
        st.tuples(st.integers(0, 50), st.integers(0, 500), st.integers(0, 127)),
        min_size=2,
        max_size=8,
        unique=True,
    )
)
def test_each_image_of_each_step_has_a_generator_of_its_own(
    places: list[tuple[int, int, int]],
) -> None:
    draws = {tuple(torch.rand(4, generator=augmentation_generator(*p)).tolist()) for p in places}
    assert len(draws) == len(places)
    again = torch.rand(4, generator=augmentation_generator(*places[0]))
    assert tuple(again.tolist()) in draws
