"""A service's cells are planned by what it says of itself, and read when it doesn't answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orchestrator.answers import Answers
from orchestrator.cli.measuring import pricing_of
from orchestrator.cli.plan_view import show_plan, show_status
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import Backbone, preprocessing_of, resolve_backbone
from orchestrator.oracle.remote.description import Limits
from orchestrator.oracle.remote.service import Caller, Service, ServiceError
from orchestrator.plan.plan import Plan, PlannedCell
from orchestrator.plan.planner import make_plan
from orchestrator.plan.recall.reader import Reader
from orchestrator.plan.recall.stored import StoredCells
from orchestrator.pool.queue import CellQueue
from orchestrator.spec.load import load_spec
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from orchestrator.store.trace import Point, Trace
from tests.orchestrator.cli.verbs import shown
from tests.orchestrator.oracle.remote.services import ADDRESS, BACKBONE, Relay, reach, served

SPEC = ("datasets=[pocket_dots]", "seeds=[1]", "shots=[2]", "budget=60", BACKBONE)
FOUR = "methods=[zero_shot, zip, bar, bptvlm]"


@pytest.fixture(scope="module")
def service() -> Service:
    return served()


class Bench:
    def __init__(self, folder: Path) -> None:
        self.folder, self.store = folder, Store(LocalStorage(folder))
        self.said: list[str] = []

    def plan(self, *overrides: str, **how: Any) -> Plan:
        return make_plan(load_spec("demo", (*SPEC, *overrides)), self.store, self.folder, **how)

    def read(self, *overrides: str) -> Plan:
        spec = load_spec("demo", (*SPEC, *overrides))
        return Reader(StoredCells(self.store), self.folder, self.said.append).plan(spec)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def reasons(plan: Plan) -> dict[str, str]:
    return {cell.label: cell.reason for cell in plan.cells if cell.status == "skipped"}


def test_a_service_is_resolved_to_its_model_without_weights_or_configuration(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach(monkeypatch, service)
    backbone = Backbone(model="pocket", service=ADDRESS)
    found, local = resolve_backbone(backbone), resolve_backbone(Backbone(model="pocket"))
    assert found.label == "pocket"
    assert found.digest == f"service:pocket:{service.capabilities.fingerprint}"
    assert (found.weights, found.folder) == (None, None)
    for augmentation in ("none", "crop_flip"):
        ours, theirs = (preprocessing_of(one, augmentation) for one in (found, local))
        assert ours == theirs
    assert hash(found) == hash(resolve_backbone(backbone))


def test_everything_is_planned_on_a_service_that_takes_everything(
    bench: Bench, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach(monkeypatch, service)
    plan = bench.plan(FOUR)
    assert not reasons(plan)
    assert {cell.features for cell in plan.cells} == {""}
    assert all(cell.cell.backbone.startswith("service:pocket:") for cell in plan.cells)
    queue = CellQueue(plan.cells, lambda digest: pytest.fail(f"features {digest} were read"))
    assert [queue.next_task() is not None for _ in plan.cells] == [True] * 4
    local = make_plan(load_spec("demo", (*SPEC[:-1], FOUR)), bench.store, bench.folder)
    assert [cell.demand for cell in plan.cells] == [cell.demand for cell in local.cells]


def test_methods_that_set_more_than_a_service_takes_are_skipped(
    bench: Bench, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach(monkeypatch, Relay(service, inputs=("text", "pixels")))
    found = reasons(bench.plan(FOUR))
    assert set(found) == {"zip", "bptvlm"}
    assert found["zip"] == (
        "the service of 'pocket' takes text and pixels, and this method sets soft context: use "
        "another method, or another service"
    )
    assert "sets soft context and visual tokens" in found["bptvlm"]


def test_so_are_cells_whose_answers_a_service_does_not_give(
    bench: Bench, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = "methods=[zero_shot, zip]"
    reach(monkeypatch, Relay(service, answers=Answers(kind="top", top=3)))
    assert reasons(bench.plan(both)) == {
        "zip": "the service of 'pocket' answers with top 3, of which no answers of logits can be "
        "made: set answers: {top: 3}"
    }
    assert not reasons(bench.plan(both, "answers=label"))
    assert "leave noise out" in reasons(bench.plan(both, "answers={kind: label, noise: 1}"))["zip"]


def test_classes_that_a_service_refuses_skip_a_dataset_and_an_outage_ends_the_plan(
    bench: Bench, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = Relay(service, limits=Limits(classes=3))
    reach(monkeypatch, relay)
    plan = bench.plan(FOUR)
    assert set(reasons(plan).values()) == {
        "the service of 'pocket' takes 3 classes, and there are 8"
    }

    def refuse(_: object) -> Any:
        raise UserError(f"the service at {ADDRESS} refuses: such names are too long")

    def down(_: object) -> Any:
        raise ServiceError("it doesn't answer")

    relay = Relay(service)
    reach(monkeypatch, relay)
    monkeypatch.setattr(relay, "space", refuse)
    assert set(reasons(bench.plan(FOUR)).values()) == {
        "the service refuses: such names are too long"
    }
    monkeypatch.setattr(relay, "space", down)
    with pytest.raises(ServiceError, match="it doesn't answer"):
        bench.plan(FOUR)


def test_a_plan_says_that_changed_images_are_rounded(
    bench: Bench, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach(monkeypatch, service)
    assert not [note for note in bench.plan(FOUR).notes if "8 bits" in note]
    reach(monkeypatch, Relay(service, float_pixels=False))
    (note,) = [note for note in bench.plan(FOUR).notes if "8 bits" in note]
    assert note.startswith("images that bar changes are rounded to 8 bits")


def test_time_of_a_service_is_not_measured(
    bench: Bench, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach(monkeypatch, service)
    plan = bench.plan("methods=[zip]")
    said = shown(lambda: show_plan(plan, pricing_of(plan, bench.store, "data", 1, measure=True)))
    assert "pocket is asked over HTTP, so its towers can't be timed here" in said
    assert "time is unknown until some cells have run" in said
    assert "add --measure" not in said
    assert not list(bench.store.storage.names("calibration"))


def test_who_plans_waits_for_a_service_shortly(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    callers: list[Caller] = []

    def connect(backbone: Backbone, caller: Caller, fingerprint: str = "") -> Service:
        callers.append(caller)
        raise ServiceError("the service doesn't answer")

    monkeypatch.setattr("orchestrator.oracle.remote.connect.connect", connect)
    with pytest.raises(UserError, match="the service doesn't answer"):
        bench.plan("methods=[zip]")
    assert [caller.patience for caller in callers] == [10.0]
    bench.read("methods=[zip]")
    bench.read("methods=[zip]")
    assert len(callers) == 1 + 2, "each reader waits once"
    assert bench.said == ["asking the service of 'pocket' what it offers ..."] * 2


def result(cell: PlannedCell, **provenance: Any) -> Trace:
    points = (Point(0, 0, "test_accuracy", 10.0), Point(60, 60, "test_accuracy", 50.0))
    document = cell.cell.model_dump(mode="json")
    ledgers = {"method": {"queries": 60, "images": 60}}
    made = {"backbone": "pocket", "weights": None, **provenance}
    return Trace(cell.key, document, "finished", points, ledgers, provenance=made)


def test_results_are_found_when_the_service_is_down(
    bench: Bench, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach(monkeypatch, service)
    (cell,) = bench.plan("methods=[zip]").cells
    bench.store.save(result(cell))
    local = make_plan(load_spec("demo", (*SPEC[:-1], "methods=[zip]")), bench.store, bench.folder)
    bench.store.save(result(local.cells[0]))
    assert bench.read("methods=[zip]").cells[0].status == "done"

    def down(*_: object) -> Service:
        raise ServiceError(f"the service at {ADDRESS} doesn't answer")

    monkeypatch.setattr("orchestrator.oracle.remote.connect.connect", down)
    plan = bench.read("methods=[zip]")
    assert "127.0.0.1" not in str(plan.recalled)
    assert [(one.status, one.key) for one in plan.cells] == [("done", cell.key)]
    assert "the service doesn't answer" in plan.recalled[0]
    assert "1 done" in shown(lambda: show_status(plan, bench.store))
