"""Tables on terminals of any width: numbers stay whole, and names tell rows apart."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from orchestrator.analysis.fitting_table import FittingTable, Line

LONG = [f"method-with-{'very-' * number}long-label[rank={number}]" for number in range(5, 9)]


def shown(names: list[str], width: int, folds: int = 1) -> list[str]:
    lines = tuple(
        Line((f"dataset-{'x' * 60}", name), (f"{number}.5 ± 0.1", "1,234,567"))
        for number, name in enumerate(names)
    )
    table = FittingTable(
        ("dataset", "method"), ("accuracy (%)", "queries"), lines, "mine", folds=folds
    )
    console = Console(width=width, file=io.StringIO(), record=True)
    table.show(console)
    return console.export_text().splitlines()


@pytest.mark.parametrize("width", [60, 80, 100])
def test_long_names_are_cut_and_numbers_are_whole(width: int) -> None:
    lines = shown(LONG, width)
    assert all(len(line) <= width for line in lines)
    for number in range(len(LONG)):
        (row,) = [line for line in lines if f"{number}.5 ± 0.1" in line]
        assert "1,234,567" in row
        assert f"={number + 5}]" in row


def test_names_that_fit_are_left_whole() -> None:
    text = "\n".join(shown(["zip", "bar"], 140))
    assert f"dataset-{'x' * 60}" in text
    assert "…" not in text


def test_columns_give_way_on_a_narrow_terminal_and_it_is_said() -> None:
    lines = shown(LONG, 38)
    assert any("no room for 1 more" in line for line in lines)
    assert any("0.5 ± 0.1" in line for line in lines)
    assert not any("1,234" in line for line in lines)


def test_names_may_take_several_lines_before_they_are_cut() -> None:
    lines = shown(LONG, 60, folds=3)
    words = [line.split() for line in lines]
    assert sum("1,234,567" in row for row in words) == len(LONG)
    assert len(lines) > 2 * len(LONG)
