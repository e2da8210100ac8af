"""What each method cost, training and deployment apart."""

from collections.abc import Iterator, Sequence

from orchestrator.analysis.access import group_title
from orchestrator.analysis.billing import Billing, total
from orchestrator.analysis.cost import cost_of
from orchestrator.analysis.deployment import deployment_of
from orchestrator.analysis.report.blocks import Block, TableBlock, Text
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.runs import Contender, Run, by_contender
from orchestrator.analysis.table import whole_sets_text
from orchestrator.money import TEST_IMAGES, Prices, amount_text

TRAINING = (
    "Training, as sums over all finished runs. Queries and images are those that the method was "
    "charged; whole-set evaluations are these images over the cell's training images (in results "
    "of earlier releases, which did not note their number, over the shots of every class). Tuning "
    "queries are those of the spec's search, all its trials included: 0 says that nothing was "
    "tuned here, not that nobody has tuned the defaults. Seconds are wall seconds of single trials "
    "on whatever machine ran them, without measuring; ms/query is their mean."
)

USE = (
    "After training. Deployment: the queries that the answer to one test image costs; - where "
    "results are of earlier releases, which did not note it. Measuring: images that the observer "
    "saw in all finished runs, and the wall seconds of that, which cost the method nothing."
)

PRICED = f" Money is that of the answers to {TEST_IMAGES:,} test images; see the section on it."


def blocks(comparison: Comparison) -> Iterator[Block]:
    """Nothing when nothing has finished."""
    members = by_contender(comparison.finished)
    if not members:
        return
    prices, order = comparison.prices, comparison.in_order(members)
    groups = tuple(group_title(comparison.access[who.method]) for who in order)
    for name, caption, header, row in (
        ("cost", TRAINING, _training_header(prices), _training),
        ("cost_in_use", USE + (PRICED if prices else ""), _use_header(prices), _use),
    ):
        body = tuple(row(comparison, who, members[who]) for who in order)
        yield TableBlock(name, caption, header, body, row_groups=groups)
    if prices is None:
        yield Text(
            "The spec names no price: give `price: {per_call: ..., per_image: ...}` to see money.",
            "note",
        )


def _training_header(prices: Prices | None) -> tuple[str, ...]:
    money = (f"money ({prices.currency})",) if prices else ()
    charged = ("queries", "images", "whole-set evaluations", "tuning queries")
    return ("method", "shots", "runs", *charged, "seconds", "ms/query", *money)


def _training(comparison: Comparison, who: Contender, runs: Sequence[Run]) -> tuple[str, ...]:
    cost, billing = cost_of(runs), comparison.billing
    per_query = cost.seconds_per_query
    return (
        comparison.marked(who.method),
        str(who.shots or "-"),
        str(cost.runs),
        f"{cost.queries:,}",
        f"{cost.images:,}",
        whole_sets_text(cost.whole_sets),
        f"{_tuning(comparison, who):,}" if who.shots else "-",
        f"{cost.seconds:,.1f}",
        "-" if per_query is None else f"{1000 * per_query:.1f}",
        *([money_text(total(map(billing.training, runs)))] if billing else []),
    )


def _use_header(prices: Prices | None) -> tuple[str, ...]:
    money = (f"{prices.currency} for {TEST_IMAGES:,} images",) if prices else ()
    return (
        *("method", "shots", "queries a test image", *money),
        *("measuring images", "measuring seconds"),
    )


def _use(comparison: Comparison, who: Contender, runs: Sequence[Run]) -> tuple[str, ...]:
    cost, deployment, billing = cost_of(runs), deployment_of(runs), comparison.billing
    return (
        comparison.marked(who.method),
        str(who.shots or "-"),
        deployment.queries_text,
        *([money_in_use(billing, runs)] if billing else []),
        f"{cost.observed_images:,}",
        f"{cost.measuring_seconds:,.1f}",
    )


def _tuning(comparison: Comparison, who: Contender) -> int:
    """Queries of the search that found a method's settings; 0 for settings that are the spec's."""
    findings = comparison.search
    return findings.search.queries if findings and findings.found == who.method else 0


def money_in_use(billing: Billing, runs: Sequence[Run]) -> str:
    """What the answers to some test images cost, at one image a query, on the mean dataset."""
    counts = deployment_of(runs).queries_per_image
    each = (billing.mean_deployment(runs, count) for count in counts)
    return " or ".join(map(money_text, each)) or "-"


def money_text(amount: float | None) -> str:
    """An amount without its currency; `-` where it is unknown."""
    return "-" if amount is None else amount_text(amount)
