"""Benchmarks take the work that fits into their minutes; clocks here are made up."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from tests.performance.fitting import Allowance, Fitting, Piece, Size, said


@dataclass
class Clock:
    """Stands still until work is done."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def pieces(*seconds: float) -> list[Piece[str]]:
    names = "abcdefgh"[: len(seconds)]
    return [Piece(n, (Size(n, s),)) for n, s in zip(names, seconds, strict=True)]


def done(
    work: list[Piece[str]], seconds: float, slowness: float = 1
) -> tuple[list[str], list[str]]:
    """Names of what was done and what was left out, on a machine of some slowness."""
    clock = Clock()
    fitting = Fitting(work, Allowance(seconds, clock=clock))
    names = []
    for size in fitting:
        names.append(size.work)
        clock.now += slowness * size.seconds
    return names, [one.title for one in fitting.left_out]


def test_all_is_done_where_there_is_time() -> None:
    assert done(pieces(10, 20, 30), 60) == (["a", "b", "c"], [])


def test_what_does_not_fit_is_left_out_and_cheaper_work_after_it_is_not() -> None:
    assert done(pieces(10, 100, 20), 60) == (["a", "c"], ["b"])


def test_a_slower_machine_than_was_thought_does_less() -> None:
    assert done(pieces(10, 20, 30), 60, slowness=2) == (["a", "b"], ["c"])


def test_a_faster_machine_than_was_thought_does_more() -> None:
    assert done(pieces(10, 100, 30), 60, slowness=0.1) == (["a", "b", "c"], [])


def test_nothing_more_is_begun_after_work_that_took_far_longer_than_expected() -> None:
    assert done(pieces(1, 1, 1, 1), 60, slowness=100) == (["a"], ["b", "c", "d"])


def test_the_first_piece_is_done_in_a_size_that_fits_or_in_the_smallest() -> None:
    first = Piece("a", (Size("whole", 100), Size("half", 50, "half"), Size("bit", 10, "a bit")))
    assert done([first, *pieces(5)], 200)[0] == ["whole", "a"]
    assert done([first, *pieces(5)], 60)[0] == ["half", "a"]
    assert done([first, *pieces(5)], 1) == (["bit"], ["a"])


def test_the_machine_may_be_known_to_be_busy_from_the_start() -> None:
    busy = Fitting(pieces(1, 30), Allowance(50, pace=2, clock=Clock()))
    assert busy.allowance.fits(25)
    assert not busy.allowance.fits(26)


def test_what_was_left_out_is_said_with_what_it_would_have_taken() -> None:
    clock = Clock()
    fitting = Fitting(pieces(1, 50, 600), Allowance(3, clock=clock))
    for size in fitting:
        clock.now += size.seconds
    text = said(fitting.left_out, 0.05)
    assert text == (
        "left out, as 0.05 minutes have no room for them: b: about 50 s; c: about 10 minutes"
    )
    assert said([], 3) == ""


@given(
    st.lists(st.floats(0.1, 100), min_size=1, max_size=8),
    st.floats(1, 200),
    st.floats(0.1, 10),
)
def test_every_piece_is_done_or_left_out_and_the_first_is_done(
    seconds: list[float], span: float, slowness: float
) -> None:
    names, left_out = done(pieces(*seconds), span, slowness)
    assert sorted(names + left_out) == list("abcdefgh"[: len(seconds)])
    assert names[0] == "a"


@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=8), st.floats(1, 200))
def test_work_that_takes_what_is_expected_ends_in_time(seconds: list[float], span: float) -> None:
    names, _ = done(pieces(*seconds), span)
    taken = sum(seconds["abcdefgh".index(name)] for name in names)
    assert taken <= max(span, seconds[0]) + 1e-6
