"""Messages show values on one line, printable and cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.quoting import brief, cut, one_line, quoted


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("owl", "'owl'"),
        ("a\nb\udcff", r"'a\nb\udcff'"),
        (b"\x89PNG" * 1000, "4,000 bytes"),
        ({"bytes": b"x" * 577_000}, "a mapping"),
        ([b"x"], "a list"),
        (None, "None"),
        (True, "True"),
        (3, "3"),
        (10**100, "a number of very many digits"),
    ],
)
def test_values_are_told_by_what_a_user_can_read(value: object, told: str) -> None:
    assert quoted(value) == told


def test_long_values_are_cut() -> None:
    assert cut("x" * 100) == "x" * 57 + "..."
    assert cut("x" * 60) == "x" * 60
    assert quoted("x" * 1000) == repr("x" * 57 + "...")


@given(st.text())
def test_any_text_becomes_one_printable_line(text: str) -> None:
    assert one_line(text).isprintable()
    assert one_line(text) == text or not text.isprintable()
    assert quoted(text).isprintable()


def test_a_reason_of_many_lines_is_told_by_its_first() -> None:
    assert brief(ValueError("\nno such column.\nstack: ...")) == "no such column"
    assert brief(KeyError()) == "KeyError"
    assert brief(KeyError("image")) == "'image' is missing"
