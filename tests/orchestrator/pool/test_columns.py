"""Titles beside bars give way to numbers."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from orchestrator.pool.columns import cut_title

TITLE = "pocket_realdigits / one_plus_one_es / 16 shots / seed 1"


@pytest.mark.parametrize("width", [*range(1, 60)])
def test_a_title_fits_its_room(width: int) -> None:
    assert cell_len(cut_title(TITLE, width)) <= width
    assert cell_len(cut_title("\u82b1" * 20, width)) <= width, "letters of two columns each"


def test_a_title_with_room_is_whole() -> None:
    assert cut_title(TITLE, len(TITLE)) == TITLE


@pytest.mark.parametrize(
    ("width", "cut"),
    [
        (50, "pocket_reald\u2026 / one_plus_one_\u2026 / 16 shots / seed 1"),
        (38, "pocket\u2026 / one_plu\u2026 / 16 shots / seed 1"),
        (30, "pock\u2026 / one_\u2026 / 16 s\u2026 / seed 1"),
    ],
)
def test_every_part_of_a_cut_title_is_told(width: int, cut: str) -> None:
    assert cut_title(TITLE, width) == cut
