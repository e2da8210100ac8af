"""A fixed set of training images to ask about again and again, which is doubled now and then."""

from __future__ import annotations

from methods.interface import Problem, Scores
from methods.lazy_torch import Tensor, torch
from methods.parts.seeding import generator


class WorkingSet:
    """The first mini-batches of a random order of all training images.

    Attributes:
        used: mini-batches that belong to it; 1 at the start.

    Args:
        problem: says how many images there are, and how many a query takes.
        owner: the method's name, which with the seed gives the order.
    """

    def __init__(self, problem: Problem, owner: str) -> None:
        self._problem, self._owner = problem, owner
        self._parts = self._divided(problem.examples)
        self._labels = torch.full((problem.examples,), -1)
        self.used = min(1, len(self._parts))

    @property
    def is_whole(self) -> bool:
        """Whether all training images belong to it."""
        return self.used == len(self._parts)

    def examples(self, part: int) -> tuple[int, ...]:
        """Ids of the images of a mini-batch."""
        return self._parts[part]

    def learn(self, scores: Scores) -> None:
        """Remembers labels."""
        self._labels[scores.examples.cpu()] = scores.labels.cpu()

    def labels(self, images: int) -> Tensor:
        """Labels `(B,)` of its first B images, in order, as far as they were learnt."""
        used = [one for part in self._parts[: self.used] for one in part]
        return self._labels[used[:images]]

    def double(self) -> None:
        """Takes in as many further mini-batches, or those that are left."""
        self.used = min(2 * self.used, len(self._parts))

    @property
    def tensors(self) -> dict[str, Tensor]:
        """What a state needs to keep beside `used`."""
        return {"labels": self._labels.clone()}

    def load(self, labels: Tensor, used: int) -> None:
        """Goes on with the labels and mini-batches of a state.

        There are as many images as labels, also where a prompt is only tested, with no images.
        """
        self._parts = self._divided(len(labels))
        self._labels, self.used = labels.clone(), used

    def _divided(self, examples: int) -> list[tuple[int, ...]]:
        """The ids of so many images in random order, by mini-batch."""
        size = max(1, self._problem.batch_size)
        draw = generator(self._problem.seed, self._owner, "images")
        order = torch.randperm(examples, generator=draw).tolist()
        return [tuple(order[i : i + size]) for i in range(0, examples, size)]
