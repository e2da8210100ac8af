"""The light process that Ray Tune runs for a trial: it holds no model, it borrows an oracle."""

from typing import Any

import ray
from ray import tune

from orchestrator.search.borrowed_oracle import BorrowedOracle
from orchestrator.search.trial_run import TrialRun
from orchestrator.store.storage import Patience, open_storage
from orchestrator.store.store import Store

ASSIGNMENT = "assignment"
"""Where Tune's configuration of a trial holds its `Assignment`."""


class BorrowingTrial(tune.Trainable):
    """Reports every measurement of a trial. Its process serves one trial after another."""

    def setup(
        self,
        config: dict[str, Any],
        broker: Any = None,
        goal: Any = None,
        store: str = "",
        patience: float = 0,
    ) -> None:
        waits = Patience(limit=patience, introduction=patience)
        self._broker, self._goal, self._store = broker, goal, Store(open_storage(store, waits))
        self._begin(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        self.cleanup()
        self._begin(new_config)
        return True

    def step(self) -> dict[str, Any]:
        return next(self._reports).as_result()

    def cleanup(self) -> None:
        """Ends the trial wherever it is, which gives its oracle back."""
        self._reports.close()

    def save_checkpoint(self, checkpoint_dir: str) -> dict[str, Any]:
        """Nothing: what is worth keeping is in the store."""
        del checkpoint_dir
        return {}

    def load_checkpoint(self, checkpoint: Any) -> None:
        """Nothing: the trial goes on from the store."""

    def _begin(self, config: dict[str, Any]) -> None:
        me = ray.get_runtime_context()
        oracle = BorrowedOracle(self._broker, str(me.get_actor_id()), me.current_actor)
        self._reports = TrialRun(config[ASSIGNMENT], self._goal, self._store, oracle).reports()
