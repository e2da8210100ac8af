"""Leases: one holder at a time, and never none for good."""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from orchestrator.store.leases import Holder, Lease, Leases, ProcessIdentity, living
from tests.conformance.memory_storage import MemoryStorage

FAR_AWAY = ProcessIdentity("elsewhere", "another boot", 1, "1")


def leases(storage: MemoryStorage, run: str, process: ProcessIdentity = FAR_AWAY) -> Leases:
    return Leases(storage, Holder(run, process), lasts=60, renewal=15)


def taken(candidate: Leases) -> Lease:
    lease = candidate.take("cell")
    assert lease is not None
    return lease


def test_only_one_of_two_runs_gets_a_lease() -> None:
    storage = MemoryStorage()
    first = taken(leases(storage, "a"))
    assert leases(storage, "b").take("cell") is None
    first.release()
    assert leases(storage, "b").take("cell") is not None


def test_whoever_is_refused_can_tell_who_holds_it() -> None:
    storage = MemoryStorage()
    other = leases(storage, "b")
    assert other.held_by("cell") is None
    lease = taken(leases(storage, "a"))
    assert other.held_by("cell") == Holder("a", FAR_AWAY)
    lease.release()
    assert other.held_by("cell") is None
    storage.write("leases/cell.json", b"what no run writes")
    assert other.held_by("cell") is None


def test_a_lease_that_is_not_renewed_ends_by_the_clock_of_the_store() -> None:
    storage = MemoryStorage()
    lost = taken(leases(storage, "a"))
    storage.clock = 60
    assert leases(storage, "b").take("cell") is None
    storage.clock = 61
    won = taken(leases(storage, "b"))
    lost.renew()
    assert lost.lost
    lost.release()
    won.renew()
    assert not won.lost, "who has lost a lease leaves the winner's alone"


def test_a_renewed_lease_goes_on() -> None:
    storage = MemoryStorage()
    lease = taken(leases(storage, "a"))
    for _ in range(10):
        storage.clock += 50
        lease.renew()
        assert leases(storage, "b").take("cell") is None


def test_a_run_takes_over_from_its_own_dead_actor_at_once() -> None:
    storage = MemoryStorage()
    taken(leases(storage, "a"))
    assert leases(storage, "a").take("cell") is not None


def test_a_dead_process_of_this_machine_holds_nothing() -> None:
    storage = MemoryStorage()
    own = ProcessIdentity.own()
    taken(leases(storage, "a", own))
    assert leases(storage, "b").take("cell") is None, "it is alive"
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    gone = MemoryStorage()
    taken(leases(gone, "a", replace(own, pid=ended.pid)))
    assert leases(gone, "b").take("cell") is not None


def test_a_process_of_unknown_fate_keeps_its_lease() -> None:
    own = ProcessIdentity.own()
    assert not own.is_surely_dead()
    assert replace(own, started="1").is_surely_dead(), "the id belongs to a later process"
    assert not replace(own, machine="", started="1").is_surely_dead()
    assert not replace(own, machine="another boot", started="1").is_surely_dead()


def test_an_unreadable_lease_ends_by_its_age() -> None:
    storage = MemoryStorage()
    storage.write("leases/cell.json", b"nonsense")
    assert leases(storage, "a").take("cell") is None
    storage.clock = 61
    assert leases(storage, "a").take("cell") is not None


def test_a_held_lease_is_renewed_meanwhile_and_released_afterwards() -> None:
    storage = MemoryStorage()
    keen = replace(leases(storage, "a"), renewal=0.01)
    with keen.held("cell") as lease:
        assert lease is not None
        first = storage.look("leases/cell.json").version
        deadline = time.monotonic() + 10
        while storage.look("leases/cell.json").version == first:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        with leases(storage, "b").held("cell") as refused:
            assert refused is None
    assert storage.names("leases") == ()


def test_a_lease_is_released_when_the_work_fails() -> None:
    storage = MemoryStorage()
    with pytest.raises(RuntimeError), leases(storage, "a").held("cell"):
        raise RuntimeError
    assert storage.names("leases") == ()


class ThreeRuns(RuleBasedStateMachine):
    """Three runs that take, renew, stall and let go, in any order, at any speed."""

    def __init__(self) -> None:
        super().__init__()
        self.storage = MemoryStorage()
        self.runs = {name: leases(self.storage, name) for name in "abc"}
        self.held: dict[str, Lease] = {}
        self.renewed: dict[str, float] = {}

    @rule(run=st.sampled_from("abc"))
    def take(self, run: str) -> None:
        rivals = [r for r in self._valid() if r != run]
        lease = self.runs[run].take("cell")
        assert (lease is None) == bool(rivals), "held by a rival, or free for the taking"
        if lease is not None:
            self.held[run] = lease
            self.renewed[run] = self.storage.clock

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from(sorted(self.held)))
        self.held[run].renew()
        if self.held[run].lost:
            del self.held[run]
        else:
            self.renewed[run] = self.storage.clock

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        self.held.pop(data.draw(st.sampled_from(sorted(self.held)))).release()

    @rule(seconds=st.sampled_from([1.0, 20.0, 59.0, 61.0]))
    def wait(self, seconds: float) -> None:
        self.storage.clock += seconds

    @invariant()
    def at_most_one_holds_it(self) -> None:
        assert len(self._valid()) <= 1

    def _valid(self) -> list[str]:
        """Runs whose lease has not ended, as they themselves could know."""
        return [r for r in self.held if self.storage.clock - self.renewed[r] <= 60]


TestThreeRuns = ThreeRuns.TestCase
TestThreeRuns.settings = settings(max_examples=60, stateful_step_count=30)


def test_who_only_looks_sees_which_leases_live() -> None:
    storage = MemoryStorage()
    assert living(storage, ["cell"]) == frozenset()
    lease = taken(leases(storage, "a"))
    assert living(storage, ["cell", "other"]) == {"cell"}
    assert living(storage, ["other"]) == frozenset()
    storage.clock = 61
    assert living(storage, ["cell"]) == frozenset()
    lease.renew()
    assert living(storage, ["cell"]) == {"cell"}
    lease.release()
    assert living(storage, ["cell"]) == frozenset()


def test_a_lease_of_a_process_that_has_died_here_does_not_live() -> None:
    storage, own = MemoryStorage(), ProcessIdentity.own()
    taken(leases(storage, "a", replace(own, started="long ago")))
    assert living(storage, ["cell"]) == frozenset()
    storage.write("leases/cell.json", b"what no run writes")
    assert living(storage, ["cell"]) == {"cell"}, "as for those who would take it"
