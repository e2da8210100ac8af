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
        self._size = max(1, problem.batch_size)
        self._seed, self._owner = problem.seed, owner
        self._parts = self._dealt(problem.examples)
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

        Where a prompt is only tested there are no training images; the state tells of its own.
        """
        self._labels, self.used = labels.clone(), used
        self._parts = self._dealt(len(labels))

    def _dealt(self, examples: int) -> list[tuple[int, ...]]:
        """Ids of that many images in their random order, by mini-batch."""
        draw = generator(self._seed, self._owner, "images")
        order = torch.randperm(examples, generator=draw).tolist()
        return [tuple(order[i : i + self._size]) for i in range(0, examples, self._size)]
