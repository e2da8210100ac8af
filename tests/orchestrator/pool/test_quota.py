"""The rules by which requests of a run go to a service, whatever happens in whatever order."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.oracle.backbone import Backbone, RemoteModel
from orchestrator.oracle.remote.description import Capabilities, ImageForm, Limits
from orchestrator.pool.quota import MARGIN, MINUTE, PULSE, Allowance, Quota, Standing


@dataclass
class Clock:
    """A time that passes when it is told to."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Run:
    """A quota with its requests; notes when each was let go."""

    allowance: Allowance
    clock: Clock = field(default_factory=Clock)
    gone: dict[str, float] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)
    free: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    paused_until: float = 0.0

    def __post_init__(self) -> None:
        self.quota = Quota(self.allowance, self.clock)

    def arrive(self, owner: str = "a", *, free: bool = False) -> str:
        ticket = f"{owner}{len(self.order)}"
        self.order.append(ticket)
        if free:
            self.free.add(ticket)
        self.quota.arrive(ticket, owner, free=free)
        self.advance()
        return ticket

    def leave(self, ticket: str) -> None:
        self.ended.add(ticket)
        self.quota.leave(ticket)
        self.advance()

    def pause(self, seconds: float) -> None:
        self.paused_until = max(self.paused_until, self.clock.now + seconds)
        self.quota.pause(seconds)

    def sleep(self, seconds: float) -> None:
        """Time passes in small steps; every owner but the silent ones gives signs of life."""
        end = self.clock.now + seconds
        while self.clock.now < end:
            look = self.quota.next_look()
            step = min(
                end - self.clock.now, PULSE.silence / 4, 1e9 if look is None else look + 1e-6
            )
            self.clock.now += max(step, 1e-6)
            for owner in {ticket[0] for ticket in self.order} - self.silent:
                under_way = [ticket for ticket in self.under_way if ticket[0] == owner]
                waiting = [ticket for ticket in self.waiting if ticket[0] == owner]
                self.quota.alive(owner, under_way, waiting)
            self.advance()

    def advance(self) -> None:
        for ticket in self.quota.advance():
            assert ticket not in self.gone
            self.gone[ticket] = self.clock.now

    @property
    def under_way(self) -> list[str]:
        return [ticket for ticket in self.gone if ticket not in self.ended]

    @property
    def waiting(self) -> list[str]:
        return [t for t in self.order if t not in self.gone and t not in self.ended]


RATES = st.none() | st.sampled_from([0.5, 1, 2, 2.9, 5, 30])
ALLOWANCES = st.builds(Allowance, RATES, st.none() | st.integers(1, 4))
EVENTS = st.lists(
    st.tuples(st.just("arrive"), st.sampled_from("abc"))
    | st.tuples(st.just("free"), st.sampled_from("abc"))
    | st.tuples(st.sampled_from(["leave", "give up"]), st.integers(0, 20))
    | st.tuples(st.just("pause"), st.floats(0, 90))
    | st.tuples(st.just("sleep"), st.floats(0, 70)),
    max_size=60,
)


def happen(run: Run, what: str, how: float | str) -> None:
    if what in ("arrive", "free"):
        run.arrive(str(how), free=what == "free")
    elif what == "pause":
        run.pause(float(how))
    elif what == "sleep":
        run.sleep(float(how))
    elif among := run.under_way if what == "leave" else run.waiting:
        run.leave(among[int(how) % len(among)])


def check_rate(run: Run) -> None:
    """In no window of a minute more than allowed, or one in a longer window."""
    rate = run.allowance.per_minute
    if rate is None:
        return
    times = sorted(time for ticket, time in run.gone.items() if ticket not in run.free)
    most, window = (int(rate), MINUTE) if rate >= 1 else (1, MINUTE / rate)
    for earlier, later in zip(times, times[most:], strict=False):
        assert later - earlier >= window


@given(ALLOWANCES, EVENTS)
def test_no_limit_is_ever_passed_and_nobody_waits_for_ever(
    allowance: Allowance, events: list[tuple[str, float | str]]
) -> None:
    run = Run(allowance)
    for what, how in events:
        before = set(run.gone)
        paused = run.paused_until > run.clock.now
        happen(run, what, how)
        if allowance.in_flight is not None:
            assert len(run.under_way) <= allowance.in_flight
        if paused and run.paused_until > run.clock.now:
            assert set(run.gone) == before, "nobody goes in a pause"
    check_rate(run)
    while run.waiting:  # each wait ends once others end and time passes
        waited = len(run.waiting)
        for ticket in run.under_way:
            run.leave(ticket)
        window = MINUTE / min(1, allowance.per_minute or 1) + MARGIN
        run.sleep(max(window, run.paused_until - run.clock.now) + 1)
        assert len(run.waiting) < waited
    check_rate(run)


@given(ALLOWANCES, EVENTS)
def test_those_that_came_first_go_first(
    allowance: Allowance, events: list[tuple[str, float | str]]
) -> None:
    """Among free requests, and among others: free ones pass those that wait for a minute's end."""
    run = Run(allowance)
    for what, how in events:
        happen(run, what, how)
    for free in (False, True):
        went = [ticket for ticket in run.gone if (ticket in run.free) is free]
        assert went == [ticket for ticket in run.order if ticket in went]
        assert not any(
            run.order.index(waits) < run.order.index(ticket) and run.gone[ticket] == run.clock.now
            for waits in run.waiting
            if (waits in run.free) is free
            for ticket in went
        )


@given(st.sampled_from([1, 2, 5, 30]), st.integers(1, 4))
def test_the_first_go_at_once_and_the_whole_rate_can_be_used(rate: int, minutes: int) -> None:
    run = Run(Allowance(per_minute=rate))
    for _ in range(rate * minutes):
        run.arrive()
    assert list(run.gone.values()) == [1000.0] * rate
    run.sleep((minutes - 1) * (MINUTE + MARGIN) + 1)
    assert len(run.gone) == rate * minutes
    check_rate(run)


def test_what_is_free_does_not_wait_for_the_minute_and_takes_nothing_of_it() -> None:
    run = Run(Allowance(per_minute=1, in_flight=3))
    for _ in range(2):
        run.arrive(free=True)
    run.arrive()
    assert len(run.gone) == 3
    for ticket in list(run.gone):
        run.leave(ticket)
    waits, passes = run.arrive(), run.arrive(free=True)
    assert waits not in run.gone
    assert passes in run.gone
    run.sleep(MINUTE + MARGIN + 0.1)
    assert waits in run.gone


def test_places_of_a_dead_owner_are_given_to_others() -> None:
    run = Run(Allowance(in_flight=2))
    run.arrive("a")
    run.arrive("a")
    late = run.arrive("b")
    run.silent.add("a")
    run.sleep(PULSE.silence - 1)
    assert late not in run.gone
    run.sleep(2)
    assert late in run.gone


def test_who_waits_and_dies_holds_nobody_up() -> None:
    run = Run(Allowance(in_flight=1))
    first = run.arrive("a")
    run.arrive("b")
    last = run.arrive("c")
    run.silent.add("b")
    run.sleep(PULSE.silence + 1)
    run.leave(first)
    assert run.under_way == [last]


def test_a_quota_that_does_not_know_what_was_sent_takes_all_for_spent() -> None:
    run = Run(Allowance(per_minute=3, in_flight=2))
    run.quota.assume_spent()
    ticket = run.arrive("a")
    assert run.quota.standing() == Standing(1, MINUTE + MARGIN)
    run.sleep(MINUTE + MARGIN + 0.1)
    assert ticket in run.gone
    run.quota.alive("b", ["b7"])
    late = run.arrive("a")
    assert late not in run.gone, "what was under way before keeps its place"
    run.quota.leave("b7")
    run.advance()
    assert late in run.gone


def test_what_an_owner_knows_nothing_of_any_more_holds_nobody_up() -> None:
    """As when the word that a request has ended was lost."""
    run = Run(Allowance(in_flight=1))
    first, lost = run.arrive("a"), run.arrive("a")
    run.ended |= {first, lost}
    late = run.arrive("b")
    assert late not in run.gone
    run.sleep(1)
    assert late in run.gone
    assert lost not in run.gone


def test_it_says_how_long_somebody_waits_for_the_rate_or_a_pause_and_for_nothing_else() -> None:
    run = Run(Allowance(per_minute=2, in_flight=1))
    first = run.arrive()
    run.arrive()
    assert run.quota.standing() == Standing(1, 0.0)
    run.leave(first)
    run.arrive()
    run.leave(run.under_way[0])
    run.sleep(10)
    assert run.quota.standing().seconds == pytest.approx(MINUTE + MARGIN - 10)
    run.pause(90)
    assert run.quota.standing().seconds == pytest.approx(90)
    run.leave(run.waiting[0])
    assert run.quota.standing().seconds == pytest.approx(90), "whoever was put off waits elsewhere"
    run.sleep(91)
    assert run.quota.standing() == Standing(0, 0.0)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ({}, {}, Allowance(None, 8)),
        ({"requests_per_minute": 30}, {}, Allowance(30, 8)),
        ({"requests_per_minute": 30, "in_flight": 2}, {"requests_per_minute": 20}, (20, 2)),
        ({"requests_per_minute": 3}, {"requests_per_minute": 20, "concurrency": 4}, (3, 4)),
    ],
)
def test_the_lesser_of_what_a_user_and_a_service_allow_holds(
    ours: dict[str, float], theirs: dict[str, float], expected: Allowance | tuple[float, int]
) -> None:
    backbone = Backbone.model_validate({"model": "x", "service": "http://localhost:1", **ours})
    images = ImageForm(size=8, mean=(0, 0, 0), std=(1, 1, 1))
    offered = Capabilities(
        model="x", fingerprint="f", images=images, limits=Limits.model_validate(theirs)
    )
    allowed = Allowance.of(RemoteModel(backbone, offered))
    assert allowed == (Allowance(*expected) if isinstance(expected, tuple) else expected)
