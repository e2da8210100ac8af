"""A Ray of one process, for tests of what the pool makes of its actors' answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from orchestrator.pool import pool, slots


class Reference:
    """A result that is there, or an error."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Remote:
    """A method that is called with `.remote()`."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def remote(self, *args: Any) -> Reference:
        try:
            return Reference(self._call(*args))
        except Exception as error:
            return Reference(error)


class FakeActor:
    """An actor with what its methods return or raise; `fails` is raised where it answers first."""

    def __init__(self, refusal: str = "", fails: Exception | None = None, **methods: Any) -> None:
        self.refusal, self._fails = refusal, fails
        for name, call in methods.items():
            setattr(self, name, Remote(call))

    @property
    def __ray_call__(self) -> Remote:
        def call(function: Callable[[Any], Any]) -> Any:
            if self._fails is not None:
                raise self._fails
            return function(self)

        return Remote(call)


class FakeRay:
    """What slots and pool use of Ray; notes which actors were killed."""

    def __init__(self) -> None:
        self.killed: list[Any] = []

    def wait(self, references: Sequence[Any], **_: Any) -> tuple[list[Any], list[Any]]:
        return list(references), []

    def get(self, reference: Reference) -> Any:
        if isinstance(reference.value, Exception):
            raise reference.value
        return reference.value

    def kill(self, actor: Any) -> None:
        self.killed.append(actor)

    def get_runtime_context(self) -> FakeRay:
        return self

    def get_node_id(self) -> str:
        return "node"


@pytest.fixture
def fake_ray(monkeypatch: pytest.MonkeyPatch) -> FakeRay:
    """Takes Ray's place, on a cluster with room for two actors, and no time passes."""
    fake = FakeRay()
    for module in (pool, slots):
        monkeypatch.setattr(module, "ray", fake)
    monkeypatch.setattr(slots, "room_for", lambda *_: 2)
    monkeypatch.setattr(slots.ActorSlots, "_pause_growth", lambda _: None)
    return fake
