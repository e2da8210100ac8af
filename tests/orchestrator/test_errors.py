"""What users are told of an error: its last line that says anything."""

from __future__ import annotations

import pytest

from orchestrator.errors import last_line


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("Traceback ...\n  in step\nValueError: not finite\n\n", "ValueError: not finite"),
        ("  one line  ", "one line"),
        ("\n \n", "unknown error"),
        (ValueError("first\nlast"), "last"),
        (ValueError(), "ValueError"),
    ],
)
def test_the_last_line_is_told_or_else_the_kind_of_error(error: Exception | str, told: str) -> None:
    assert last_line(error) == told
