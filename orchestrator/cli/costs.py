"""What a run costs in money: shown by a plan, held against a limit, and said when it has ended."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from orchestrator.analysis.fitting_table import FittingTable, Line
from orchestrator.console import output, say
from orchestrator.errors import UserError
from orchestrator.money import TEST_IMAGES, Prices, amount_text, price_text
from orchestrator.plan.money import Costing, Estimate
from orchestrator.plan.plan import Plan, PlannedCell

if TYPE_CHECKING:
    from orchestrator.cli.work import Work

NO_PRICE = (
    "--max-cost needs a price, and the spec names none. Write what the black box costs into the "
    "spec, such as `price: {per_call: 0.002, currency: USD}`, or give it here: "
    "--set price.per_call=0.002."
)


@dataclass(frozen=True)
class RunEstimate:
    """What a run costs before it starts.

    Attributes:
        prices: by which it is computed.
        cells: training and measuring of the plan's cells that will run.
        search: the trials that are left of its search.
        following: cells that follow from the search, once it is over.
    """

    prices: Prices
    cells: Estimate
    search: Estimate = field(default_factory=Estimate)
    following: Estimate = field(default_factory=Estimate)

    @property
    def whole(self) -> Estimate:
        """All of it."""
        return self.cells + self.search + self.following

    @property
    def total(self) -> float:
        """All of it, in money."""
        return self.whole.total

    def __str__(self) -> str:
        """In words, such as `at most 3.00 USD (training 2.00, measuring 1.00)`."""
        how = "about" if self.whole.about else "at most"
        parts = {
            "training": self.cells.training,
            "measuring": self.cells.measuring,
            "search": self.search.total,
            "what follows from it": self.following.total,
        }
        named = [f"{name} {amount_text(amount)}" for name, amount in parts.items() if amount]
        split = f" ({', '.join(named)})" if named else ""
        return f"{how} {self.prices.text(self.total)}{split}"


def estimate_of(work: Work) -> RunEstimate | None:
    """What a run of this work costs; None where nothing has a price.

    Raises:
        UserError: its search can't be planned.
    """
    prices = work.plan.spec.prices
    if prices is None:
        return None
    costing = Costing(prices)
    cells = costing.left(work.plan.to_run())
    if work.search is None:
        return RunEstimate(prices, cells)
    from orchestrator.search.money import search_costs

    search, following = search_costs(work.search, work.plan, costing)
    return RunEstimate(prices, cells, search, following)


def check_max_cost(estimate: RunEstimate | None, most: float | None, *, accepted: bool) -> None:
    """Refuses a run that would cost too much.

    Args:
        estimate: what it costs; None where nothing has a price.
        most: the limit; None for none.
        accepted: whether the person wants it all the same.

    Raises:
        UserError: it would cost more, or there is a limit but no price.
    """
    if most is None:
        return
    if not math.isfinite(most):
        raise UserError(f"--max-cost: expected an amount of money, got {most}.")
    if estimate is None:
        raise UserError(NO_PRICE)
    if accepted or estimate.total <= most * (1 + 1e-9):
        return
    raise UserError(
        f"this run costs {estimate}, which is more than --max-cost {price_text(most)}; nothing "
        f"was started. Raise --max-cost, add --yes to run it all the same, or make it smaller: "
        f"fewer methods, datasets or seeds, a lower budget, fewer evaluation.points, or "
        f"evaluation.images."
    )


def say_estimate(plan: Plan, estimate: RunEstimate) -> None:
    """What a run costs that begins now; of a model that runs here, what it would cost."""
    verb = "costs" if plan.remote else "would cost, on a box with these prices,"
    say(f"this run {verb} {estimate}")


def show_costs(plan: Plan, estimate: RunEstimate) -> None:
    """One line per dataset and method: what its cells still cost, and what use costs after it."""
    costing = Costing(estimate.prices)
    groups: dict[tuple[str, str], list[PlannedCell]] = defaultdict(list)
    for cell in plan.cells:
        groups[cell.cell.dataset, cell.label].append(cell)
    lines = [Line(place, _cells(costing, cells)) for place, cells in groups.items()]
    whole = costing.left(plan.cells)
    FittingTable(
        names=("dataset", "method"),
        headers=("training", "measuring", "both", f"{TEST_IMAGES:,} test images"),
        lines=(*lines, Line(("all", ""), (*_amounts(whole), ""))),
        title=f"{plan.spec.name}: money in {estimate.prices.currency}, at most",
        dense=True,
        sections=True,
        folds=3,
    ).show(output)
    _explain(plan, estimate, about=whole.about)


def _cells(costing: Costing, cells: list[PlannedCell]) -> tuple[str, ...]:
    fitting = [cell for cell in cells if cell.fits]
    deployed = amount_text(costing.deployment(fitting[0])) if fitting else "-"
    about = "~" if fitting and costing.is_about(fitting[0]) else ""
    return (*_amounts(costing.left(cells)), f"{about}{deployed}")


def _amounts(one: Estimate) -> tuple[str, str, str]:
    about = "~" if one.about else ""
    training, measuring, both = map(amount_text, (one.training, one.measuring, one.total))
    return f"{about}{training}", f"{about}{measuring}", f"{about}{both}"


def _explain(plan: Plan, estimate: RunEstimate, *, about: bool) -> None:
    say(
        "money: training is what the methods' own queries cost, measuring what the observer's do, "
        f"and the last column what the answers to {TEST_IMAGES:,} test images cost afterwards."
    )
    if about:
        say(
            "~ is about: the dataset isn't here, or texts are counted that only stand for those "
            "that will be read."
        )
    if not plan.remote:
        say("the model runs here, so nobody charges this: it is what such a box would cost.")
    say(f"a run now costs {estimate}")
