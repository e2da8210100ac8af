"""Losses of many points on the same images, gathered over asks of limited size."""

from __future__ import annotations

from collections.abc import Sequence

from methods.interface import ImageChoice, Named, Problem, State
from methods.lazy_torch import Tensor, torch


class Evaluation:
    """P points, each asked about on every one of some mini-batches.

    All points are asked about on a mini-batch before the next one's turn, at most M in an ask: so
    memory stays bounded, however many points there are.

    Args:
        choices: the mini-batches.
        weights: how much each of them counts.
        most: points M in an ask.
    """

    def __init__(self, choices: Sequence[ImageChoice], weights: Sequence[int], most: int) -> None:
        self._choices, self._weights, self._most = tuple(choices), tuple(weights), most
        self.begin(1)

    @property
    def cost(self) -> int:
        """Queries that each point costs."""
        return len(self._choices)

    @property
    def asked(self) -> slice:
        """Which points are asked about next."""
        first = self._most * (self._asks % self._asks_a_batch)
        return slice(first, min(first + self._most, len(self._sums)))

    def begin(self, points: int) -> None:
        """Begins with so many points, of which nothing is known."""
        self._sums = torch.zeros(points, dtype=torch.float64)
        self._asks = 0

    def images(self) -> ImageChoice:
        """What they are asked about on; a mini-batch of the stream stays the same for all."""
        choice = self._choices[self._asks // self._asks_a_batch]
        return "same" if choice == "next" and self.asked.start > 0 else choice

    def add(self, losses: Tensor) -> Tensor | None:
        """Takes the losses of the points asked; mean losses `(P,)` once all are there."""
        self._sums[self.asked] += self._weights[self._asks // self._asks_a_batch] * losses
        self._asks += 1
        done = self._asks == self._asks_a_batch * len(self._choices)
        return self._sums / sum(self._weights) if done else None

    def state(self) -> State:
        """Sums so far `(P,)`, and the number of asks."""
        return State({"sums": self._sums.clone()}, {"asks": self._asks})

    def load(self, state: State) -> None:
        """Goes on from `state`."""
        self._sums = state.tensors["sums"].clone()
        self._asks = int(state.values["asks"])

    @property
    def _asks_a_batch(self) -> int:
        return -(-len(self._sums) // self._most)


def evaluation_on(problem: Problem, batches: int | None, most: int) -> Evaluation:
    """Evaluates points on the stream's next mini-batches, or on all training images.

    Args:
        problem: has the images.
        batches: mini-batches of the stream; None for every image once, in an augmented view that is
            always the same.
        most: points in an ask.
    """
    if batches is not None:
        return Evaluation(["next"] * batches, [1] * batches, most)
    parts = problem.whole_set()
    return Evaluation([Named(part, view=0) for part in parts], [len(part) for part in parts], most)
