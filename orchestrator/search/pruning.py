"""Tune's own pruners with queries as the time axis, told of trials that earlier processes ran."""

from collections.abc import Iterable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from optuna.trial import FrozenTrial, TrialState
from ray.tune.schedulers import ASHAScheduler, FIFOScheduler, MedianStoppingRule, TrialScheduler

from orchestrator.search.study import QUERIES
from orchestrator.spec.search import PrunerSpec, SearchSpec

TIME = "queries"


class QueryPruner(FIFOScheduler):
    """Lets one of Tune's pruners decide, trial by trial.

    Nothing is stopped that was known from the store before, as that would save nothing, and nothing
    is paused: a trial that holds an oracle goes on until it is stopped.

    Args:
        pruner: decides.
        metric: the objective.
    """

    def __init__(self, pruner: TrialScheduler, metric: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._pruner: Any = pruner
        self._objective = metric
        pruner.set_search_properties(metric, "max")

    def on_trial_add(self, tune_controller: Any, trial: Any) -> None:
        self._pruner.on_trial_add(tune_controller, trial)

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        decision = self._pruner.on_trial_result(tune_controller, trial, result)
        stops = decision == TrialScheduler.STOP and not result["stored"]
        return str(TrialScheduler.STOP if stops else TrialScheduler.CONTINUE)

    def on_trial_complete(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> None:
        if result["state"] != "failed":
            self._pruner.on_trial_complete(tune_controller, trial, result)

    def recall(self, trials: Iterable[FrozenTrial]) -> None:
        """Tells the pruner what trials of earlier processes have reported, in their order."""
        for frozen in trials:
            if frozen.state not in (TrialState.COMPLETE, TrialState.PRUNED):
                continue
            trial = _Recalled(f"recalled-{frozen.number}")
            self._pruner.on_trial_add(_NOBODY, trial)
            last: dict[str, Any] = {}
            for queries, value in sorted(frozen.intermediate_values.items()):
                last = {TIME: queries, self._objective: value}
                self._pruner.on_trial_result(_NOBODY, trial, last)
            if frozen.state is TrialState.COMPLETE:
                last = {TIME: frozen.user_attrs[QUERIES], self._objective: frozen.value}
            if last:
                self._pruner.on_trial_complete(_NOBODY, trial, last)


def pruner_of(search: SearchSpec, queries: int, step: int = 1) -> QueryPruner | None:
    """The pruner of a spec; None without one.

    Args:
        search: the spec's section.
        queries: the most that one trial spends.
        step: the most that one step costs; no trial is ended before it has taken one.
    """
    if search.pruner is None:
        return None
    return QueryPruner(_tune_pruner(search.pruner, queries, step), search.objectives[0])


def _tune_pruner(pruner: PrunerSpec, queries: int, step: int) -> TrialScheduler:
    grace = min(pruner.grace or max(step, queries // 10), queries)  # what every trial may spend
    if pruner.name == "median":
        return MedianStoppingRule(
            time_attr=TIME, grace_period=grace, min_samples_required=pruner.trials
        )
    return ASHAScheduler(
        time_attr=TIME, grace_period=grace, max_t=queries, reduction_factor=pruner.factor
    )


@dataclass(eq=False)
class _Recalled:
    """What pruners know a trial by."""

    trial_id: str


_NOBODY = SimpleNamespace(get_live_trials=list)
"""Stands for Tune's controller where no trial waits for a place."""
