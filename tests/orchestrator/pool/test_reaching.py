"""A Ray cluster that can't be reached is named, with where its address was given."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from ray.cluster_utils import Cluster

from orchestrator.errors import UserError
from orchestrator.pool import reaching
from orchestrator.pool.reaching import Named, check_reachable

NO_ANSWER = "it didn't answer as a Ray cluster"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaching, "PORT_PATIENCE", 0.1)


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of what accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def closed() -> str:
    """An address where nothing listens any more."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


def refusal_of(address: str, source: str = "RAY_ADDRESS") -> str:
    with pytest.raises(UserError) as caught:
        check_reachable(Named(address, source))
    return str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "garbage",
        "10.0.0.1",
        "10.0.0.1:",
        ":6379",
        "10.0.0.1:0",
        "10.0.0.1:99999",
        "a b:1",
        "ray://x",
    ],
)
def test_what_is_no_address_is_refused_at_once(address: str) -> None:
    refused = refusal_of(address)
    assert f"the Ray cluster at {address!r} (from RAY_ADDRESS)" in refused
    assert "expected HOST:PORT, ray://HOST:PORT or auto" in refused
    assert "Unset it to run on this machine" in refused


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_a_stale_address_is_refused_without_asking_ray(
    scheme: str, closed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaching, "_ask_apart", lambda _: pytest.fail("Ray was asked"))
    refused = refusal_of(scheme + closed, "--address")
    assert f"at '{scheme}{closed}' (from --address): nothing listens there" in refused
    assert "Leave it out to run on this machine" in refused


def test_a_host_that_is_unknown_is_refused() -> None:
    assert "nothing listens there" in refusal_of("no-such-host.invalid:6379")


def test_what_listens_and_never_answers_is_given_up(
    silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaching, "ANSWER_PATIENCE", 0.5)
    assert NO_ANSWER in refusal_of(silent)


def test_a_cluster_is_given_up_within_a_minute() -> None:
    assert reaching.PORT_PATIENCE + reaching.ANSWER_PATIENCE < 60


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("W gcs_client.cc:210: InvalidAuthToken: missing\nTraceback", "RAY_AUTH_TOKEN"),
        ("RpcError: RPC error: Method not found! rpc_code: 12", "isn't the cluster's own"),
        ("ConnectionError: Could not find any running Ray instance. Please", "no Ray cluster runs"),
        ("W rpc_client.h:153: Failed to connect to GCS at address", "doesn't answer as a Ray"),
        ("RpcError: RPC error: Received http2 header with status: 404", "answer as a Ray"),
        ("Traceback ...\nValueError: of a later Ray", ": ValueError: of a later Ray. Correct"),
    ],
)
@pytest.mark.parametrize("late", [False, True])
def test_what_ray_says_is_told_in_words_and_never_shown(
    said: str, told: str, late: bool, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        if late:
            raise subprocess.TimeoutExpired(command, 1, stderr=said.encode())
        return subprocess.CompletedProcess(command, 1, "", said)

    monkeypatch.setattr(reaching.subprocess, "run", run)
    refused = refusal_of(silent)
    assert (NO_ANSWER if late and "later" in said else told) in refused
    assert len(refused.splitlines()) == 1
    assert "gcs_client" not in refused


def test_where_ray_has_changed_it_joins_unasked(
    silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        reaching.subprocess, "run", lambda *a, **_: subprocess.CompletedProcess(a, 3, "", "")
    )
    check_reachable(Named(silent, "--address"))


def test_addresses_of_other_kinds_are_left_to_ray() -> None:
    check_reachable(Named("anyscale://somewhere", "--address"))


@pytest.mark.cluster
def test_a_cluster_that_runs_is_reached(cluster: Cluster) -> None:
    check_reachable(Named(cluster.address, "--address"))
