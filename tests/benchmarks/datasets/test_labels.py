"""Labels are whole numbers from 0, in digits that Python and the user read alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.datasets.labels import is_blank, whole_number


@pytest.mark.parametrize(
    ("value", "label"),
    [(3, 3), ("3", 3), (" 3 ", 3), (3.0, 3), ("3.0", 3), ("007", 7), (0, 0), ("0", 0)],
)
def test_whole_numbers_are_labels(value: object, label: int) -> None:
    assert whole_number(value) == label


@pytest.mark.parametrize(
    "value",
    ["\u00b2", "\u2460", "\uff11", "\u0663", "-1", -1, "1e3", 0.5, "0.5", "NaN", float("nan"),
     float("inf"), True, "True", None, "", "9" * 5000, 10**30, 1e30, [1], b"1"],
)  # fmt: skip
def test_anything_else_is_none(value: object) -> None:
    assert whole_number(value) is None


@given(st.one_of(st.text(), st.integers(), st.floats(), st.binary()))
def test_no_value_is_too_odd_to_ask(value: object) -> None:
    found = whole_number(value)
    assert found is None or 0 <= found < 10**9


def test_names_such_as_na_are_not_blank() -> None:
    assert all(map(is_blank, (None, "", " \t", float("nan"))))
    assert not any(map(is_blank, ("NA", "nan", "None", 0, 0.0, False)))
