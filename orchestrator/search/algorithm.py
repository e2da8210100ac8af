"""Ray Tune's OptunaSearch, with what a search needs to be interrupted and to be read later."""

import logging
from collections import deque
from collections.abc import Callable
from typing import Any, cast

import optuna
from optuna.trial import TrialState
from ray.tune.search.optuna import OptunaSearch

from orchestrator.analysis.search import SearchTrial
from orchestrator.search.assignment import Assignment
from orchestrator.search.objective import Goal
from orchestrator.search.sampler import distributions, sampler_of
from orchestrator.search.study import ERROR, KEYS, QUERIES, is_whole, search_of
from orchestrator.search.study_place import StudyPlace
from orchestrator.search.trainable import ASSIGNMENT
from orchestrator.spec.search import SearchSpec

logging.getLogger("ray.tune.search.optuna.optuna_search").setLevel(logging.ERROR)

Assign = Callable[[int, dict[str, Any]], Assignment]
"""From a trial's number and point to what it has to do."""


class StudySearch(OptunaSearch):
    """Optuna's suggestions for Tune, in a study that outlives the process.

    Over OptunaSearch it takes up trials that were running when the last process ended, steps
    intermediate values by queries, and marks trials that a scheduler stopped as pruned.

    Args:
        search: the spec's section.
        place: where the study is kept.
        plan: turns points into cells.
        on_report: told what a running trial has measured: its number, queries and objectives.
        on_end: told that a trial came to an end.
    """

    def __init__(
        self,
        search: SearchSpec,
        place: StudyPlace,
        plan: Assign,
        on_report: Callable[[int, int, dict[str, float]], None] = lambda _n, _queries, _values: (
            None
        ),
        on_end: Callable[[SearchTrial, Assignment], None] = lambda *_: None,
    ) -> None:
        goal = Goal.of(search)
        single = len(goal.objectives) == 1
        super().__init__(
            space=distributions(search),
            metric=goal.objectives[0] if single else list(goal.objectives),
            mode=goal.modes[0] if single else list(goal.modes),
            sampler=sampler_of(search),
            study_name=place.name,
            storage=place.storage(),
        )
        self._search, self._plan = search, plan
        self._on_report, self._on_end = on_report, on_end
        self._assignments: dict[str, Assignment] = {}
        self._known: dict[int, frozenset[int]] = {}  # what interrupted trials had reported
        self._interrupted = self._take_up()

    @property
    def study(self) -> optuna.Study:
        """The study itself."""
        study: Any = self._ot_study
        return cast(optuna.Study, study)

    def suggest(self, trial_id: str) -> dict[str, Any]:
        """The next point with its cells; first of all the ones that were interrupted."""
        if trial_id not in self._ot_trials and self._interrupted:
            self._ot_trials[trial_id] = self._interrupted.popleft()
        point: dict[str, Any] = super().suggest(trial_id) or {}
        trial = self._ot_trials[trial_id]
        assignment = self._plan(trial.number, point)
        trial.set_user_attr(KEYS, [cell.key for cell in assignment.cells])
        self._assignments[trial_id] = assignment
        return {**point, ASSIGNMENT: assignment}

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Keeps what was measured in the study, by queries."""
        self._note(self._ot_trials[trial_id], result)

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Ends a trial in the study: complete, pruned (stopped while it ran) or failed."""
        trial, last = self._ot_trials[trial_id], result or {}
        state = "failed" if error or not result else last["state"]
        if state == "running":  # stopped: Tune tells the last measurement here and nowhere else
            self._note(trial, last)
        trial.set_user_attr(QUERIES, last.get("queries", 0))
        if state == "failed":
            trial.set_user_attr(ERROR, last.get("error") or "its process ended")
        # Without a result OptunaSearch notes a failure or, where nothing failed, a pruned trial.
        given = result if state == "finished" else None
        super().on_trial_complete(trial_id, given, error=state == "failed")
        records = {record.number: record for record in search_of(self.study, self._search).trials}
        self._on_end(records[trial.number], self._assignments.pop(trial_id))

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the study is what is kept, and Tune's snapshots are never read."""

    def __getstate__(self) -> dict[str, Any]:
        return {}

    def _note(self, trial: optuna.Trial, result: dict[str, Any]) -> None:
        names, queries = self._search.objectives, result["queries"]
        values: dict[str, float] = {name: result[name] for name in names if name in result}
        if len(names) == 1 and values and queries not in self._known.get(trial.number, ()):
            trial.report(values[names[0]], queries)
        self._on_report(trial.number, queries, values)

    def _take_up(self) -> deque[optuna.Trial]:
        """Trials that were running when the last process ended."""
        interrupted: deque[optuna.Trial] = deque()
        for frozen in self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            if is_whole(frozen, self._search):
                self._known[frozen.number] = frozenset(frozen.intermediate_values)
                interrupted.append(optuna.Trial(self.study, frozen._trial_id))
            else:  # it ended between two draws of its point
                self.study.tell(frozen.number, state=TrialState.FAIL)
        return interrupted
