"""Titles beside bars give way to numbers."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from orchestrator.pool.columns import cut_middle

TITLE = "pocket_realdigits / one_plus_one_es / 16 shots / seed 1"


@pytest.mark.parametrize("width", range(1, 60))
def test_a_title_fits_its_room_and_keeps_both_ends(width: int) -> None:
    cut = cut_middle(TITLE, width)
    assert len(cut) <= width
    if width < len(TITLE):
        head, _, tail = cut.partition("…")
        assert TITLE.startswith(head)
        assert TITLE.endswith(tail)
    else:
        assert cut == TITLE


def test_wide_letters_take_two_columns() -> None:
    assert cell_len(cut_middle("花" * 20, 11)) <= 11
