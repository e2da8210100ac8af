"""Numbers at the right stand near their lines and never on each other."""

from itertools import pairwise

import pytest

from orchestrator.analysis.charts.chart import Line, LineChart
from orchestrator.analysis.charts.end_values import MOST, end_values, moved_apart
from orchestrator.analysis.charts.palette import NEUTRAL


@pytest.mark.parametrize(
    "values", [[50.0], [1.0, 9.0, 5.0], [5.0, 5.0, 5.1, 5.2, 9.0], [3.0, 2.0, 1.0, 0.0], []]
)
def test_they_are_apart_and_in_order(values: list[float]) -> None:
    places = moved_apart(values, 2.0)
    in_order = [place for _, place in sorted(zip(values, places, strict=True))]
    assert all(above - below >= 2.0 - 1e-9 for below, above in pairwise(in_order))
    assert sum(places) == pytest.approx(sum(values)), "moved up as far as down"


def test_what_has_room_stays_where_it_is() -> None:
    assert moved_apart([1.0, 9.0, 5.0], 2.0) == [1.0, 9.0, 5.0]


def lines(count: int) -> tuple[Line, ...]:
    return tuple(Line(str(n), NEUTRAL, (0, 10), (n, n + 5.0)) for n in range(count))


def test_there_are_none_where_they_are_too_many_or_of_the_background() -> None:
    faint = Line("faint", NEUTRAL, (0, 10), (1, 2), faint=True)
    chart = LineChart("queries", "accuracy", (*lines(MOST), faint))
    assert [end.value for end in end_values(chart)] == [n + 5.0 for n in range(MOST)]
    assert end_values(LineChart("queries", "accuracy", lines(MOST + 1))) == ()
