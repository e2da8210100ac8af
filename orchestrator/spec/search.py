"""The `search` section of a spec: which settings of a method are searched, and how."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from benchmarks.frozen import Frozen
from benchmarks.naming import did_you_mean
from orchestrator.spec.dimension import Dimension, Scalar
from orchestrator.spec.method import MethodSpec
from orchestrator.spec.numbers import PositiveInt, Seed

SamplerName = Literal["tpe", "cma-es", "random", "grid"]
PrunerName = Literal["asha", "median"]
ObjectiveName = Literal["accuracy", "area", "queries_to_target"]

Space = Mapping[str, Dimension]

MOST_CORNERS = 256
"""Corners of a space that are checked before the search starts, at most."""

DEFAULT_TRIALS = 20

LARGEST_GRID = 100_000
"""Points of a grid at most: Optuna lists them all."""


class PrunerSpec(Frozen):
    """When a bad trial is ended early. In YAML: a name, or a mapping.

    Attributes:
        name: `asha` (asynchronous successive halving) or `median` (the median stopping rule).
        grace: queries that every trial may spend, one step at least; by default a tenth of its
            budget.
        factor: for `asha`: one in `factor` trials passes a rung, and each rung has `factor` times
            the queries of the one before.
        trials: for `median`: number of trials before any is ended.
    """

    name: PrunerName
    grace: PositiveInt | None = None
    factor: float = Field(default=3, gt=1)
    trials: PositiveInt = 3

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value


class SearchSpec(Frozen):
    """A search for settings of one of the spec's methods.

    Every trial runs one cell for each dataset and search seed, measured on validation images only.
    The best trial's settings are
    then run like any other method of the spec, with its seeds and on its test splits.

    Attributes:
        method: label of the method whose settings are searched; other settings keep their values.
        space: possible values of each searched setting.
        trials: number of points to try; by default 20, and for a grid all of it.
        sampler: Optuna's sampler: `tpe`, `cma-es`, `random` or `grid`.
        seed: of the sampler.
        objectives: what is optimised, measured on validation images: `accuracy` at the end of the
            budget, `area` under the curve of accuracy over queries, or `queries_to_target`. With
            several objectives, the best trial is the point of the Pareto front that is best in the
            first.
        target_accuracy: target in percent of validation images, for `queries_to_target`.
        pruner: when to end a trial early, by its queries; None runs all to the end.
        seeds: seeds of each trial; its objective is the mean over them and the datasets.
        parallel: trials at the same time; by default as many as actors fit when the search starts.
            With 1, a search that was killed goes on exactly as an undisturbed one.
        storage: where Optuna keeps the study, as an SQLAlchemy URL; by default a SQLite file in the
            store.
        equal_queries: whether the baseline, which is the method with its own settings, is also run
            with as many queries as the search and one run of its result have spent together.
    """

    method: str
    space: dict[str, Dimension] = Field(min_length=1)
    trials: PositiveInt | None = None
    sampler: SamplerName = "tpe"
    seed: Seed = 0
    objectives: tuple[ObjectiveName, ...] = Field(default=("accuracy",), min_length=1)
    target_accuracy: float | None = Field(default=None, gt=0, le=100)
    pruner: PrunerSpec | None = None
    seeds: tuple[Seed, ...] = Field(default=(100,), min_length=1)
    parallel: PositiveInt | None = None
    storage: str | None = None
    equal_queries: bool = True

    @field_validator("objectives", mode="before")
    @classmethod
    def _one_objective(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(set(self.objectives)) < len(self.objectives):
            raise ValueError(f"objectives: each only once, got {', '.join(self.objectives)}")
        if len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"seeds: each only once, got {list(self.seeds)}")
        if ("queries_to_target" in self.objectives) != (self.target_accuracy is not None):
            raise ValueError(
                "the objective queries_to_target and a target_accuracy belong together: give both "
                "or neither"
            )
        if self.pruner is not None and self.objectives not in (("accuracy",), ("area",)):
            raise ValueError(
                "a pruner needs a single objective that grows with queries: accuracy or area"
            )
        self._check_sampler()
        return self

    def _check_sampler(self) -> None:
        if self.sampler == "grid":
            for name, dimension in self.space.items():
                try:
                    dimension.grid  # noqa: B018 - raises if there is none
                except ValueError as error:
                    raise ValueError(f"space.{name}: {error}") from None
            if self._grid_size > LARGEST_GRID:
                raise ValueError(
                    f"the grid has {self._grid_size:,} points, and {LARGEST_GRID:,} is the most: "
                    f"give intervals fewer `points`, or take another sampler"
                )
        if self.sampler == "cma-es":
            if any(dimension.kind == "choice" for dimension in self.space.values()):
                raise ValueError("sampler cma-es moves through numbers only: choice is for tpe")
            if len(self.space) < 2 or len(self.objectives) > 1:
                raise ValueError("sampler cma-es needs two dimensions or more, and one objective")

    @property
    def _grid_size(self) -> int:
        return math.prod(len(dimension.grid) for dimension in self.space.values())

    @property
    def count(self) -> int:
        """Trials of the whole search."""
        if self.sampler == "grid":
            return min(self._grid_size, self.trials or self._grid_size)
        return self.trials or DEFAULT_TRIALS

    @property
    def found_label(self) -> str:
        """Name in reports of the method with the best settings found."""
        return f"{self.method}-searched"

    @property
    def longer_label(self) -> str:
        """Name in reports of the baseline that may also spend the search's queries."""
        return f"{self.method}-longer"

    def base(self, methods: Sequence[MethodSpec]) -> MethodSpec:
        """The method whose settings are searched, or one that may be it, of which nothing is known.

        Raises:
            ValueError: no method has that label.
        """
        for method in methods:
            if method.label == self.method:
                return method
        unknown = next((method for method in methods if method.unknown), None)
        if unknown is not None:  # it may call itself so
            return unknown
        labels = [method.label for method in methods]
        raise ValueError(
            f"method {self.method!r} is no method's label. {did_you_mean(self.method, labels)}"
        )


def check_search(search: SearchSpec, methods: Sequence[MethodSpec], seeds: Sequence[int]) -> None:
    """Checks a search against the rest of its spec.

    Raises:
        ValueError: the method or a setting is unknown, a value or a corner of the space is
            impossible, or the search shares seeds with the comparison.
    """
    base = search.base(methods)
    if not base.trains:
        raise ValueError(f"method {base.label!r} doesn't train, so it has nothing to search")
    taken = {search.found_label, search.longer_label} & {method.label for method in methods}
    if taken:
        raise ValueError(
            f"the label {min(taken)!r} is kept for what the search finds: give that method another"
        )
    shared = sorted(set(search.seeds) & set(seeds))
    if shared:
        raise ValueError(
            f"seeds {shared} are the comparison's own. Search with others, so that its result is "
            f"not tested on the splits that it was chosen on"
        )
    for name, dimension in search.space.items():
        if name not in base.settings and not base.unknown:
            raise ValueError(
                f"space.{name}: {base.name} has no such setting. "
                f"{did_you_mean(name, base.settings)}"
            )
        for value in dimension.probes:
            _check_value(base, search.space, name, value)
    for corner in _corners(search.space):
        try:
            base.varied(corner)
        except ValueError as error:
            values = ", ".join(f"{name}={value}" for name, value in corner.items())
            raise ValueError(f"space: {values} are impossible together: {error}") from None


def _check_value(base: MethodSpec, space: Space, name: str, value: Scalar) -> None:
    """Refuses a value that is impossible, or without effect, everywhere in the space."""
    refusal, taken = "", value
    for corner in _corners(space):
        try:
            taken = base.varied({**corner, name: value}).settings[name]
        except ValueError as error:
            refusal = refusal or str(error)
            continue
        if taken == value:
            return
    if taken != value:
        raise ValueError(
            f"space.{name} has no effect: with the other settings of {base.label}, {value!r} "
            f"stands for {taken!r}"
        )
    raise ValueError(f"space.{name} can't reach {value!r}: {refusal}")


def _corners(space: Space) -> Iterator[dict[str, Scalar]]:
    """Combinations of the extremes of all dimensions, because settings may limit each other."""
    for corner in islice(product(*(space[name].extremes for name in space)), MOST_CORNERS):
        yield dict(zip(space, corner, strict=True))
