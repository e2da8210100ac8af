"""One gate for all processes of a run: who dies, stops or is stopped holds nobody up."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest
import ray
from ray.cluster_utils import Cluster
from ray.exceptions import ActorUnavailableError

from orchestrator.oracle.backbone import Backbone, RemoteModel, ResolvedBackbone
from orchestrator.oracle.remote.description import Capabilities, ImageForm
from orchestrator.oracle.remote.service import ServiceError, Stopped
from orchestrator.pool.cluster import connected
from orchestrator.pool.quota import Allowance, Pulse
from orchestrator.pool.run_gate import RunGate, gates, new_keeper
from tests.orchestrator.cli.runs import wait_until
from tests.orchestrator.pool.gate_client import new_client

pytestmark = [pytest.mark.cluster, pytest.mark.fault]


PULSE = Pulse(beat=0.5, silence=3.0)


def gate_of(allowance: Allowance) -> RunGate:
    return RunGate(new_keeper(allowance, PULSE), PULSE)


def shared(clients: list[Any], allowance: Allowance) -> RunGate:
    """A gate that clients use together."""
    gate = gate_of(allowance)
    ray.get([client.use.remote(gate) for client in clients])
    return gate


@pytest.fixture(scope="module")
def clients(cluster: Cluster) -> Iterator[list[Any]]:
    """Two processes."""
    with connected(cluster.address):
        yield [new_client(), new_client()]


def test_all_processes_together_have_no_more_under_way_than_the_run_may(
    clients: list[Any],
) -> None:
    gate = shared(clients, Allowance(in_flight=3))
    sent = ray.get([client.send.remote(6, 0.1) for client in clients])
    spans = [span for spans in sent for span in spans]
    most = max(sum(began <= now < ended for began, ended in spans) for now, _ in spans)
    assert most == 3
    assert len(spans) == 12
    began = time.monotonic()
    gate.pause(0.7)
    ((sent, _),) = ray.get(clients[0].send.remote(1, 0))
    assert sent - began >= 0.7, "a pause holds every process"


def test_a_rate_is_that_of_all_processes_and_a_wait_for_it_is_told(clients: list[Any]) -> None:
    gate = shared(clients, Allowance(per_minute=7, in_flight=20))
    sent = ray.get([client.send.remote(3, 0) for client in clients])
    assert sum(map(len, sent)) == 6
    either = [client.enter.remote() for client in clients]
    wait_until(lambda: bool(gate.standing().waiting))
    gone, waits = ray.wait(either)
    assert (len(gone), len(waits)) == (1, 1)
    assert gate.standing().text.startswith("waits for the service's quota (")
    gate.pause(3000)
    wait_until(lambda: gate.standing().text.endswith("(50 min)"))
    with pytest.raises(Stopped):
        gate.enter(stopped=lambda: True)


def test_a_killed_process_gives_its_places_back_and_a_busy_one_keeps_them(
    clients: list[Any],
) -> None:
    gate = shared(clients, Allowance(in_flight=2))
    busy, waiting = clients
    killed = new_client(gate)
    ray.get([killed.enter.remote(), busy.enter.remote()])
    ray.kill(killed)
    ray.get(waiting.enter.remote())
    # As long as the killed one, a busy one without signs of life would have been silent too.
    late = waiting.enter.remote()
    assert ray.wait([late], timeout=2 * PULSE.beat)[0] == [], "the busy one is alive"
    ray.get(busy.leave.remote())
    ray.get(late)


def test_a_gatekeeper_that_is_killed_comes_back_and_learns_what_is_under_way(
    clients: list[Any],
) -> None:
    keeper = new_keeper(Allowance(in_flight=1), PULSE)
    busy, waiting = clients
    ray.get([client.use.remote(RunGate(keeper, PULSE)) for client in clients])
    ray.get(busy.enter.remote())
    os.kill(ray.get(keeper.__ray_call__.remote(lambda _: os.getpid())), signal.SIGKILL)
    late = waiting.enter.remote()
    wait_until(lambda: _waiting(keeper) == 1)
    assert ray.wait([late], timeout=2 * PULSE.beat + 1)[0] == []
    ray.get(busy.leave.remote())
    ray.get(late)


def _waiting(keeper: Any) -> int:
    try:
        return int(ray.get(keeper.standing.remote()).waiting)
    except ActorUnavailableError:
        return 0


def test_nobody_waits_for_a_gatekeeper_that_is_gone(clients: list[Any]) -> None:
    images = ImageForm(size=8, mean=(0, 0, 0), std=(1, 1, 1))
    offered = Capabilities(model="x", fingerprint="f", images=images)
    backbone = Backbone(model="x", service="http://localhost:1")
    resolved = ResolvedBackbone(
        "x", "x", None, "service:x:f", remote=RemoteModel(backbone, offered)
    )
    with gates() as gate_to:
        gate = gate_to(resolved)
        assert isinstance(gate, RunGate)
        gate.enter()
    gate.leave()
    gate.pause(1)
    with pytest.raises(ServiceError, match="goes on where this one stopped"):
        gate.enter()
