"""A report's money: tables, curves, and what is said where it is unknown or disputed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orchestrator.analysis.charts.chart import EVEN_ROOM, LineChart
from orchestrator.analysis.report.blocks import Block, FigureBlock, TableBlock, Text, cell_of
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.report.sections.money import blocks
from orchestrator.analysis.runs import Run
from orchestrator.money import Prices
from tests.orchestrator.analysis.builders import (
    deployed,
    make_run,
    observed,
    served,
    zero_shot_run,
)
from tests.orchestrator.analysis.report.cases import CASES, comparison, grid

PRICES = Prices(per_call=0.01, per_image=0.0001, currency="EUR")


def runs() -> list[Run]:
    """Zero-shot, a method of images of full size, and one of few images, two seeds each."""
    found = [deployed(observed(zero_shot_run(40.0), 1, 500), 1)]
    for seed in (1, 2):
        zips = make_run([(0, 30), (100, 50 + seed), (200, 60 + seed)], seed=seed)
        found.append(deployed(observed(zips, 3, 1500), 1))
        bars = make_run([(0, 30), (100, 45), (200, 48)], method="bar", seed=seed)
        few = tuple(point._replace(images=point.queries * 8) for point in bars.trace.points)
        ledgers = {"method": {"queries": 200, "images": 1600}}
        bars = replace(bars, trace=replace(bars.trace, points=few, ledgers=ledgers))
        found.append(deployed(observed(bars, 6, 1500), 4))
    return found


def found_in(one: Comparison, kind: type[Block], name: str) -> Any:
    named = [block for block in blocks(one) if isinstance(block, kind)]
    return next(block for block in named if getattr(block, "name", "") == name)


def rows_of(table: TableBlock) -> dict[str, list[str]]:
    return {cell_of(row[0]).text: [cell_of(cell).text for cell in row[1:]] for row in table.rows}


def words(one: Comparison) -> str:
    return " ".join(block.text for block in blocks(one) if isinstance(block, Text))


def test_training_measuring_and_deployment_stand_apart() -> None:
    table = found_in(comparison(runs(), prices=PRICES), TableBlock, "money")
    assert table.header[3:] == (
        *("training (EUR)", "measuring (EUR)", "both (EUR)", "training a run (EUR)"),
        "1,000 test images (EUR)",
    )
    rows = rows_of(table)
    # 400 calls of 128 images, and six calls of 500 to measure; 1,000 calls of an image
    assert rows["zip"] == ["16", "2", "9.12", "0.36", "9.48", "4.56", "10.10"]
    # the observer asks the four templates that are deployed
    assert rows["bar"] == ["16", "2", "4.32", "1.68", "6.00", "2.16", "40.40"]
    assert rows["zero_shot"] == ["-", "1", "0.00", "0.060", "0.060", "0.00", "10.10"]


def test_curves_stand_over_the_money_of_each_method() -> None:
    figure = found_in(comparison(runs(), prices=PRICES), FigureBlock, "money_curve")
    (chart,) = figure.charts
    assert isinstance(chart, LineChart)
    assert chart.x_title == "money for training one prompt (EUR)"
    lines = {line.label: line for line in chart.lines}
    assert lines["zip"].x == pytest.approx((0, 2.28, 4.56))
    assert lines["zip"].y == (30, 51.5, 61.5)
    assert lines["bar"].x == pytest.approx((0, 1.08, 2.16))
    assert lines["zero_shot"].x == (0,)
    assert chart.span == (0, pytest.approx(4.56 * EVEN_ROOM))


def test_methods_are_compared_at_equal_money() -> None:
    one = comparison(runs(), prices=PRICES)
    table = found_in(one, TableBlock, "at_money")
    assert table.header[-3:] == ("within 1 EUR", "within 2 EUR", "within 4.56 EUR")
    rows = {name: [text.split()[0] for text in row] for name, row in rows_of(table).items()}
    # bar, of few images, has gone a step further for two euros
    assert rows["bar"][-3:] == ["30.0", "45.0", "48.0"]
    assert rows["zip"][-3:] == ["30.0", "30.0", "61.5"]
    assert rows["zero_shot"][-3:] == ["40.0", "40.0", "40.0"]
    numbers = found_in(one, TableBlock, "at_money_by_dataset")
    assert numbers.numbers_only
    assert numbers.header[5] == "EUR"


@pytest.mark.parametrize("case", CASES)
def test_every_case_can_be_priced(case: str) -> None:
    priced = list(blocks(replace(CASES[case], prices=PRICES)))
    assert bool(priced) == bool(CASES[case].finished)
    assert list(blocks(replace(CASES[case], prices=None))) == []


def test_unknown_tokens_are_said_and_nothing_is_made_up() -> None:
    one = comparison(runs(), prices=Prices(per_1000_tokens=1))
    assert rows_of(found_in(one, TableBlock, "money"))["zip"][2:] == ["-"] * 5
    assert "text tokens have a price but are not known" in words(one)
    assert not [block for block in blocks(one) if isinstance(block, FigureBlock)]
    known = comparison([replace(run, tokens=80.0) for run in runs()], prices=one.prices)
    assert rows_of(found_in(known, TableBlock, "money"))["zip"][2] == "32.00"


def test_a_charge_that_differs_from_the_price_list_is_taken_and_said() -> None:
    charge = {"queries": 200, "images": 25_600, "money": 9.0}
    served_run = served(runs()[1], training=charge, measuring={"queries": 3, "money": 0.03})
    one = comparison([served_run, runs()[0]], prices=PRICES)
    assert rows_of(found_in(one, TableBlock, "money"))["zip"][2:5] == ["9.00", "0.030", "9.03"]
    assert "9.03 EUR rather than 4.59 EUR for dots / zip / 16 shots / seed 1" in words(one)
    same = {"queries": 200, "images": 25_600, "money": 4.56}
    agreed = served(runs()[1], training=same, measuring={"queries": 3, "money": 0.03})
    assert "rather than" not in words(comparison([agreed, runs()[0]], prices=PRICES))


def test_prices_are_said() -> None:
    assert words(comparison(grid(("dots",)), prices=PRICES)).startswith(
        "Prices in EUR: 0.01 for a call, 0.0001 for an image in a call."
    )


def test_tiny_prices_are_said_in_digits() -> None:
    said = words(comparison(grid(("dots",)), prices=Prices(per_image=0.00002)))
    assert said.startswith("Prices in USD: 0.00002 for an image in a call.")


def test_it_is_said_whose_texts_were_assumed() -> None:
    known = [replace(run, tokens=80.0, texts_known=run.method != "bar") for run in runs()]
    said = words(comparison(known, prices=Prices(per_1000_tokens=1)))
    assert "Money is only about so much for bar: text tokens have a price" in said
    assert "only about" not in words(comparison(known, prices=PRICES))


def test_a_service_is_said_to_count_the_texts_measured_on_the_way() -> None:
    counts = {"queries": 200, "images": 25_600, "tokens": 9000}
    found = [served(runs()[1], training=counts, measuring={"queries": 3, "tokens": 150})]
    said = words(comparison([*found, runs()[0]], prices=Prices(per_1000_tokens=1)))
    assert "A deployed prompt is taken to be as long as the mean" in said
    assert "A deployed prompt" not in words(comparison([*found, runs()[0]], prices=PRICES))
