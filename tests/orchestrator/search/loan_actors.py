"""An oracle to lend and a borrower, for tests of loans; their processes import little."""

from __future__ import annotations

import time
from typing import Any

import ray


class Oracle:
    """An actor of the pool that knows who it is."""

    def __init__(self) -> None:
        self.name = ray.get_runtime_context().get_actor_id()

    def identity(self) -> str:
        return str(self.name)


class Owner:
    """Holds an oracle, like a trial's process."""

    def take(self, broker: Any) -> str:
        me = ray.get_runtime_context()
        oracle = None
        while oracle is None:
            oracle = ray.get(broker.acquire.remote(me.get_actor_id(), me.current_actor))
            time.sleep(0.02)
        identity: str = ray.get(oracle.identity.remote())
        return identity

    def give_back(self, broker: Any) -> None:
        ray.get(broker.release.remote(ray.get_runtime_context().get_actor_id()))
