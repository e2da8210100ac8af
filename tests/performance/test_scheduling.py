"""The bench of engines counts what kills cost, and all of its engines run every cell."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.pool.cluster import connected
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import Store
from tests.performance.scheduling.__main__ import row_of
from tests.performance.scheduling.engine_run import Conditions, Cost, cost_in, run_engine, said
from tests.performance.scheduling.journal import Line
from tests.performance.scheduling.killer import Schedule
from tests.performance.scheduling.losses import Losses, losses_of
from tests.performance.scheduling.many_cells import plan_of_many_cells

KILL, RECOVERY = 4.0, 2.0


def cells_of(process: int, start: float, end: float) -> list[Line]:
    """Lines of an oracle that runs a cell in each second."""
    found = []
    for place in range(int(end - start)):
        key = f"{process}-{place}"
        found.append(Line(start + place, process, "begin", key))
        found.append(Line(start + place + 0.9, process, "end", key))
    return found


def lost_by(*oracles: list[Line], missing: int = 0) -> Losses:
    lines = sorted((line for oracle in oracles for line in oracle), key=lambda line: line.time)
    keys = {line.key for line in lines}
    ended = {line.key for line in lines if line.what == "end"}
    more = {f"missing-{place}" for place in range(missing)}
    return losses_of(lines, keys | more, ended, [KILL], RECOVERY)


def test_a_slot_that_is_filled_again_is_not_lost() -> None:
    found = lost_by(cells_of(1, 0, 4), cells_of(2, 0, 10), cells_of(3, 5, 10))
    assert (found.slots_before, found.slots_after) == (2, 2)
    assert (found.before, found.after) == (2.0, 2.0)
    assert (found.lost, found.begun_again, found.run_twice) == (0, 0, 0)


def test_a_slot_that_stays_empty_is_lost() -> None:
    found = lost_by(cells_of(1, 0, 4), cells_of(2, 0, 10))
    assert (found.slots_before, found.slots_after) == (2, 1)
    assert (found.before, found.after) == (2.0, 1.0)


def test_cells_without_a_result_and_cells_run_twice_are_counted() -> None:
    killed = [*cells_of(1, 0, 3), Line(3, 1, "begin", "2-9")]
    again = [Line(5, 3, "begin", "1-0"), Line(5.9, 3, "end", "1-0")]
    found = lost_by(killed, cells_of(2, 0, 10), again, missing=2)
    assert (found.lost, found.begun_again, found.run_twice) == (2, 2, 1)


def test_where_hardly_anything_is_left_after_the_kills_nothing_is_said_of_slots() -> None:
    found = lost_by(cells_of(1, 0, 4), cells_of(2, 0, 7))
    assert (found.after, found.slots_after) == (None, None)


def test_a_row_says_what_was_measured() -> None:
    losses = Losses(3, 2, 1, 9.5, 4.75, 2, 1)
    cost = Cost(ended=False, milliseconds=8, busy=2.5, megabytes=140, losses=losses)
    assert cost_in(f"news\n{said(cost)}\n") == cost
    text = row_of(cost)
    for part in ("did not end", "3 cells without a result", "2 begun again, 1 run twice"):
        assert part in text
    assert "9.5 cells/s on 2 slots before, 4.8 on 1 after" in text
    calm = Cost(ended=True, milliseconds=8, busy=2.5, megabytes=140, losses=None)
    assert row_of(calm) == (
        "8.0 ms a cell, of which the driver worked 2.5 ms; driver's memory (PSS) 140 MB"
    )


@pytest.mark.cluster
def test_every_engine_runs_all_cells_and_the_pool_also_while_an_oracle_is_killed(
    tmp_path: Path,
) -> None:
    killed = Conditions(setting_up=0.1, cell=0.05, kills=Schedule(first=0.1, every=0.0, count=1))
    cells = plan_of_many_cells(10, str(tmp_path)).work
    costs = {}
    with connected("local", cpus=2):
        for name in ("pool", "holding", "leasing"):
            folder = tmp_path / name
            folder.mkdir()
            given = killed if name == "pool" else Conditions(slots=1)
            costs[name] = run_engine(name, cells, given, folder)
            assert Store(LocalStorage(folder / "store")).finished_keys() == {c.key for c in cells}
    assert all(cost.ended and cost.megabytes > 0 for cost in costs.values())
    assert all(cost.milliseconds > 0 for cost in costs.values())
    losses = costs["pool"].losses
    assert losses is not None
    assert (losses.lost, losses.run_twice) == (0, 0)
    assert costs["leasing"].losses is None
