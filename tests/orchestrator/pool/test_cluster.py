"""Ray on a busy machine is started again; a cluster that was named is joined once."""

from __future__ import annotations

import gc
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.errors import UserError
from orchestrator.pool import cluster
from orchestrator.pool.cluster import ATTEMPTS, PAUSE, connected

TOO_BUSY = Exception(
    "The current node timed out during startup. This could happen because some of the raylet "
    "failed to startup or the GCS has become overloaded."
)


class FakeRay:
    """Notes what is asked of Ray; `init` fails with each error in turn, then works."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.asked: list[str] = []
        self.addresses: list[str] = []

    def init(self, address: str, *, include_dashboard: bool = False, **_: Any) -> SimpleNamespace:
        self.asked.append("init")
        self.addresses.append(address)
        if self.errors:
            raise self.errors.pop(0)
        return SimpleNamespace(dashboard_url="127.0.0.1:8265" if include_dashboard else None)

    def shutdown(self) -> None:
        self.asked.append("shutdown")

    def sleep(self, seconds: float) -> None:
        assert seconds == PAUSE
        self.asked.append("sleep")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeRay:
    ray = FakeRay()
    monkeypatch.setattr(cluster, "ray", ray)
    monkeypatch.setattr(cluster, "sleep", ray.sleep)
    monkeypatch.setattr(cluster, "check_reachable", lambda _: None)
    monkeypatch.setattr(cluster, "ray_folder", lambda _: "/tmp/ray")
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    return ray


def test_ray_that_starts_is_started_once_and_ends_with_the_block(fake: FakeRay) -> None:
    said: list[str] = []
    with connected(say=said.append):
        assert fake.asked == ["init"]
    assert (fake.asked, fake.addresses, said) == (["init", "shutdown"], ["local"], [])


def test_the_dashboard_is_there_when_it_is_asked_for(
    fake: FakeRay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    said: list[str] = []
    with connected(say=said.append, dashboard=True):
        pass
    assert said == [
        "Ray's dashboard: http://127.0.0.1:8265, until this run ends. It asks for a token: "
        "'ray get-auth-token' prints it."
    ]


class InCycle:
    """Garbage that only a collection finds; notes when it is dropped."""

    def __init__(self, asked: list[str]) -> None:
        self._asked, self._itself = asked, self

    def __del__(self) -> None:
        self._asked.append("dropped")


def test_nothing_is_dropped_by_a_collection_while_ray_shuts_down(
    fake: FakeRay, monkeypatch: pytest.MonkeyPatch
) -> None:
    collecting: list[bool] = []

    def shutdown() -> None:
        collecting.append(gc.isenabled())
        fake.asked.append("shutdown")

    monkeypatch.setattr(fake, "shutdown", shutdown)
    with connected():
        InCycle(fake.asked)
    assert fake.asked == ["init", "dropped", "shutdown"]
    assert collecting == [False]
    assert gc.isenabled()


@pytest.mark.parametrize(
    "error", [TOO_BUSY, RuntimeError("Failed to start GCS."), OSError("Resource unavailable")]
)
def test_ray_is_started_again_after_a_pause_with_a_line_each(
    error: Exception, fake: FakeRay
) -> None:
    fake.errors = [error, error]
    said: list[str] = []
    with connected(say=said.append):
        assert fake.asked == [*["init", "shutdown", "sleep"] * 2, "init"]
    assert said == [f"Ray did not start ({error}); trying again in 10 s"] * 2


def test_ray_that_never_starts_ends_with_what_to_do(fake: FakeRay) -> None:
    fake.errors = [TOO_BUSY] * 5
    said: list[str] = []
    with pytest.raises(UserError) as caught, connected(say=said.append):
        pytest.fail("it is not connected")
    assert fake.asked.count("init") == ATTEMPTS == 3
    assert fake.asked[-1] == "shutdown"
    assert len(said) == 2
    for words in ("in 3 attempts", "raylet failed to startup", "too busy", "--address"):
        assert words in str(caught.value)


def test_what_is_impossible_is_not_tried_again(fake: FakeRay) -> None:
    fake.errors = [ValueError("object_store_memory must be at least 75 MB")]
    with pytest.raises(UserError, match="at least 75 MB"), connected():
        pytest.fail("it is not connected")
    assert fake.asked == ["init"]


def test_a_named_cluster_is_joined_once(fake: FakeRay) -> None:
    fake.errors = [ConnectionError("no\nanswer.")]
    said: list[str] = []
    expected = r"can't reach the Ray cluster at '10.0.0.1:6379' \(from --address\): no answer\. "
    with pytest.raises(UserError, match=expected), connected("10.0.0.1:6379", said.append):
        pytest.fail("it is not connected")
    assert (fake.asked, fake.addresses) == (["init", "shutdown"], ["10.0.0.1:6379"])
    assert said == ["joining the Ray cluster at '10.0.0.1:6379' (from --address) ..."]


@pytest.mark.parametrize(
    ("given", "variable", "joined"),
    [
        (None, "auto", "auto"),
        (None, "10.0.0.1:6379", "10.0.0.1:6379"),
        ("auto", "10.0.0.1:6379", "10.0.0.1:6379"),
        ("10.0.0.2:6379", "10.0.0.1:6379", "10.0.0.2:6379"),
        (None, " ", "local"),
        (None, "local", "local"),
        ("local", "10.0.0.1:6379", "local"),
    ],
)
def test_the_cluster_of_the_environment_is_joined_unless_another_is_named(
    given: str | None, variable: str, joined: str, fake: FakeRay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", variable)
    with connected(given):
        pass
    assert fake.addresses == [joined]
