"""A process that sends requests through a gate, for tests of a run's; it imports little."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import ray

from orchestrator.pool.run_gate import RunGate


class Client:
    """A process that sends requests, several at once."""

    def __init__(self, gate: RunGate | None = None) -> None:
        self._gate = gate

    def use(self, gate: RunGate) -> None:
        self._gate = gate

    def enter(self) -> None:
        assert self._gate is not None
        self._gate.enter()

    def leave(self) -> None:
        assert self._gate is not None
        self._gate.leave()

    def send(self, count: int, seconds: float) -> list[tuple[float, float]]:
        """When each of several requests began and ended."""
        with ThreadPoolExecutor(count) as threads:
            return list(threads.map(lambda _: self._request(seconds), range(count)))

    def _request(self, seconds: float) -> tuple[float, float]:
        self.enter()
        began = time.monotonic()
        time.sleep(seconds)
        ended = time.monotonic()
        self.leave()
        return began, ended


def new_client(gate: RunGate | None = None) -> Any:
    remote: Any = ray.remote(Client)
    return remote.options(num_cpus=0, max_concurrency=4).remote(gate)
