"""Services that fail while runs ask them: every cell ends once, as if nothing had happened.

And both sides have counted the same: what a service has charged for a cell is what its trace says.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from ray.cluster_utils import Cluster

from orchestrator.cli.launch import launch
from orchestrator.oracle.features import FeatureTable
from orchestrator.oracle.remote.description import Limits
from orchestrator.oracle.remote.request import Charge
from orchestrator.pool.options import LaunchOptions
from orchestrator.server import running
from orchestrator.server.access import Access
from orchestrator.server.faults import FAULTS, Faults
from orchestrator.server.model import Offer
from orchestrator.server.quotas import Quota, too_many
from orchestrator.store.leases import Leases
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.trial.messages import WorkerSetup
from orchestrator.trial.worker import Worker
from tests.orchestrator.cli.runs import Measured, arguments, plan_of, points_of, started, wait_until
from tests.orchestrator.cli.verbs import querycurve
from tests.service_in_thread import service_in_thread
from tests.service_process import ServiceProcess, service_process

pytestmark = [pytest.mark.cluster, pytest.mark.fault]

METHODS = (  # strings; token embeddings; changed images
    "methods=[zero_shot, {name: one_plus_one_es, batch_size: 16}, {name: bar, batch_size: 4}]"
)
SPEC = (METHODS, "datasets=[pocket_dots]", "seeds=[1]", "budget=40", "evaluation.points=2")
PATIENCE = 300.0
"""Seconds for which runs wait for a service that doesn't answer: long, but not for ever."""
SMALL = 2**20
"""Bytes of a request at most: images that a prompt has changed are measured in three parts."""
TOKENS = {client: f"known-to-{client}-and-nobody-else" for client in ("alice", "bob", "carol")}
ENVIRONMENT = {"TOKENS": ",".join(f"{client}:{token}" for client, token in TOKENS.items())}
FAILING = (
    *("--fail", "0.06", "--fail-seed", "1", "--latency", "30ms"),
    *("--max-request", "1MiB", "--token-from", "TOKENS"),
)


def spec_on(service: str, **asked: object) -> tuple[str, ...]:
    """The spec on a service at an address, which is asked in a certain way."""
    fields = {"service": service, "model": "pocket", **asked}
    return (*SPEC, f"backbone={json.dumps(fields)}")


def run_alone(folder: Path, spec: tuple[str, ...]) -> dict[str, Measured]:
    """Runs a spec's cells one after another in this process."""
    store, plan = Store(LocalStorage(folder)), plan_of(folder, spec)
    worker = Worker(WorkerSetup(plan.backbone, "fp32", str(folder), "data", "refuse"))
    for cell in plan.cells:
        table = None
        if plan.backbone.remote is None:
            if store.features(cell.features) is None:
                worker.encode_test_split(cell.cell.dataset, cell.features)
            table = FeatureTable.from_bytes(store.features(cell.features) or b"")
        outcome = worker.run_cell(cell.cell, cell.key, table)
        assert outcome.status == "finished", outcome.error
    return points_of(folder)


def run_here(folder: Path, spec: tuple[str, ...], cluster: Cluster) -> int:
    """Runs a spec on an actor of the cluster, without a report; returns how many cells failed."""
    options = LaunchOptions("data", cluster.address, 1, 1, None, False, 0, None, PATIENCE)
    return launch(plan_of(folder, spec), Store(LocalStorage(folder)), options)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service of which 6 % of all requests fail, in every way; each test is another client."""
    folder = tmp_path_factory.mktemp("service")
    with service_process(folder, *FAILING, environment=ENVIRONMENT) as service:
        yield service


@pytest.fixture
def service(shared: ServiceProcess) -> ServiceProcess:
    """The same, started again if it ended."""
    if shared.process.poll() is not None:
        shared.start()
    return shared


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Measured]:
    """What the cells measure, as in memory, and what they are charged."""
    offer = Offer("pocket", limits=Limits(request_bytes=SMALL))
    with service_in_thread(offer) as service:
        asked = run_alone(tmp_path_factory.mktemp("asked"), spec_on(service.address))
    loaded = run_alone(tmp_path_factory.mktemp("loaded"), (*SPEC, "backbone=pocket"))
    assert _sorted_points(asked) == _sorted_points(loaded)
    assert len(asked) == 3
    return asked


def _sorted_points(measured: Mapping[str, Measured]) -> list[str]:
    return sorted(str(points) for points, _ in measured.values())


@contextmanager
def meanwhile(disturb: Callable[[], None]) -> Iterator[None]:
    """Does something beside the block, which must have happened at its end."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            disturb()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield
    thread.join(300)
    assert not thread.is_alive()
    for error in errors:
        raise error


def charged(measured: Measured) -> Charge:
    """What a trace says that a service has charged."""
    ledgers: Mapping[str, Mapping[str, int]] = measured[1]
    return Charge(**ledgers["service_training"]) + Charge(**ledgers["service_measuring"])


def on_ledger(service: ServiceProcess, client: str) -> dict[str, Charge]:
    """What a service says that it has charged a client for each cell."""
    return {one.label: one.charge for one in service.sums() if one.client == client}


def requests(service: ServiceProcess, client: str) -> int:
    """How many requests it has charged a client."""
    return service.charged(client).requests


def check_equal(
    store: Path, ledger: Mapping[str, Charge], undisturbed: Mapping[str, Measured]
) -> None:
    """Every cell once, as undisturbed, and charged what the service says."""
    found = points_of(store)
    assert found == undisturbed
    assert {key: charged(one) for key, one in found.items()} == ledger


def test_failed_and_put_off_requests_cut_replies_and_split_batches_change_nothing(
    cluster: Cluster,
    tmp_path: Path,
    service: ServiceProcess,
    undisturbed: dict[str, Measured],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And the token that the service asks for is in nothing that is kept or shown."""
    faults = Faults(0.06, seed=1)
    assert {faults.draw() for _ in range(60)} == {None, *FAULTS}
    monkeypatch.setenv("QUERYCURVE_SERVICE_TOKEN", TOKENS["alice"])
    words = arguments(tmp_path, "--address", cluster.address, spec=spec_on(service.address))
    words.remove("--no-tracking")
    said = querycurve(*words)
    assert said.code == 0, said.err
    check_equal(tmp_path, on_ledger(service, "alice"), undisturbed)
    assert "as counted here" in said.out
    assert TOKENS["alice"] not in said.out + said.err + service.said
    session = Path(cluster.head_node.get_session_dir_path())
    kept = [path for place in (tmp_path, session) for path in place.rglob("*") if path.is_file()]
    assert {"mlflow.db", "report.html", "raylet.out"} <= {path.name for path in kept}
    assert [path for path in kept if TOKENS["alice"].encode() in path.read_bytes()] == []


def test_a_service_that_is_slow_or_killed_and_actors_and_drivers_that_are_killed_cost_nothing(
    cluster: Cluster,
    tmp_path: Path,
    service: ServiceProcess,
    undisturbed: dict[str, Measured],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("QUERYCURVE_SERVICE_TOKEN", TOKENS["bob"])
    spec = spec_on(service.address, timeout=2)
    words = arguments(tmp_path, "--address", cluster.address, "--actors", "1", spec=spec)
    with started(words) as driver:

        def wait_for(least: int) -> None:
            wait_until(lambda: requests(service, "bob") >= least, driver)

        wait_for(5)
        service.process.send_signal(signal.SIGSTOP)  # longer than the time-out
        time.sleep(2.5)
        service.process.send_signal(signal.SIGCONT)
        wait_for(10)
        service.restart()
        wait_for(20)
        os.kill(worker_on(tmp_path), signal.SIGKILL)
        wait_for(30)
        driver.send_signal(signal.SIGKILL)
        output, _ = driver.communicate()
    assert "doesn't answer (connection refused); trying again" in output, output
    assert "an actor died" in output
    assert run_here(tmp_path, spec, cluster) == 0
    check_equal(tmp_path, on_ledger(service, "bob"), undisturbed)


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
    offer = Offer("pocket", limits=Limits(request_bytes=SMALL))
    with service_in_thread(offer) as service:
        spec = spec_on(service.address)
        with meanwhile(lambda: run_alone(stores[1], spec) and None):
            assert run_here(stores[0], spec, cluster) == 0
        ledger = {one.label: one.charge for one in service.ledger.sums()}
    assert quotas[0].refused > 0
    for store in stores:
        assert points_of(store) == undisturbed
    both = {key: charged(one) + charged(one) for key, one in undisturbed.items()}
    assert ledger == both


def test_a_wrong_token_is_refused_when_planning_and_nothing_is_charged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUERYCURVE_SERVICE_TOKEN", "of-somebody-else")
    with service_in_thread(access=Access({TOKENS["alice"]: "alice"})) as service:
        words = [word for one in spec_on(service.address) for word in ("--set", one)]
        said = querycurve("plan", "demo", *words, "--store", tmp_path)
        assert service.ledger.sums() == ()
    assert said.code == 2
    assert "refuses the token in the environment variable QUERYCURVE_SERVICE_TOKEN" in said.err
    assert "of-somebody-else" not in said.err


def test_a_model_that_changes_ends_its_cells_and_keeps_those_that_are_finished(
    cluster: Cluster,
    tmp_path: Path,
    service: ServiceProcess,
    undisturbed: dict[str, Measured],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("QUERYCURVE_SERVICE_TOKEN", TOKENS["carol"])
    spec = spec_on(service.address)
    folder = service.ledger.parent
    other = ServiceProcess(folder, *FAILING, "--precision", "bf16", environment=ENVIRONMENT)
    other.address = service.address

    def change() -> None:
        wait_until(lambda: requests(service, "carol") >= 5)
        service.kill()
        other.start()

    try:
        with meanwhile(change):
            assert run_here(tmp_path, spec, cluster) == 2
        again = plan_of(tmp_path, spec)
    finally:
        other.kill()
    store, ledger = Store(LocalStorage(tmp_path)), on_ledger(service, "carol")
    (finished,) = store.finished_keys()
    assert points_of(tmp_path)[finished] == undisturbed[finished]
    assert charged(undisturbed[finished]) == ledger.pop(finished)
    for key in undisturbed.keys() - {finished}:
        failed = store.failed(key)
        assert "has changed its model 'pocket'" in failed.error
        # The service may have charged what was under way, whose reply the cell never got.
        counted = charged((failed.points, failed.ledgers)) if failed.ledgers else Charge()
        assert 0 <= ledger.get(key, Charge()).queries - counted.queries <= 6
    assert again.counts() == {"new": 3}
    assert not {cell.key for cell in again.cells} & undisturbed.keys()
