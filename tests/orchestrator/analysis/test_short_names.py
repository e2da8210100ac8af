"""Names cut to some room: short enough, and never two alike."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from orchestrator.analysis.short_names import shares, short_names

NAMES = st.lists(st.text(alphabet="ab…1字é2", max_size=30), max_size=12)


@given(names=NAMES, room=st.integers(8, 20))
def test_names_keep_to_their_room_and_stay_apart(names: list[str], room: int) -> None:
    shown = short_names(names, room)
    assert shown.keys() == set(names)
    assert len(set(shown.values())) == len(shown)
    assert all(cell_len(cut) <= room for cut in shown.values())
    assert all(shown[name] == name for name in names if cell_len(name) <= room)


@given(widths=st.lists(st.integers(0, 50), min_size=1, max_size=5), room=st.integers(0, 120))
def test_columns_share_what_there_is(widths: list[int], room: int) -> None:
    given_widths = shares(widths, room)
    assert sum(given_widths) <= room
    assert all(got <= wanted for got, wanted in zip(given_widths, widths, strict=True))
    if sum(widths) <= room:
        assert given_widths == widths
