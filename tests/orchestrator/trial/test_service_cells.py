"""A cell on a service runs exactly as one in memory: same points, same spending, same stops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.oracle.features import FeatureTable
from orchestrator.oracle.remote.description import Limits
from orchestrator.oracle.remote.request import Question
from orchestrator.oracle.remote.service import ModelChanged, Service, Stopped
from orchestrator.plan.plan import PlannedCell
from orchestrator.plan.planner import make_plan
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.store.trace import Point, Trace
from orchestrator.trial.checkpoint import Checkpoints
from orchestrator.trial.messages import CellOutcome, WorkerSetup
from orchestrator.trial.worker import Worker
from tests.orchestrator.oracle.remote.services import ADDRESS, BACKBONE, Relay, reach, served

SMALL = (
    "datasets=[pocket_dots]",
    "seeds=[1]",
    "shots=[2]",
    "evaluation.points=1",
    "batch_size=4",
)
FORMS = (("augmentation=none",), ("augmentation=crop_flip",), ("augmentation=crop_flip", "views=2"))
SMALL_BPTVLM = "{name: bptvlm, population: 4, text_dimension: 20, visual_dimension: 20}"

pytestmark = pytest.mark.usefixtures("few_test_images")


class Desk:
    """Runs the cells of a small spec, in memory or on a service."""

    def __init__(self, folder: Path, *overrides: str, blind: bool = False) -> None:
        self.folder, self.store = folder, Store(LocalStorage(folder))
        spec = load_spec("demo", (*SMALL, *overrides))
        self.plan = make_plan(spec, self.store, folder, blind=blind)
        self.worker = self.new_worker()

    def new_worker(self) -> Worker:
        folder = str(self.folder)
        setup = WorkerSetup(self.plan.backbone, "fp32", folder, folder, "refuse")
        return Worker(replace(setup, checkpoint_interval=0.0, patience=1.0))

    def cell(self, label: str = "") -> PlannedCell:
        return next(cell for cell in self.plan.cells if label in ("", cell.label))

    def run(self, cell: PlannedCell) -> CellOutcome:
        if cell.features and self.store.features(cell.features) is None:
            self.worker.encode_test_split(cell.cell.dataset, cell.features)
        data = self.store.features(cell.features) if cell.features else None
        table = None if data is None else FeatureTable.from_bytes(data)
        return self.worker.run_cell(cell.cell, cell.key, table, cell.split)

    def trace(self, cell: PlannedCell) -> Trace:
        outcome = self.run(cell)
        assert outcome.status == "finished", outcome.error
        return self.store.finished(cell.key)

    def traces(self) -> dict[str, Trace]:
        return {cell.title: self.trace(cell) for cell in self.plan.cells}


Run = Callable[..., dict[str, Trace]]


@pytest.fixture
def in_memory(tmp_path: Path) -> Run:
    return lambda *overrides: Desk(tmp_path / "memory", *overrides).traces()


@pytest.fixture
def on_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    def run(*overrides: str, service: Service | None = None) -> dict[str, Trace]:
        reach(monkeypatch, service or served())
        return Desk(tmp_path / "service", BACKBONE, *overrides).traces()

    return run


def points(traces: dict[str, Trace]) -> dict[str, tuple[Point, ...]]:
    return {title: trace.points for title, trace in traces.items()}


def spent_alike(remote: Trace, local: Trace) -> None:
    """What the service charged is what ledgers count, which count an ensemble as one."""
    assert {name: remote.ledgers[name] for name in local.ledgers} == local.ledgers
    for ours, theirs in (("method", "service_training"), ("observer", "service_measuring")):
        charged = remote.ledgers[theirs]
        assert {name: charged[name] for name in ("queries", "images")} == local.ledgers[ours]


@pytest.mark.parametrize(
    ("budget", "methods"),
    [
        (20, f"zero_shot, zip, one_plus_one_es, bbt, score_probe, blackvip_se, {SMALL_BPTVLM}"),
        (24, "template_search, logit_newton"),
        (6, "bar"),
    ],
)
def test_every_method_measures_the_same(
    budget: int, methods: str, in_memory: Run, on_service: Run
) -> None:
    spec = (f"methods=[{methods}]", f"budget={budget}")
    local, remote = in_memory(*spec), on_service(*spec)
    assert points(remote) == points(local)
    for title, trace in remote.items():
        assert trace.provenance["deployment"] == local[title].provenance["deployment"]
        if not any(label in title for label in ("zero_shot", "template_search")):
            spent_alike(trace, local[title])


@pytest.mark.parametrize("form", FORMS)
def test_so_it_does_on_augmented_images_and_views(
    form: tuple[str, ...], in_memory: Run, on_service: Run
) -> None:
    spec = ("methods=[zip, logit_newton]", "budget=24", *form)
    local, remote = in_memory(*spec), on_service(*spec)
    assert points(remote) == points(local)
    for title, trace in remote.items():
        spent_alike(trace, local[title])


@pytest.mark.parametrize(
    ("label", "answers"),
    [
        ("zip", "{top: 3}"),
        ("bbt", "label"),
        ("score_probe", "{kind: logits, digits: 1, noise: 0.5}"),
    ],
)
def test_restricted_answers_train_and_measure_the_same(
    label: str, answers: str, in_memory: Run, on_service: Run
) -> None:
    spec = (f"methods=[{label}]", "budget=20", f"answers={answers}")
    (local,), (remote,) = in_memory(*spec).values(), on_service(*spec).values()
    assert remote.points == local.points


def test_new_classes_and_other_datasets_are_measured_the_same(
    in_memory: Run, on_service: Run
) -> None:
    halves = ("protocol=base_to_new", "methods=[zero_shot, zip]", "budget=20")
    moved = (
        "protocol=cross_dataset",
        "source=pocket_silhouettes",
        "datasets=[pocket_dots]",
        "methods=[zip]",
        "budget=20",
    )
    for spec in (halves, moved):
        local, remote = in_memory(*spec), on_service(*spec)
        assert points(remote) == points(local)
        assert len(local) == 2


def test_limits_that_split_everything_change_no_more_than_rounding(
    in_memory: Run, on_service: Run
) -> None:
    limits = Limits(images=3, prompts=3, stored_images=7)
    relay = Relay(served(limits=limits))
    spec = ("methods=[bar, zip]", "budget=10", "augmentation=none")
    local, remote = in_memory(*spec), on_service(*spec, service=relay)
    for title, trace in local.items():
        for ours, theirs in zip(remote[title].points, trace.points, strict=True):
            assert ours.metric == theirs.metric
            if ours.metric != "gradient_norm":  # a small difference, divided by a small number
                assert ours.value == pytest.approx(theirs.value, abs=1e-4)
    assert max(question.images.count for question in relay.questions) <= 7
    assert max(relay.sent) <= 3


def test_images_that_the_service_forgets_in_the_middle_are_sent_again(
    in_memory: Run, on_service: Run
) -> None:
    relay, restarts = Relay(served()), [5, 2]

    def restart(_: Question) -> None:
        if restarts and len(relay.questions) == restarts[-1]:
            restarts.pop()
            relay.behind = served()

    relay.disturb = restart
    spec = ("methods=[zip]", "budget=40", "augmentation=none", "evaluation.points=4")
    (local,), (remote,) = in_memory(*spec).values(), on_service(*spec, service=relay).values()
    assert remote.points == local.points
    spent_alike(remote, local)
    assert len(relay.sent) > 3


@pytest.mark.fault
def test_a_killed_or_stopped_cell_goes_on_as_if_nothing_had_been(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, relay = (BACKBONE, "methods=[zip]", "budget=60", "evaluation.points=3"), Relay(served())
    reach(monkeypatch, relay)
    whole = Desk(tmp_path / "whole", *spec).traces().popitem()[1]
    asked = [question.id for question in relay.questions]
    assert len(set(asked)) == len(asked)

    desk, dies_after = Desk(tmp_path / "killed", *spec), len(relay.questions) + 5

    def die(_: Question) -> None:
        if len(relay.questions) == dies_after:
            raise KeyboardInterrupt

    relay.disturb = die
    with pytest.raises(KeyboardInterrupt):
        desk.run(desk.cell())
    assert_goes_on_like(whole, desk, relay)

    desk, down_after = Desk(tmp_path / "stopped", *spec), len(relay.questions) + 6
    monkeypatch.setattr(Checkpoints, "maybe", lambda *_: None)  # none of those at intervals

    def wait(_: Question) -> None:
        if len(relay.questions) == down_after:
            desk.worker.stop()
            raise Stopped

    relay.disturb = wait
    outcome = desk.run(desk.cell())
    assert outcome.status == "stopped"
    assert outcome.queries > 0
    snapshot = Checkpoints(desk.store, desk.cell().key).latest()
    assert snapshot is not None
    assert snapshot.queries == outcome.queries
    assert_goes_on_like(whole, desk, relay)


def assert_goes_on_like(whole: Trace, desk: Desk, relay: Relay) -> None:
    """What is asked again isn't charged again."""
    relay.disturb = lambda _: None
    desk.worker = desk.new_worker()
    resumed = desk.trace(desk.cell())
    assert (resumed.points, resumed.ledgers) == (whole.points, whole.ledgers)


def test_a_model_that_changes_ends_the_cell_and_no_address_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = Relay(served())
    reach(monkeypatch, relay)
    desk = Desk(tmp_path, BACKBONE, "methods=[zip]", "budget=20")

    def change(_: Question) -> None:
        if len(relay.questions) == 2:
            raise ModelChanged(f"the service at {ADDRESS}/ and 127.0.0.1:9 has another model")

    relay.disturb = change
    outcome = desk.run(desk.cell())
    assert outcome.status == "failed"
    assert outcome.error.endswith("has another model")
    stored = desk.store.failed(desk.cell().key)
    assert "127.0.0.1" not in str(stored)
    assert stored.ledgers["service_measuring"]["requests"] == 2


@pytest.mark.parametrize("part", ["images", "space", "inputs", "limits"])
def test_a_service_that_describes_its_model_otherwise_under_the_same_fingerprint(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was planned with it would be another experiment; limits change no results."""
    service = served()
    reach(monkeypatch, service)
    desk, told = Desk(tmp_path, BACKBONE, "methods=[zip]"), service.capabilities
    other = {
        "images": told.images.model_copy(update={"size": 2 * told.images.size}),
        "space": told.space.model_copy(update={"text_width": 8}),
        "inputs": ("text",),
        "limits": Limits(images=7),
    }
    reach(monkeypatch, Relay(service, **{part: other[part]}))
    if part == "limits":
        desk.new_worker()
    else:
        with pytest.raises(ModelChanged, match="fingerprint is the same"):
            desk.new_worker()


def test_provenance_names_the_service_by_its_model_and_never_by_its_address(
    on_service: Run,
) -> None:
    service = served()
    (trace,) = on_service("methods=[zero_shot]", service=service).values()
    told = {"model": "pocket", "fingerprint": service.capabilities.fingerprint}
    assert trace.provenance["service"] == told
    assert trace.provenance["backbone"] == "pocket"
    assert trace.cell["backbone"] == f"service:pocket:{told['fingerprint']}"
    assert "127.0.0.1" not in str(trace)


def test_a_blind_cell_pauses_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reach(monkeypatch, served())
    found = []
    for place in ((), (BACKBONE,)):
        spec = ("methods=[zip]", "budget=20", "evaluation.points=2", *place)
        desk = Desk(tmp_path / str(len(place)), *spec, blind=True)
        cell = desk.cell()
        assert desk.worker.advance_cell(cell.cell, cell.key, cell.split).status == "paused"
        desk.worker = desk.new_worker()
        while desk.worker.advance_cell(cell.cell, cell.key, cell.split).status == "paused":
            pass
        found.append(desk.store.finished(cell.key))
    local, remote = found
    assert remote.points == local.points
    spent_alike(remote, local)


def test_notices_of_a_service_reach_those_who_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    callers: list[Any] = []
    service = served()

    def connect(_: object, caller: Any = None, *__: object) -> Service:
        callers.append(caller)
        return service

    monkeypatch.setattr("orchestrator.oracle.remote.connect.connect", connect)
    desk = Desk(tmp_path, BACKBONE, "methods=[zero_shot]")
    caller = callers[-1]
    assert (caller.patience, caller.stopped()) == (1.0, False)
    caller.tell("the service doesn't answer")
    assert desk.worker.progress().notices == ("the service doesn't answer",)
    desk.worker.stop()
    assert caller.stopped()
