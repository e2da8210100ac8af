"""The images that a method asks about again and again."""

from dataclasses import replace

import torch

from methods.interface import Scores
from methods.parts.working_set import WorkingSet
from tests.methods.problems import problem


def working_set(examples: int = 10, batch_size: int = 4, seed: int = 1) -> WorkingSet:
    return WorkingSet(
        replace(problem(seed=seed), examples=examples, batch_size=batch_size), "method"
    )


def all_examples(images: WorkingSet, parts: int) -> list[int]:
    return [one for part in range(parts) for one in images.examples(part)]


def test_mini_batches_share_no_image_and_hold_them_all() -> None:
    images = working_set()
    assert sorted(all_examples(images, 3)) == list(range(10))
    assert [len(images.examples(part)) for part in range(3)] == [4, 4, 2]


def test_the_order_follows_from_the_seed() -> None:
    assert all_examples(working_set(), 3) == all_examples(working_set(), 3)
    assert all_examples(working_set(), 3) != all_examples(working_set(seed=2), 3)


def test_it_is_doubled_until_it_is_whole() -> None:
    images, sizes = working_set(examples=20), []
    while not images.is_whole:
        sizes.append(images.used)
        images.double()
    assert [*sizes, images.used] == [1, 2, 4, 5]


def test_labels_come_in_its_own_order() -> None:
    images = working_set()
    shown = sorted(images.examples(0))
    labels = torch.tensor([one % 3 for one in shown])
    images.learn(Scores(torch.zeros(1, 4, 3), labels, torch.tensor(shown)))
    assert images.labels(4).tolist() == [one % 3 for one in images.examples(0)]
    assert images.labels(2).tolist() == [one % 3 for one in images.examples(0)[:2]]


def test_without_images_there_is_nothing_to_double() -> None:
    assert working_set(examples=0, batch_size=0).is_whole


def test_labels_of_a_state_are_known_where_there_are_no_images() -> None:
    images, elsewhere = working_set(), working_set(examples=0)
    images.used = 3
    for part in range(3):
        shown = images.examples(part)
        labels = torch.tensor(shown) % 3
        images.learn(Scores(torch.zeros(1, len(shown), 3), labels, torch.tensor(shown)))
    elsewhere.load(images.tensors["labels"], used=3)
    assert elsewhere.labels(10).tolist() == images.labels(10).tolist()
