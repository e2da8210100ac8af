"""Money before a run: what a plan shows, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestrator.cli.costs import RunEstimate, check_max_cost
from orchestrator.errors import UserError
from orchestrator.money import Prices
from orchestrator.plan.money import Estimate
from tests.orchestrator.cli.verbs import fill, querycurve, write_spec

PRICE = {"per_call": 0.01, "currency": "EUR"}
FREE = {"report": {"target_gain": 5}}


def money_of(out: str, *names: str) -> list[str]:
    """Words of a row of the table of money."""
    table = out.split("money in EUR")[1]
    rows = (line.split() for line in table.splitlines())
    return next(row[len(names) :] for row in rows if tuple(row[: len(names)]) == names)


def test_a_plan_shows_training_measuring_and_deployment(tmp_path: Path) -> None:
    spec = write_spec(tmp_path, price=PRICE, **FREE, evaluation={"points": 4})
    said = querycurve("plan", spec, "--store", tmp_path / "store")
    assert said.code == 0
    # two seeds of 200 calls, measured five times on two splits; 1,000 calls for as many images
    assert money_of(said.out, "pocket_dots", "zip") == ["4.00", "0.20", "4.20", "10.00"]
    assert money_of(said.out, "pocket_dots", "zero_shot") == ["0.00", "0.010", "0.010", "10.00"]
    training, measuring, both = money_of(said.out, "all")
    assert training == "16.00"
    assert float(both) == pytest.approx(float(training) + float(measuring))
    assert f"a run now costs at most {both} EUR (training 16.00, measuring {measuring})" in said.out
    assert "the model runs here, so nobody charges this" in said.out
    assert not (tmp_path / "store").exists()


def test_without_a_price_a_plan_shows_no_money(tmp_path: Path) -> None:
    said = querycurve("plan", write_spec(tmp_path, **FREE), "--store", tmp_path / "store")
    assert said.code == 0
    assert "money" not in said.out


def test_done_cells_cost_nothing_more(tmp_path: Path) -> None:
    spec = write_spec(tmp_path, price=PRICE, **FREE)
    fill(tmp_path / "store", spec)
    said = querycurve("plan", spec, "--store", tmp_path / "store")
    assert money_of(said.out, "pocket_dots", "zip")[:3] == ["0.00", "0.00", "0.00"]
    # a seed that has failed runs again
    assert money_of(said.out, "pocket_outlines", "zip")[0] == "2.00"


def test_the_trials_of_a_search_are_part_of_what_a_run_costs(tmp_path: Path) -> None:
    space = {"clip": {"choice": [1, 10, 100]}}
    search = {"method": "zip", "space": space, "trials": 3, "sampler": "grid"}
    spec = write_spec(tmp_path, price=PRICE, **FREE, search=search)
    said = querycurve("plan", spec, "--store", tmp_path / "store")
    assert said.code == 0
    assert "search " in said.out.splitlines()[-1]
    assert "what follows from it " in said.out.splitlines()[-1]


@pytest.mark.parametrize("verb", ["plan", "run"])
def test_what_costs_too_much_is_refused_before_anything_is_done(verb: str, tmp_path: Path) -> None:
    spec = write_spec(tmp_path, price=PRICE, **FREE)
    said = querycurve(verb, spec, "--store", tmp_path / "store", "--max-cost", "16")
    assert said.code == 2
    assert "error: this run costs at most" in said.err
    assert "EUR (training 16.00, measuring" in said.err
    assert "more than --max-cost 16; nothing was started. Raise --max-cost, add --yes" in said.err
    assert not (tmp_path / "store").exists()


def test_what_costs_less_is_planned(tmp_path: Path) -> None:
    spec = write_spec(tmp_path, price=PRICE, **FREE)
    assert querycurve("plan", spec, "--store", tmp_path / "s", "--max-cost", "100").code == 0


@pytest.mark.parametrize("verb", ["plan", "run"])
def test_a_limit_without_a_price_is_refused_with_what_to_write(verb: str, tmp_path: Path) -> None:
    spec = write_spec(tmp_path, **FREE)
    said = querycurve(verb, spec, "--store", tmp_path / "store", "--max-cost", "16")
    assert said.code == 2
    assert "--max-cost needs a price, and the spec names none." in said.err
    assert "`price: {per_call: 0.002, currency: USD}`" in said.err


@pytest.mark.parametrize(("given", "message"), [("nan", ""), ("inf", "got inf"), ("-1", "")])
def test_a_limit_is_an_amount(given: str, message: str, tmp_path: Path) -> None:
    spec = write_spec(tmp_path, price=PRICE, **FREE)
    said = querycurve("run", spec, "--store", tmp_path / "store", "--max-cost", given)
    assert said.code == 2
    assert "--max-cost" in said.err
    assert message in said.err


def test_the_limit_itself_is_allowed_and_more_only_if_accepted() -> None:
    dear = RunEstimate(Prices(per_call=1), Estimate(2.0, 1.0))
    check_max_cost(dear, 3.0, accepted=False)
    check_max_cost(dear, 0.1 + 0.2 + 2.7, accepted=False)
    check_max_cost(dear, None, accepted=False)
    check_max_cost(dear, 1.0, accepted=True)
    with pytest.raises(UserError, match=r"more than --max-cost 2\.9"):
        check_max_cost(dear, 2.9, accepted=False)


def test_an_estimate_says_its_parts_and_whether_it_is_about() -> None:
    prices = Prices(per_call=1, currency="EUR")
    whole = RunEstimate(prices, Estimate(2.0, 1.0), Estimate(4.0), Estimate(0.0, 0.5, about=True))
    assert str(whole) == (
        "about 7.50 EUR (training 2.00, measuring 1.00, search 4.00, what follows from it 0.50)"
    )
    assert str(RunEstimate(prices, Estimate())) == "at most 0.00 EUR"
