"""Money: what each method cost, and what accuracy it had reached for how much."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from orchestrator.analysis.access import group_title
from orchestrator.analysis.at_money import amounts, money_band, most_spent, reached_for
from orchestrator.analysis.billing import Billing, total
from orchestrator.analysis.charts.chart import PERCENT, Line, LineChart, line_of
from orchestrator.analysis.report.blocks import Block, FigureBlock, TableBlock, Text
from orchestrator.analysis.report.comparison import FROM_EASY, Comparison
from orchestrator.analysis.report.dataset_rows import dataset_rows
from orchestrator.analysis.report.mean_cells import BRACKETS
from orchestrator.analysis.report.mean_rows import mean_rows
from orchestrator.analysis.report.sections import crowded
from orchestrator.analysis.report.sections.cost import money_in_use, money_text
from orchestrator.analysis.runs import Contender, Run, by_contender
from orchestrator.analysis.scores import scores_by
from orchestrator.money import TEST_IMAGES, price_text

WHAT = (
    "Sums over all finished runs. Training: the method's own queries. Measuring: those of the "
    "observer, who asks about whole splits to draw the curves; nobody pays that who only trains a "
    "prompt. Of runs in memory, both are what they would cost on a box with these prices; of runs "
    "on a service, what the service counted, and its own charge where it states one. The last "
    f"column is deployment: the answers to {TEST_IMAGES:,} test images, each asked about by "
    "itself, at the prices above, the mean over runs. Trials of a search are not in it."
)


def blocks(comparison: Comparison) -> Iterator[Block]:
    """Nothing without a price, or when nothing has finished."""
    billing = comparison.billing
    if billing is None or not comparison.finished:
        return
    yield Text(_price_words(billing))
    yield _table(comparison, billing)
    yield from _notes(comparison, billing)
    for shots in comparison.shots:
        yield from _figure(comparison, billing, shots)
        yield from _at_money(comparison, billing, shots)
    yield from _numbers(comparison, billing)


def _price_words(billing: Billing) -> str:
    prices = billing.prices
    named = (
        (prices.per_call, "a call"),
        (prices.per_image, "an image in a call"),
        (prices.per_1000_tokens, "1,000 text tokens"),
    )
    said = ", ".join(f"{price_text(amount)} for {what}" for amount, what in named if amount)
    return f"Prices in {prices.currency}: {said}."


def _table(comparison: Comparison, billing: Billing) -> TableBlock:
    members, currency = by_contender(comparison.finished), billing.prices.currency
    order = comparison.in_order(members)
    return TableBlock(
        "money",
        WHAT,
        (
            *("method", "shots", "runs", f"training ({currency})", f"measuring ({currency})"),
            *(f"both ({currency})", f"training a run ({currency})"),
            f"{TEST_IMAGES:,} test images ({currency})",
        ),
        tuple(_row(comparison, billing, who, members[who]) for who in order),
        row_groups=tuple(group_title(comparison.access[who.method]) for who in order),
    )


def _row(
    comparison: Comparison, billing: Billing, who: Contender, runs: Sequence[Run]
) -> tuple[str, ...]:
    training, measuring = (total(map(part, runs)) for part in (billing.training, billing.measuring))
    both = None if training is None or measuring is None else training + measuring
    return (
        comparison.marked(who.method),
        str(who.shots or "-"),
        str(len(runs)),
        money_text(training),
        money_text(measuring),
        money_text(both),
        money_text(None if training is None else training / len(runs)),
        money_in_use(billing, runs),
    )


def _notes(comparison: Comparison, billing: Billing) -> Iterator[Text]:
    """Says what is unknown or assumed, and where a service charged else than the price list."""
    runs = comparison.finished
    assumed = dict.fromkeys(run.method for run in runs if billing.assumes_texts(run))
    if assumed:
        yield Text(
            f"Money is only about so much for {', '.join(assumed)}: text tokens have a price, and "
            "runs in memory don't note which texts they read. Others stand for them, as in the "
            "plan.",
            "note",
        )
    if billing.prices.reads and any(billing.counted_by_service(run) for run in runs):
        yield Text(
            "The service counts text tokens. A deployed prompt is taken to be as long as the mean "
            "of those that were measured on the way, which is only about right where a method "
            "changes its texts.",
            "note",
        )
    if any(billing.training(run).amount is None for run in runs):
        yield Text(
            "Where money is -, text tokens have a price but are not known: results in memory hold "
            "none, and they are counted only where the dataset and the model's tokenizer are here.",
            "note",
        )
    parts = {run.title: (billing.training(run), billing.measuring(run)) for run in runs}
    odd = [title for title, both in parts.items() if any(one.disagrees for one in both)]
    if odd:
        stated = total(one for title in odd for one in parts[title]) or 0.0
        listed = sum(one.listed or 0.0 for title in odd for one in parts[title])
        text = billing.prices.text
        yield Text(
            f"The service states charges that differ by more than 1 % from the spec's prices: "
            f"{text(stated)} rather than {text(listed)} for {_shortly(odd)}. What it states is "
            f"taken; check the spec's price.",
            "warning",
        )


def _shortly(titles: Sequence[str]) -> str:
    more = f" and {len(titles) - 1} more" if len(titles) > 1 else ""
    return f"{titles[0]}{more}"


def _figure(comparison: Comparison, billing: Billing, shots: int) -> Iterator[FigureBlock]:
    """Mean accuracy over the datasets that all methods have, over money."""
    scores = comparison.scores[shots]
    datasets = tuple(name for name in scores.datasets if name in comparison.trained_on)
    runs = comparison.at(shots)
    if not datasets or not most_spent(runs, billing):
        return
    lines = tuple(
        line for who in sorted(scores.values) for line in _line(comparison, who, shots, datasets)
    )
    if not lines:
        return
    one = len(datasets) == 1
    where = f"on {datasets[0]}" if one else f"mean over {len(datasets)} datasets"
    chart = LineChart(
        f"money for training one prompt ({billing.prices.currency})",
        "test accuracy (%)" if one else "mean test accuracy (%)",
        lines,
        bounds=PERCENT,
    )
    caption = (
        f"Test accuracy over the money that training one prompt had cost by "
        f"then{comparison.suffix(shots)}, {where}. Each seed is averaged over datasets first; "
        f"bands are 95 % t-intervals over seeds. Measuring is not in it. A method that stops early "
        f"keeps what it has; one that isn't trained is a level line."
    )
    if comparison.crowded(shots):
        chart = replace(crowded.ahead(comparison, shots, chart), ticks=())
        caption = f"{caption} Thin grey lines are methods that are not ahead anywhere."
    yield FigureBlock(f"money_curve{comparison.file_suffix(shots)}", caption, (chart,))


def _line(
    comparison: Comparison, who: Contender, shots: int, datasets: Sequence[str]
) -> Iterator[Line]:
    billing = comparison.billing
    found = billing and money_band(comparison.at(shots), who, datasets, billing)
    if found:
        drawn = line_of(who.method, comparison.looks[who.method], found.band)
        yield replace(drawn, x=found.money)


def _at_money(comparison: Comparison, billing: Billing, shots: int) -> Iterator[TableBlock]:
    """The mean over datasets within round amounts, as at numbers of queries."""
    runs = comparison.trained_at(shots)
    steps = amounts(most_spent(runs, billing))
    within = {step: scores_by(runs, partial(billing.reached, amount=step)) for step in steps}
    means = mean_rows(comparison, within)
    if means is None:
        return
    yield TableBlock(
        f"at_money{comparison.file_suffix(shots)}",
        f"Test accuracy in percent{comparison.suffix(shots)}, {means.where}, at the last "
        f"measurement within so much money for training one prompt. A method that stops earlier "
        f"keeps what it has. The best of each column is in bold. Methods are grouped by what they "
        f"need, {FROM_EASY}, then sorted by the last column. {BRACKETS}",
        ("method", *(f"within {price_text(step)} {billing.prices.currency}" for step in within)),
        means.rows,
        row_groups=comparison.column_groups(means.contenders),
    )


def _numbers(comparison: Comparison, billing: Billing) -> Iterator[TableBlock]:
    """Every dataset by itself."""
    runs = [run for run in comparison.runs if run.dataset in comparison.trained_on]
    found = reached_for(runs, billing, amounts(most_spent(runs, billing)))
    currency = billing.prices.currency
    return dataset_rows(comparison, found, "at_money_by_dataset", currency, "{:.6g}".format)
