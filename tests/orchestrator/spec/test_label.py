"""Labels: whatever a line can show, and nothing else."""

from __future__ import annotations

import pytest

from orchestrator.spec.label import LONGEST, checked_label


@pytest.mark.parametrize(
    "label",
    [
        "zip",
        "größer",
        "a/b|c",
        "$x_1$ 100 %",
        "<script>",
        "[red]",
        "👩‍🔬",
        "e\u0301",
        "עברית",
        "x" * 200,
    ],
)
def test_what_a_line_can_show_is_a_label(label: str) -> None:
    assert checked_label(label) == label


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("", "is empty"),
        (" ", "is empty"),
        (" zip", "begins or ends with a blank"),
        ("a\nb", r"'a\\nb' holds U\+000A"),
        ("a\x1b[31mb", r"holds U\+001B"),
        ("a\u202eb", r"holds U\+202E"),
        ("a\u2028b", r"holds U\+2028"),
        ("x" * (LONGEST + 1), "is longer than 200 characters: 'xxx"),
    ],
)
def test_what_would_break_a_line_is_refused(label: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        checked_label(label)
    assert str(error.value).isprintable()
