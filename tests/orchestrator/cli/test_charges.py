"""Money after a run: what it did cost, and whether the service says so too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.cli.charges import Begun, say_what_it_cost
from orchestrator.cli.costs import estimate_of
from orchestrator.cli.work import Work
from orchestrator.oracle.backbone import Backbone, RemoteModel
from orchestrator.oracle.remote import connect
from orchestrator.oracle.remote.description import Capabilities, ImageForm
from orchestrator.oracle.remote.request import Charge
from orchestrator.oracle.remote.service import ServiceError
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.orchestrator.cli.verbs import plan_of, shown, trace_of, write_spec

PRICE = {"per_call": 0.01, "currency": "EUR"}
SERVICE = RemoteModel(
    Backbone(model="m", service="http://localhost:1"),
    Capabilities(
        model="m", fingerprint="f", images=ImageForm(size=32, mean=(0, 0, 0), std=(1, 1, 1))
    ),
)


def begun(folder: Path, *, remote: bool = False) -> Begun:
    """A run of four cells of zip that is about to begin."""
    spec = write_spec(folder, price=PRICE, report={}, methods=["zip"], evaluation={"points": 4})
    plan = plan_of(spec, folder / "store")
    if remote:
        cells = tuple(
            replace(cell, backbone=replace(cell.backbone, remote=SERVICE)) for cell in plan.cells
        )
        plan = replace(plan, cells=cells)
    return Begun.of(Work(plan, Store(LocalStorage(folder / "store")), None))


def finish(run: Begun, **service: Mapping[str, Any]) -> None:
    """Leaves traces of all its cells, measured ten times."""
    for cell in run.work.plan.cells:
        trace = trace_of(cell)
        ledgers = {**trace.ledgers, "observer": {"queries": 10, "images": 1000}, **service}
        run.work.store.save(replace(trace, ledgers=ledgers))


def told(run: Begun) -> list[str]:
    estimate = estimate_of(run.work)
    ended = run.ended(run.work)
    return shown(lambda: say_what_it_cost(ended, run.work.store, estimate), 300).splitlines()


class Account:
    """A service that is asked for nothing but what it has charged."""

    def __init__(self, charge: Charge | None) -> None:
        self.charge = charge
        self.asked: list[str] = []

    def usage(self, label: str = "") -> Charge | None:
        self.asked.append(label)
        return self.charge

    def close(self) -> None:
        pass


def with_account(monkeypatch: pytest.MonkeyPatch, charge: Charge | None) -> Account:
    account = Account(charge)
    monkeypatch.setattr(connect, "connect", lambda *_: account)
    return account


LEDGERS = {
    "service_training": {"requests": 20, "queries": 200, "images": 6400, "tokens": 0},
    "service_measuring": {"requests": 10, "queries": 10, "images": 1000, "tokens": 0},
}


def test_a_run_in_memory_says_what_it_would_have_cost(tmp_path: Path) -> None:
    run = begun(tmp_path)
    finish(run)
    assert told(run) == [
        "this run would have cost, on a box with these prices, 8.40 EUR (training 8.00, measuring "
        "0.40); the estimate was at most 8.40 EUR (training 8.00, measuring 0.40)"
    ]


def test_cells_without_a_trace_have_cost_what_nobody_knows(tmp_path: Path) -> None:
    run = begun(tmp_path)
    assert "prices, 0.00 EUR (training 0.00, measuring 0.00)" in told(run)[0]


def test_where_nothing_was_left_to_do_nothing_is_said(tmp_path: Path) -> None:
    finish(begun(tmp_path))
    assert told(begun(tmp_path)) == []


def test_a_service_that_charged_as_much_is_said_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begun(tmp_path, remote=True)
    finish(run, **LEDGERS)
    account = with_account(monkeypatch, Charge(30, 210, 7400, 0))
    first, second = told(run)
    assert first.startswith("this run cost 8.40 EUR (training 8.00, measuring 0.40); the estimate")
    assert second == "the service charged 840 queries with 29,600 images, as counted here"
    assert account.asked == [cell.key for cell in run.work.plan.cells]


@pytest.mark.parametrize(
    ("money", "told_so"), [(0.0, True), (0.1, False), (0.1005, False), (0.2, True)]
)
def test_a_service_with_other_prices_is_told(
    money: float, told_so: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begun(tmp_path, remote=True)
    finish(
        run,
        service_training={**LEDGERS["service_training"], "money": 20 * money},
        service_measuring={**LEDGERS["service_measuring"], "money": money},
    )
    with_account(monkeypatch, Charge(30, 210, 7400, 0))
    lines = told(run)
    mend = [line for line in lines if line.startswith("the service itself says what it costs")]
    assert bool(mend) == told_so
    if money == 0.2:
        assert lines[0].startswith("this run cost 16.80 EUR")
        assert mend[0].endswith(
            "16.80, where the spec's `price` makes it 8.40. Mend `price`, by which runs are "
            "estimated"
        )


def test_a_service_that_charged_more_is_told_cell_by_cell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begun(tmp_path, remote=True)
    finish(run, **LEDGERS)
    with_account(monkeypatch, Charge(31, 220, 7400, 0))
    lines = told(run)[1:]
    assert lines[0].startswith(
        "the service charged 880 queries with 29,600 images, but 840 queries"
    )
    assert "  pocket_dots / zip / 16 shots / seed 1: 220 queries charged, 210 counted" in lines


def test_a_service_without_an_account_or_an_answer_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = begun(tmp_path, remote=True)
    finish(run, **LEDGERS)
    with_account(monkeypatch, None)
    assert told(run)[1] == "the service keeps no account to compare with what is counted here"

    def dead(*_: object) -> None:
        raise ServiceError("the service at http://localhost:1 doesn't answer")

    monkeypatch.setattr(connect, "connect", dead)
    capsys.readouterr()
    assert len(told(run)) == 1
    assert "what the service has charged can't be compared" in capsys.readouterr().err


def test_failed_cells_are_compared_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = begun(tmp_path, remote=True)
    cell = run.work.plan.cells[0]
    run.work.store.save(replace(trace_of(cell), status="failed", points=(), ledgers=LEDGERS))
    account = with_account(monkeypatch, Charge(40, 300, 9000, 0))
    assert (
        "  pocket_dots / zip / 16 shots / seed 1: 300 queries charged, 210 counted; "
        in "\n".join(told(run))
    )
    assert account.asked == [cell.key]
