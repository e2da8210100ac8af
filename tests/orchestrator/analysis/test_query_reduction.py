"""Queries saved against a reference."""

import pytest

from orchestrator.analysis.query_reduction import BEST_OTHER, reduction

PAPER: dict[str, dict[str, float | None]] = {
    "bar": {"mean": 1829},
    "blackvip": {"mean": 2197},
    "bptvlm": {"mean": 997},
    "zip": {"mean": 518},
}


def test_the_papers_48_percent() -> None:
    result = reduction(PAPER, "zip")
    assert result.saved == pytest.approx(0.48, abs=0.001)
    assert result.reference == BEST_OTHER


def test_against_a_named_reference() -> None:
    assert reduction(PAPER, "zip", "bar").saved == pytest.approx(1 - 518 / 1829)
    assert reduction(PAPER, "bar", "zip").saved == pytest.approx(1 - 1829 / 518)


def test_ratios_are_averaged_geometrically() -> None:
    expected: dict[str, dict[str, float | None]] = {
        "zip": {"a": 100, "b": 400},
        "bar": {"a": 200, "b": 200},
    }
    assert reduction(expected, "zip", "bar").saved == pytest.approx(0)


def test_datasets_that_one_never_reached_are_counted_not_averaged() -> None:
    expected: dict[str, dict[str, float | None]] = {
        "zip": {"a": 100, "b": 50, "c": None, "d": None},
        "bar": {"a": 200, "b": None, "c": 10, "d": None},
    }
    result = reduction(expected, "zip", "bar")
    assert (result.saved, result.datasets) == (0.5, 1)
    assert (result.only_method, result.only_reference) == (1, 1)


def test_nothing_in_common_saves_nothing_that_is_known() -> None:
    assert reduction({"zip": {"a": 5}, "bar": {"a": None}}, "zip", "bar").saved is None


def test_a_target_that_held_before_the_first_query_does_not_divide_by_zero() -> None:
    assert reduction({"zip": {"a": 0}, "bar": {"a": 100}}, "zip", "bar").saved == 0.99
