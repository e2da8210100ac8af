"""What each method cost, training and deployment apart."""

from collections.abc import Iterator, Sequence

from orchestrator.analysis.access import group_title
from orchestrator.analysis.cost import cost_of
from orchestrator.analysis.deployment import Deployment, deployment_of
from orchestrator.analysis.report.blocks import Block, TableBlock, Text
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.runs import Contender, Run, by_contender
from orchestrator.analysis.table import whole_sets_text
from orchestrator.spec.spec import PriceSpec

TEST_IMAGES = 1000
"""Images whose answers are priced."""

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


def blocks(comparison: Comparison) -> Iterator[Block]:
    """Nothing when nothing has finished."""
    members = by_contender(comparison.finished)
    if not members:
        return
    price, order = comparison.question.price, comparison.in_order(members)
    groups = tuple(group_title(comparison.access[who.method]) for who in order)
    for name, caption, header, row in (
        ("cost", TRAINING, _training_header(price), _training),
        ("cost_in_use", USE, _use_header(price), _use),
    ):
        body = tuple(row(comparison, who, members[who]) for who in order)
        yield TableBlock(name, caption, header, body, row_groups=groups)
    if not price.known:
        yield Text(
            "The spec names no price: give `price: "
            "{per_1000_queries: ..., per_1000_images: ...}` under `report` to see money.",
            "note",
        )


def _training_header(price: PriceSpec) -> tuple[str, ...]:
    money = (f"money ({price.currency})",) if price.known else ()
    charged = ("queries", "images", "whole-set evaluations", "tuning queries")
    return ("method", "shots", "runs", *charged, "seconds", "ms/query", *money)


def _training(comparison: Comparison, who: Contender, runs: Sequence[Run]) -> tuple[str, ...]:
    cost, price = cost_of(runs), comparison.question.price
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
        *([f"{price.of(cost.queries, cost.images):,.2f}"] if price.known else []),
    )


def _use_header(price: PriceSpec) -> tuple[str, ...]:
    money = (f"{price.currency} for {TEST_IMAGES:,} images",) if price.known else ()
    return (
        *("method", "shots", "queries a test image", *money),
        *("measuring images", "measuring seconds"),
    )


def _use(comparison: Comparison, who: Contender, runs: Sequence[Run]) -> tuple[str, ...]:
    cost, deployment, price = cost_of(runs), deployment_of(runs), comparison.question.price
    return (
        comparison.marked(who.method),
        str(who.shots or "-"),
        deployment.queries_text,
        *([_money_in_use(price, deployment)] if price.known else []),
        f"{cost.observed_images:,}",
        f"{cost.measuring_seconds:,.1f}",
    )


def _tuning(comparison: Comparison, who: Contender) -> int:
    """Queries of the search that found a method's settings; 0 for settings that are the spec's."""
    findings = comparison.search
    return findings.search.queries if findings and findings.found == who.method else 0


def _money_in_use(price: PriceSpec, deployment: Deployment) -> str:
    """What the answers to some test images cost, at one image a query."""
    counts = (count * TEST_IMAGES for count in deployment.queries_per_image)
    return " or ".join(f"{price.of(count, count):,.2f}" for count in counts) or "-"
