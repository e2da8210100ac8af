"""Headlines on the terminal: whole, or with fewer numbers, but never cut off."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from orchestrator.analysis.report.blocks import TableBlock
from orchestrator.analysis.report.terminal import show_table
from tests.orchestrator.analysis.report.cases import sections


def shown(case: str, width: int) -> str:
    blocks = [b for section in sections(case) for b in section.blocks]
    (headline,) = [b for b in blocks if isinstance(b, TableBlock) and b.headline]
    console = Console(width=width, record=True, file=io.StringIO())
    show_table(headline, "mine", console)
    return console.export_text()


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_headline_is_whole_at_any_usual_width(width: int) -> None:
    for case, words in (
        ("transfer", ("mine", "imagenet (source)", "→ letters", "mean of 2 targets", "zero_shot")),
        ("base to new", ("mine", "dots", "mean of 2", "base", "new", "H")),
    ):
        text = shown(case, width)
        assert all(word in text for word in words)
        assert "…" not in text


def of_many(width: int) -> str:
    blocks = [b for section in sections("field") for b in section.blocks]
    console = Console(width=width, record=True, file=io.StringIO())
    for block in blocks:
        if isinstance(block, TableBlock) and block.summary:
            show_table(block, block.name, console)
    return console.export_text()


def test_many_methods_are_rows_under_what_they_need_on_80_columns() -> None:
    lines = of_many(80).splitlines()
    assert all(len(line) <= 80 for line in lines)
    rows = [line.split() for line in lines]
    # the accuracy on seven datasets and its mean, then the mean at five numbers of queries
    assert [len(row) for row in rows if row and row[0] == "gauss@readout"] == [1 + 8, 1 + 5]
    assert "   gauss@readout" in "\n".join(lines)
    assert [line.strip() for line in lines].count("strings with readout") == 2


def test_a_summary_that_does_not_fit_is_said_where_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "gauss@readout" in of_many(60)
    assert "no room for its columns here, see tables/accuracy.csv" in capsys.readouterr().out


def test_intervals_give_way_where_they_do_not_fit() -> None:
    assert "41.5 ± 6.4" in shown("transfer", 120)
    narrow = shown("transfer", 60)
    assert "41.5" in narrow
    assert "±" not in narrow
    assert "intervals: see the report" in narrow
