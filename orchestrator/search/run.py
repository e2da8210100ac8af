"""Runs a search: Tune's light trials on borrowed oracles, in a study that can go on."""

import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import ray
from ray import tune

from orchestrator.analysis.search import Search, SearchTrial
from orchestrator.errors import UserError
from orchestrator.pool.actors import OracleActorFactory, secrets_of
from orchestrator.pool.slots import PoolLimits
from orchestrator.search.algorithm import StudySearch
from orchestrator.search.assignment import Assignment
from orchestrator.search.borrowed_oracle import BorrowedOracle
from orchestrator.search.broker import OracleBroker
from orchestrator.search.display import SearchDisplay
from orchestrator.search.objective import Goal
from orchestrator.search.plan import PlannedSearch
from orchestrator.search.pruned import mark_pruned
from orchestrator.search.pruning import pruner_of
from orchestrator.search.quota_waits import QuotaWaits
from orchestrator.search.study import read_search, search_of, study_place
from orchestrator.search.study_place import StudyPlace
from orchestrator.search.trainable import BorrowingTrial
from orchestrator.search.trial_run import TrialRun
from orchestrator.trial.messages import WorkerSetup

TUNE = {
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",  # they cost more than small trials do
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # Ctrl-C is ours
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",  # a trial may fail before it has measured
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000",  # the study and the store are what is kept
    "RAY_AIR_NEW_OUTPUT": "0",
}


@dataclass(frozen=True)
class SearchRun:
    """A search on a cluster.

    Attributes:
        found: the search.
        setup: what each oracle loads.
        limits: resources of the oracles.
        display: told what happens.
        on_trial: told every trial that came to an end.
    """

    found: PlannedSearch
    setup: WorkerSetup
    limits: PoolLimits
    display: SearchDisplay
    on_trial: Callable[[SearchTrial], None] = lambda _: None

    def run(self) -> Search:
        """Runs what is left of the search; needs a connection to a cluster.

        Raises:
            UserError: no oracle can be started, or the study can't be used.
        """
        found = self.found
        place = study_place(found.spec, found.section, found.store, found.data)
        with place.usable(), self._broker() as broker, self.display:
            self._run_baseline(broker)
            self._run_trials(broker, place)
        return read_search(found.spec, found.section, found.store, found.data)

    @contextmanager
    def _broker(self) -> Iterator[Any]:
        factory = OracleActorFactory(self.setup, self.limits.cpus, self.limits.gpus)
        remote: Any = ray.remote(OracleBroker)
        broker = remote.options(num_cpus=0).remote(factory, self.limits, secrets_of(self.setup))
        try:
            yield broker
        finally:
            ray.kill(broker)  # its oracles end with it

    def _run_baseline(self, broker: Any) -> None:
        """Measures the baseline, the method as the spec has it, which also starts an oracle."""
        oracle = BorrowedOracle(broker, "the driver")
        run = TrialRun(self.found.baseline(), self._goal, self.found.store, oracle)
        try:
            for report in run.reports():
                self._tell_news(broker)
                if report.state == "failed":
                    self.display.say(f"the baseline failed: {report.error}")
        except UserError as error:  # it came through Ray; what it says itself is its cause
            raise UserError(str(getattr(error, "cause", None) or error)) from None

    def _run_trials(self, broker: Any, place: StudyPlace) -> None:
        found = self.found

        def assign(number: int, point: dict[str, Any]) -> Assignment:
            self.display.started(number)
            return found.assignment(number, point)

        def report(number: int, queries: int, values: dict[str, float]) -> None:
            self.display.reported(number, queries, values)
            self._tell_news(broker)

        algorithm = StudySearch(found.section, place, assign, report, self._end)
        left = found.section.count - search_of(algorithm.study, found.section).ended
        if left <= 0:
            return
        queries = sum(cell.cell.budget for cell in found.baseline().cells)
        step = found.step_queries if found.section.pruner else 1
        pruner = pruner_of(found.section, queries, step)
        if pruner is not None:
            pruner.recall(algorithm.study.get_trials(deepcopy=False))
        for name, value in TUNE.items():
            os.environ.setdefault(name, value)
        with (
            tempfile.TemporaryDirectory(prefix="search-") as folder,
            warnings.catch_warnings(action="ignore"),
        ):
            self._tuner(broker, algorithm, pruner, left, folder).fit()

    def _tuner(
        self, broker: Any, algorithm: StudySearch, pruner: Any, left: int, folder: str
    ) -> tune.Tuner:
        found = self.found
        trainable = tune.with_parameters(
            BorrowingTrial,
            broker=broker,
            goal=self._goal,
            store=found.store.storage.location,
            patience=self.setup.patience,
        )
        parallel = found.section.parallel or max(1, ray.get(broker.capacity.remote()))
        return tune.Tuner(
            # Tune refuses trials without any resource; a byte of memory is always there.
            tune.with_resources(trainable, {"cpu": 0, "memory": 1}),
            tune_config=tune.TuneConfig(
                search_alg=algorithm,
                scheduler=pruner,
                num_samples=left,
                max_concurrent_trials=min(parallel, left),
                reuse_actors=True,
            ),
            run_config=tune.RunConfig(
                name="search",
                storage_path=folder,
                verbose=0,
                failure_config=tune.FailureConfig(max_failures=2),
                callbacks=[QuotaWaits(self.setup.gate, self.display)],
            ),
        )

    @property
    def _goal(self) -> Goal:
        return Goal.of(self.found.section)

    def _tell_news(self, broker: Any) -> None:
        for line in ray.get(broker.news.remote()):
            self.display.say(line)

    def _end(self, trial: SearchTrial, assignment: Assignment) -> None:
        if trial.state == "pruned":
            mark_pruned(assignment, self.found.store)
        self.display.ended(trial)
        self.on_trial(trial)
