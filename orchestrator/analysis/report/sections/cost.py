"""What each method cost."""

from collections.abc import Iterator

from orchestrator.analysis.cost import cost_of
from orchestrator.analysis.report.blocks import Block, TableBlock, Text
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.runs import by_contender


def blocks(comparison: Comparison) -> Iterator[Block]:
    """Nothing when nothing has finished."""
    members = by_contender(comparison.finished)
    if not members:
        return
    price = comparison.question.price
    header = ["method", "shots", "runs", "queries", "images"]
    header += ["measuring images", "hours", "ms/query"]
    if price.known:
        header.append(f"money ({price.currency})")
    body = []
    for contender, mine in members.items():
        cost = cost_of(mine)
        measured = [run.trace.timing.get("seconds_per_query") for run in mine]
        known = [seconds for seconds in measured if seconds is not None]
        row = [
            contender.method,
            str(contender.shots or "-"),
            str(cost.runs),
            f"{cost.queries:,}",
            f"{cost.images:,}",
            f"{cost.observed_images:,}",
            f"{cost.seconds / 3600:.2f}",
            f"{1000 * sum(known) / len(known):.1f}" if known else "-",
        ]
        if price.known:
            row.append(f"{price.of(cost.queries, cost.images):,.2f}")
        body.append(tuple(row))
    caption = (
        "Sums over all finished runs. Queries and images are those that the method was charged; "
        "measuring images were shown to the observer and cost the method nothing. Hours are those "
        "of single trials, measuring included, on whatever machine ran them; ms/query leaves "
        "measuring out."
    )
    yield TableBlock("cost", caption, tuple(header), tuple(body))
    if not price.known:
        yield Text(
            "The spec names no price: give `price: "
            "{per_1000_queries: ..., per_1000_images: ...}` under `report` to see money.",
            "note",
        )
