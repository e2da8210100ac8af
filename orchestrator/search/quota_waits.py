"""Shows how long the trials of a search wait for the quota of a service."""

from typing import Any

from ray import tune

from orchestrator.oracle.remote.service import Gate
from orchestrator.pool.run_gate import RunGate
from orchestrator.search.display import SearchDisplay


class QuotaWaits(tune.Callback):
    """Told by Tune whenever it looks at its trials, which it does several times a second.

    Args:
        gate: of all trials.
        display: told how long they wait there.
    """

    def __init__(self, gate: Gate, display: SearchDisplay) -> None:
        self._gate, self._display = gate, display

    def on_step_begin(self, iteration: int, trials: list[Any], **info: Any) -> None:
        """Tune looks at its trials."""
        del iteration, trials, info
        if isinstance(self._gate, RunGate):
            self._display.waits(self._gate.standing().text)

    def __getstate__(self) -> dict[str, Any]:  # Tune's state is disposable
        return {}
