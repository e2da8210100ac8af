"""Gathers the fitness of a generation's points over the mini-batches that they are evaluated on."""

from __future__ import annotations

from collections.abc import Sequence

from methods.interface import State
from methods.lazy_torch import Tensor, torch


class Generation:
    """The pass on which P points are evaluated, all together or one after the other.

    A point's fitness is the mean of its losses over the mini-batches of its pass.

    Args:
        population: points P.
        weights: how much each mini-batch of a pass counts, such as the number of its images.
        together: whether all points are evaluated on the same pass; otherwise each has its own.
    """

    def __init__(self, population: int, weights: Sequence[int], *, together: bool = True) -> None:
        self._population, self._weights, self._together = population, tuple(weights), together
        self.begin()

    def begin(self) -> None:
        """Begins a new generation, of which nothing is known."""
        self._sums = torch.zeros(self._population, dtype=torch.float64)
        self._first = 0
        self._batches = 0

    @property
    def asked(self) -> slice:
        """Which points are evaluated on the present pass."""
        return slice(None) if self._together else slice(self._first, self._first + 1)

    @property
    def first(self) -> int:
        """Number of points that have had their pass."""
        return self._first

    @property
    def batches(self) -> int:
        """Number of mini-batches of the present pass that are done."""
        return self._batches

    @property
    def begun(self) -> bool:
        """Whether anything has been evaluated."""
        return self._first > 0 or self._batches > 0

    @property
    def pass_done(self) -> bool:
        """Whether the present pass has had all its mini-batches."""
        return self._batches == len(self._weights)

    @property
    def means(self) -> Tensor:
        """Mean losses of the points asked so far in this pass, float64."""
        return self._sums[self.asked] / sum(self._weights[: self._batches])

    def add(self, losses: Tensor) -> None:
        """Takes the losses of the points that are asked, on the next mini-batch of their pass."""
        self._sums[self.asked] += self._weights[self._batches] * losses
        self._batches += 1

    def end_pass(self) -> Tensor | None:
        """Goes on to the next point; the fitness `(P,)` of all if the generation is complete."""
        self._sums[self.asked] = self.means
        self._first += len(self._sums[self.asked])
        self._batches = 0
        return self._sums if self._first == self._population else None

    def state(self) -> State:
        """The sums of losses `(P,)`, which are means for points that have had their pass."""
        values = {"first": self._first, "batches": self._batches}
        return State({"sums": self._sums.clone()}, values)

    def load(self, state: State) -> None:
        """Goes on from `state`."""
        self._sums = state.tensors["sums"].clone()
        self._first = int(state.values["first"])
        self._batches = int(state.values["batches"])
