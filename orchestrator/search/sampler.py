"""Optuna's samplers over a spec's space, so that what they suggest survives a restart."""

import hashlib
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler, CmaEsSampler, GridSampler, RandomSampler, TPESampler
from optuna.trial import FrozenTrial, TrialState

from orchestrator.errors import UserError
from orchestrator.spec.dimension import Dimension
from orchestrator.spec.search import SearchSpec


def distributions(search: SearchSpec) -> dict[str, BaseDistribution]:
    """The space in Optuna's terms."""
    return {name: _distribution(dimension) for name, dimension in search.space.items()}


def sampler_of(search: SearchSpec) -> BaseSampler:
    """The sampler of a spec.

    Raises:
        UserError: it needs a package that isn't installed.
    """
    if search.sampler == "grid":
        grid = {name: list(dimension.grid) for name, dimension in search.space.items()}
        # Its seed is the order of the grid, which has to be the same for all trials.
        return NumberedSampler(lambda _: GridSampler(grid, seed=search.seed), search.seed)
    if search.sampler == "cma-es" and find_spec("cmaes") is None:
        raise UserError("search.sampler cma-es needs the package cmaes: pip install cmaes.")
    return NumberedSampler(_MAKERS[search.sampler], search.seed)


class NumberedSampler(BaseSampler):
    """A library's sampler that is made anew for each trial, with a seed of the trial's own.

    What it suggests is then a function of the seed, the trial's number and the finished trials, and
    not of the draws that the process happens to have made: a search that was killed goes on as if
    it had not been.

    Args:
        make: makes the library's sampler from a seed.
        seed: of the search.
    """

    def __init__(self, make: Callable[[int], BaseSampler], seed: int) -> None:
        self._make, self._seed = make, seed
        self._inner = make(seed)

    def before_trial(self, study: optuna.Study, trial: FrozenTrial) -> None:
        digest = hashlib.sha256(f"{self._seed}/{trial.number}".encode()).digest()
        self._inner = self._make(int.from_bytes(digest[:4], "big"))
        self._inner.before_trial(study, trial)

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        return self._inner.infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return self._inner.sample_relative(study, trial, search_space)

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        return self._inner.sample_independent(study, trial, param_name, param_distribution)

    def after_trial(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        state: TrialState,
        values: Sequence[float] | None,
    ) -> None:
        # The grid wants to end Optuna's own loop with its last point, and there is none.
        with suppress(RuntimeError):
            self._inner.after_trial(study, trial, state, values)


def _tpe(seed: int) -> BaseSampler:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        # Running trials count as bad ones, so that parallel suggestions keep apart.
        return TPESampler(seed=seed, constant_liar=True)


_MAKERS: dict[str, Callable[[int], BaseSampler]] = {
    "tpe": _tpe,
    "cma-es": lambda seed: CmaEsSampler(seed=seed, warn_independent_sampling=False),
    "random": lambda seed: RandomSampler(seed=seed),
}


def _distribution(dimension: Dimension) -> BaseDistribution:
    if dimension.kind == "choice":
        return CategoricalDistribution(dimension.values)
    low, high = dimension.ends
    if dimension.kind == "int":
        return IntDistribution(int(low), int(high))
    return FloatDistribution(low, high, log=dimension.kind == "log_uniform")
