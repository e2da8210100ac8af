"""A search whose oracle is a formula: accuracy rises with queries to what the point allows."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from optuna.storages import BaseStorage, InMemoryStorage

from orchestrator.cell import Cell, Evaluation, MethodChoice
from orchestrator.search.algorithm import StudySearch
from orchestrator.search.assignment import Assignment, KeyedCell
from orchestrator.search.objective import Goal
from orchestrator.search.pruning import QueryPruner, pruner_of
from orchestrator.search.study_place import StudyPlace
from orchestrator.search.trial_run import TrialRun
from orchestrator.spec.search import SearchSpec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.store.trace import Point, Trace
from orchestrator.trial.messages import CellOutcome

BUDGET = 100
STEP = 10

SPACE: dict[str, Any] = {"clip": {"log_uniform": [0.1, 300]}, "rank": {"int": [1, 8]}}


def search_spec(**changes: Any) -> SearchSpec:
    return SearchSpec.model_validate({"method": "zip", "space": SPACE, "trials": 8, **changes})


def cell_of(point: dict[str, Any], seed: int = 100) -> KeyedCell:
    cell = Cell(
        protocol="few_shot",
        dataset="toy",
        shots=16,
        seed=seed,
        method=MethodChoice(name="zip", settings=point),
        backbone="toy",
        budget=BUDGET,
        batch_size=1,
        precision="fp32",
        augmentation="none",
        evaluation=Evaluation(points=BUDGET // STEP),
        blind=True,
    )
    return KeyedCell(cell, hashlib.sha256(cell.model_dump_json().encode()).hexdigest())


def accuracy(point: dict[str, Any], queries: int) -> float:
    """Best at clip = 22 and rank = 5."""
    best = 80 - 10 * abs(math.log10(point["clip"] / 22)) - abs(point["rank"] - 5)
    return best * (1 - math.exp(-queries / 30))


@dataclass
class ToyOracle:
    """Answers by the formula, and notes what was paid."""

    store: Store
    paid: dict[str, int] = field(default_factory=dict)
    ended: int = 0
    fails: bool = False

    def advance(self, cell: Cell, key: str, split: str) -> CellOutcome:
        if self.fails:
            return CellOutcome(key, "failed", 0, "the scores are not finite")
        queries = self.paid.get(key, -STEP) + STEP
        if queries <= BUDGET:
            self.paid[key] = queries
            return CellOutcome(key, "paused", queries, points=self._points(cell, queries))
        points = self._points(cell, BUDGET)
        self.store.save(Trace(key, cell.model_dump(mode="json"), "finished", points))
        return CellOutcome(key, "finished", BUDGET)

    def end(self) -> None:
        self.ended += 1

    def _points(self, cell: Cell, queries: int) -> tuple[Point, ...]:
        point = cell.method.settings
        return tuple(
            Point(q, q, "val_accuracy", accuracy(point, q)) for q in range(0, queries + 1, STEP)
        )


@dataclass(frozen=True)
class KeptPlace(StudyPlace):
    """A study in memory that outlives the searches on it."""

    kept: BaseStorage = field(default_factory=InMemoryStorage)

    def storage(self) -> BaseStorage:
        return self.kept


class ToySearch:
    """What Tune does with one trial at a time, in this process, without Ray."""

    def __init__(self, folder: Path, spec: SearchSpec, place: StudyPlace | None = None) -> None:
        self.spec = spec
        self.place = place or KeptPlace("memory", "toy")
        self.store = Store(LocalStorage(folder))
        self.oracle = ToyOracle(self.store)
        self.points: list[dict[str, Any]] = []
        self.algorithm = StudySearch(spec, self.place, self._assign)
        self.pruner: QueryPruner | None = pruner_of(spec, BUDGET)
        if self.pruner is not None:
            self.pruner.recall(self.algorithm.study.trials)

    def run(self, trials: int, killed_after: int | None = None) -> None:
        """Runs trials; the last one may be killed after so many reports."""
        start = len(self.algorithm.study.trials)
        for place in range(trials):
            last = place == trials - 1
            if not self._run_trial(f"{start}-{place}", killed_after if last else None):
                return

    def _assign(self, number: int, point: dict[str, Any]) -> Assignment:
        self.points.append(point)
        return Assignment(number, (cell_of(point),))

    def _run_trial(self, name: str, killed_after: int | None) -> bool:
        trial = _Named(name)
        assignment = self.algorithm.suggest(name)["assignment"]
        if self.pruner is not None:
            self.pruner.on_trial_add(None, trial)
        reports = TrialRun(assignment, Goal.of(self.spec), self.store, self.oracle).reports()
        for count, report in enumerate(reports):
            if count == killed_after:
                return False
            result = report.as_result() | {"training_iteration": count + 1}
            if report.state != "running":
                break
            if self.pruner is not None and self._stops(trial, result):
                break
            self.algorithm.on_trial_result(name, result)
        if self.pruner is not None:
            self.pruner.on_trial_complete(None, trial, result)
        self.algorithm.on_trial_complete(name, result)
        return True

    def _stops(self, trial: _Named, result: dict[str, Any]) -> bool:
        assert self.pruner is not None
        return self.pruner.on_trial_result(_NOBODY, trial, result) == "STOP"


@dataclass(eq=False)
class _Named:
    trial_id: str


class _Nobody:
    def get_live_trials(self) -> list[Any]:
        return []


_NOBODY = _Nobody()
