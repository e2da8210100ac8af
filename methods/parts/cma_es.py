"""CMA-ES (Hansen and Ostermeier, 2001) by the `cma` library, as a state machine without files.

The library's own state is large (a covariance of N x N numbers) and can only be pickled. Here the
fitness of every generation is stored instead: with the same seed and the same fitness values the
search proposes the same points again, so `load` replays it. That takes 0.2 s per generation for
4,000 dimensions, and milliseconds for some hundreds.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from methods.interface import SettingsError, State
from methods.lazy_torch import Tensor, torch
from methods.parts.seeding import generator

if TYPE_CHECKING:
    from cma import CMAEvolutionStrategy


class CmaEs:
    """Minimises a function of N numbers, starting from 0.

    Step sizes are always adapted by CSA, as in published results; recent versions of the library
    switch to another rule above some hundred dimensions. The covariance's eigenvectors are computed
    only every 1 / (10 N (c1 + cmu)) generations.

    Args:
        population: points per generation P.
        dimension: numbers per point N.
        sigma: standard deviation at the start.
        seed: seed of the samples.
        diagonal: whether the covariance is kept diagonal.
    """

    def __init__(
        self, population: int, dimension: int, sigma: float, seed: int, *, diagonal: bool = False
    ) -> None:
        self._population, self._dimension = population, dimension
        self._start_sigma, self._diagonal = sigma, diagonal
        self._seed = seed
        self._draws = 0
        self._told: list[list[float]] = []
        self._points: list[NDArray[np.float64]] | None = None
        self._previous: Tensor | None = None

    @property
    def generations(self) -> int:
        """How many generations are done."""
        return len(self._told)

    @property
    def sigma(self) -> float:
        """The present step size."""
        return float(self._strategy.sigma)

    @property
    def mean(self) -> Tensor:
        """The centre `(N,)` of the sampled distribution, float64; 0 at the start."""
        if not self._told:
            return torch.zeros(self._dimension, dtype=torch.float64)
        return torch.from_numpy(np.array(self._strategy.mean))

    @property
    def previous(self) -> Tensor | None:
        """The points `(P, N)` of the last generation that is done, float64; None before it is."""
        return self._previous

    def ask(self) -> Tensor:
        """The points `(P, N)` of this generation, float64; the same until `tell` is called."""
        if self._points is None:
            self._points = self._strategy.ask()
        return torch.from_numpy(np.stack(self._points))

    def tell(self, fitness: Tensor) -> None:
        """Takes the values `(P,)` of this generation's points; lower is better."""
        self._previous = self.ask()
        values = [float(value) for value in fitness]
        self._strategy.tell(self._points, values)
        self._told.append(values)
        self._points = None

    def state(self) -> State:
        """The fitness of every generation `(G, P)`, float64."""
        told = torch.tensor(self._told, dtype=torch.float64)
        return State({"fitness": told.reshape(-1, self._population)})

    def load(self, state: State) -> None:
        """Replays a stored search; to be called before any `ask`.

        Raises:
            SettingsError: the stored search had another population size.
        """
        told = state.tensors["fitness"]
        if told.shape[1] != self._population:
            raise SettingsError(
                f"the stored search has a population of {told.shape[1]}, but these settings need "
                f"{self._population}"
            )
        for fitness in told:
            self.tell(fitness)

    @cached_property
    def _strategy(self) -> CMAEvolutionStrategy:
        """The library's search; made when it is first used, for the import takes a second."""
        import cma

        return cma.CMAEvolutionStrategy(
            np.zeros(self._dimension), self._start_sigma, self._options()
        )

    def _options(self) -> dict[str, Any]:
        """What the library is told beside start, dimension and sigma."""
        from cma.sigma_adaptation import CMAAdaptSigmaCSA

        return {
            "popsize": self._population,
            "AdaptSigma": CMAAdaptSigmaCSA,
            "CMA_diagonal": self._diagonal,
            "randn": self._normal,
            "seed": np.nan,  # so that the library leaves numpy's global generator alone
            "verbose": -9,
            "verb_log": 0,
            "signals_filename": "",
        }

    def _normal(self, *shape: int) -> NDArray[np.float64]:
        """Standard normal numbers; each call has its own generator, so that a replay repeats it."""
        draw = generator(self._seed, "cma_es", self._draws)
        self._draws += 1
        numbers: NDArray[np.float64] = torch.randn(
            *shape, generator=draw, dtype=torch.float64
        ).numpy()
        return numbers


class BoundedCmaEs(CmaEs):
    """The same in a box: no number of a point is above `bound`, or below its negative.

    The library searches without bounds and maps each point into the box by a smooth function, which
    leaves a number as it is that is well inside.
    """

    def __init__(
        self, population: int, dimension: int, sigma: float, seed: int, bound: float
    ) -> None:
        super().__init__(population, dimension, sigma, seed)
        self._bound = bound

    @property
    def mean(self) -> Tensor:
        """The centre `(N,)`, mapped into the box."""
        if not self.generations:
            return super().mean
        inside = self._strategy.boundary_handler.repair(super().mean.numpy())
        return torch.from_numpy(np.array(inside))

    def _options(self) -> dict[str, Any]:
        return {**super()._options(), "bounds": [-self._bound, self._bound]}


def cma_es(population: int, dimension: int, sigma: float, seed: int, bound: float | None) -> CmaEs:
    """The search with arguments of `CmaEs`, in a box unless `bound` is None."""
    if bound is None:
        return CmaEs(population, dimension, sigma, seed)
    return BoundedCmaEs(population, dimension, sigma, seed, bound)
