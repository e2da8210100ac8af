"""Services that fail while runs ask them: every cell ends once, as if nothing had happened.

And both sides have counted the same: what a service has charged for a cell is what its trace says.
"""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from ray.cluster_utils import Cluster

from orchestrator.oracle.backbone import Backbone, resolve_backbone
from orchestrator.oracle.clip import load_clip
from orchestrator.oracle.features import FeatureTable
from orchestrator.oracle.remote.description import Limits
from orchestrator.oracle.remote.request import Charge
from orchestrator.oracle.remote.service import Gate, Open
from orchestrator.plan.plan import Plan
from orchestrator.pool.cluster import connected
from orchestrator.pool.run_gate import gates
from orchestrator.server import running
from orchestrator.server.access import Access
from orchestrator.server.faults import FAULTS, Fault, Faults
from orchestrator.server.ledger import MEMORY, ServiceLedger, Sum
from orchestrator.server.model import Offer
from orchestrator.server.quotas import Quota, too_many
from orchestrator.store.leases import Leases
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.trial.messages import CellOutcome, WorkerSetup
from orchestrator.trial.worker import Worker
from tests.orchestrator.cli.runs import Measured, arguments, plan_of, points_of, started, wait_until
from tests.orchestrator.cli.verbs import querycurve
from tests.service_in_thread import service_in_thread
from tests.service_process import service_process

pytestmark = [pytest.mark.cluster, pytest.mark.fault]

METHODS = (  # strings; token embeddings; changed images
    "methods=[zero_shot, {name: one_plus_one_es, batch_size: 16}, {name: bar, batch_size: 4}]"
)
SPEC = (METHODS, "datasets=[pocket_dots]", "seeds=[1]", "budget=40", "evaluation.points=2")
PATIENCE = 300.0
"""Seconds for which runs wait for a service that doesn't answer: long, but not for ever."""
OFFER = Offer("pocket", limits=Limits(request_bytes=2**20))
"""Images that a prompt has changed are too large for one request, and measured in three parts."""
TOKEN = "known-to-alice-and-nobody-else"
SHARE, SEED, LATENCY = 0.08, 7, 0.03
"""Of requests that fail."""
FAILING = (
    *("--fail", str(SHARE), "--fail-seed", str(SEED), "--latency", f"{LATENCY}s"),
    *("--max-request", "1MiB", "--token-from", "TOKENS"),
)


def spec_on(service: str, **asked: object) -> tuple[str, ...]:
    """The spec on a service at an address, which is asked in a certain way."""
    fields = {"service": service, "model": "pocket", **asked}
    return (*SPEC, f"backbone={json.dumps(fields)}")


def run_here(folder: Path, plan: Plan, gate: Gate | None = None) -> list[CellOutcome]:
    """Runs a plan's cells one after another in this process."""
    store = Store(LocalStorage(folder))
    setup = WorkerSetup(
        plan.backbone, "fp32", str(folder), "data", "refuse", patience=PATIENCE, gate=gate or Open()
    )
    worker, outcomes = Worker(setup), []
    for cell in plan.cells:
        table = None
        if plan.backbone.remote is None:
            if store.features(cell.features) is None:
                worker.encode_test_split(cell.cell.dataset, cell.features)
            table = FeatureTable.from_bytes(store.features(cell.features) or b"")
        outcomes.append(worker.run_cell(cell.cell, cell.key, table))
    return outcomes


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Measured]:
    """What the cells measure, as in memory, and what they are charged."""
    asked, loaded = (tmp_path_factory.mktemp(name) for name in ("asked", "loaded"))
    with service_in_thread(OFFER) as service:
        run_here(asked, plan_of(asked, spec_on(service.address)))
        measured = points_of(asked)
        check_equal(asked, service.ledger.sums(), measured)
    run_here(loaded, plan_of(loaded, (*SPEC, "backbone=pocket")))
    assert _sorted_points(measured) == _sorted_points(points_of(loaded))
    assert len(measured) == 3
    return measured


def _sorted_points(measured: Mapping[str, Measured]) -> list[str]:
    return sorted(str(points) for points, _ in measured.values())


def charged(measured: Measured) -> Charge:
    """What a trace says that a service has charged."""
    ledgers: Mapping[str, Mapping[str, int]] = measured[1]
    return Charge(**ledgers["service_training"]) + Charge(**ledgers["service_measuring"])


def by_cell(sums: Iterable[Sum]) -> dict[str, Charge]:
    """What a service says that it has charged for each cell."""
    return {one.label: one.charge for one in sums}


def check_equal(store: Path, sums: Iterable[Sum], undisturbed: Mapping[str, Measured]) -> None:
    """Every cell once, as undisturbed, and charged what the service says."""
    found = points_of(store)
    assert found == undisturbed
    assert {key: charged(one) for key, one in found.items()} == by_cell(sums)


class Noted(Faults):
    """Faults as asked for, which are noted as they are drawn."""

    def __init__(self) -> None:
        super().__init__(SHARE, SEED, LATENCY)
        self.drawn: list[Fault | None] = []

    def draw(self) -> Fault | None:
        self.drawn.append(super().draw())
        return self.drawn[-1]


def test_whatever_fails_is_slow_or_killed_on_either_side_changes_nothing(
    cluster: Cluster,
    tmp_path: Path,
    undisturbed: dict[str, Measured],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And the token that the service asks for is in nothing that is kept or shown."""
    folder, faults = tmp_path / "service", Noted()
    folder.mkdir()
    monkeypatch.setenv("QUERYCURVE_SERVICE_TOKEN", TOKEN)
    with service_process(folder, *FAILING, environment={"TOKENS": f"alice:{TOKEN}"}) as service:
        spec = spec_on(service.address, timeout=2)
        place = ("--address", cluster.address, "--actors", "1")
        words = arguments(tmp_path / "store", *place, spec=spec)
        with started(words) as driver:

            def wait_for(least: int) -> None:
                wait_until(lambda: service.charged("alice").requests >= least, driver)

            wait_for(5)
            service.process.send_signal(signal.SIGSTOP)  # longer than the time-out
            time.sleep(2.5)
            service.process.send_signal(signal.SIGCONT)
            wait_for(10)
            service.kill()
            time.sleep(1)  # in which connections are refused
            ledger = ServiceLedger.open(str(service.ledger), new=False)
            again = {"ledger": ledger, "access": Access({"alice": TOKEN}), "faults": faults}
            with service_in_thread(OFFER, port=port_of(service.address), **again):
                wait_for(20)
                os.kill(worker_on(tmp_path / "store"), signal.SIGKILL)
                wait_for(30)
                driver.send_signal(signal.SIGKILL)
                output, _ = driver.communicate()
                words.remove("--no-tracking")
                said = querycurve(*words)
    assert "an actor died" in output, output
    assert said.code == 0, said.err
    assert set(faults.drawn) == {None, *FAULTS}
    check_equal(tmp_path / "store", ledger.sums(), undisturbed)
    assert "as counted here" in said.out
    ledger.close()
    assert TOKEN not in output + said.out + said.err + service.said
    session = Path(cluster.head_node.get_session_dir_path())
    kept = [path for place in (tmp_path, session) for path in place.rglob("*") if path.is_file()]
    assert {"mlflow.db", "report.html", "raylet.out"} <= {path.name for path in kept}
    assert [path for path in kept if TOKEN.encode() in path.read_bytes()] == []


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


def worker_on(folder: Path) -> int:
    """Process id of the actor that works on a cell."""
    storage = LocalStorage(folder)
    (key,) = Store(storage).running_keys()
    holder = Leases.of_process(storage, "").held_by(key)
    assert holder is not None
    return holder.process.pid


class Rationed(Quota):
    """A quota that is used up after every 40 requests, and renewed a second later."""

    def __init__(self, per_minute: float | None, clients: object) -> None:
        super().__init__(per_minute, ("anyone",))
        self._count, self._ends = 0, 0.0
        self.refused = 0

    def enter(self, client: str) -> None:
        left = self._ends - time.monotonic()
        if left > 0:
            self.refused += 1
            raise too_many(left)
        self._count += 1
        if self._count % 40 == 0:
            self._ends = time.monotonic() + 1


def test_two_runs_share_a_quota(
    cluster: Cluster,
    tmp_path: Path,
    undisturbed: dict[str, Measured],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quotas: list[Rationed] = []

    def rationed(per_minute: float | None, clients: object) -> Quota:
        quotas.append(Rationed(per_minute, clients))
        return quotas[0] if len(quotas) == 1 else Quota(None, ("anyone",))

    monkeypatch.setattr(running, "Quota", rationed)
    stores = tmp_path / "one", tmp_path / "other"
    with (
        service_in_thread(OFFER) as service,
        connected(cluster.address),
        gates() as gate_to,
        ThreadPoolExecutor(2) as threads,
    ):
        plans = [plan_of(store, spec_on(service.address)) for store in stores]
        own_gates = gate_to(plans[0].backbone), Open()
        for _ in threads.map(run_here, stores, plans, own_gates):
            pass
        ledger = by_cell(service.ledger.sums())
    assert quotas[0].refused > 0
    for store in stores:
        assert points_of(store) == undisturbed
    both = {key: charged(one) + charged(one) for key, one in undisturbed.items()}
    assert ledger == both


def test_a_wrong_token_is_refused_when_planning_and_nothing_is_charged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUERYCURVE_SERVICE_TOKEN", "of-somebody-else")
    with service_in_thread(access=Access({"alice": TOKEN})) as service:
        words = [word for one in spec_on(service.address) for word in ("--set", one)]
        said = querycurve("plan", "demo", *words, "--store", tmp_path)
        assert service.ledger.sums() == ()
    assert said.code == 2
    assert "refuses the token in the environment variable QUERYCURVE_SERVICE_TOKEN" in said.err
    assert "of-somebody-else" not in said.err


class Ending(Faults):
    """After five requests, charges what is asked but never replies."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def draw(self) -> Fault | None:
        self.count += 1
        return "error after the charge" if self.count > 5 else None


def test_a_model_that_changes_ends_its_cells_and_keeps_those_that_are_finished(
    tmp_path: Path, undisturbed: dict[str, Measured]
) -> None:
    ledger, faults = ServiceLedger.open(MEMORY), Ending()
    changed = load_clip(resolve_backbone(Backbone(model="pocket")), "bf16", torch.device("cpu"))
    with ThreadPoolExecutor(1) as threads:
        with service_in_thread(OFFER, ledger=ledger, faults=faults) as service:
            spec = spec_on(service.address)
            run = threads.submit(run_here, tmp_path, plan_of(tmp_path, spec))
            wait_until(lambda: faults.count > 5)
        port = port_of(service.address)
        other = replace(OFFER, precision="bf16")
        with service_in_thread(other, clip=changed, ledger=ledger, port=port):
            outcomes = run.result(PATIENCE)
            again = plan_of(tmp_path, spec)
    assert sorted(outcome.status for outcome in outcomes) == ["failed", "failed", "finished"]
    store, charges = Store(LocalStorage(tmp_path)), by_cell(ledger.sums())
    (finished,) = store.finished_keys()
    assert points_of(tmp_path)[finished] == undisturbed[finished]
    assert charged(undisturbed[finished]) == charges.pop(finished)
    unanswered = Charge()
    for key in undisturbed.keys() - {finished}:
        failed = store.failed(key)
        assert "has changed its model 'pocket'" in failed.error
        counted = charged((failed.points, failed.ledgers)) if failed.ledgers else Charge()
        missing = charges.get(key, Charge()).requests - counted.requests
        assert missing >= 0
        unanswered += Charge(missing)
    assert unanswered.requests == 1, "what was charged last, and never answered"
    assert again.counts() == {"new": 3}
    assert not {cell.key for cell in again.cells} & undisturbed.keys()
