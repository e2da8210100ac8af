"""The `compare` verb: own results beside published ones, or two stores side by side."""

from collections import Counter
from collections.abc import Mapping, Sequence

from rich.table import Column, Table
from rich.text import Text

from benchmarks.naming import did_you_mean
from benchmarks.places import PlaceError, is_address, local_path
from benchmarks.reference.published import TABLE, PublishedResult, published_results
from orchestrator.analysis.collect import finished_runs
from orchestrator.analysis.intervals import interval_text
from orchestrator.analysis.regression import Regression, SameCell, compare_traces
from orchestrator.analysis.reproduction import MARGIN, Judgement, Verdict, compare_with_published
from orchestrator.analysis.runs import Group, split_by_measurements
from orchestrator.analysis.short_names import short_names
from orchestrator.cell import Cell
from orchestrator.cli.work import is_there
from orchestrator.console import counted, output, plain_table, say, warn
from orchestrator.errors import UserError
from orchestrator.plan.plan import Plan
from orchestrator.store.storage import open_storage
from orchestrator.store.store import Store

LONGEST_NAME = 20
"""Characters of a name beside numbers and reasons."""

_STYLES: Mapping[Judgement, str] = {
    "reproduced": "green",
    "within noise": "yellow",
    "differs": "red",
    "not comparable": "dim",
    "not judged": "dim",
}


_VERDICTS_MEAN = (
    f"reproduced: ours is within {MARGIN:g} point of the published number, its whole interval "
    "included. differs: further off than that, and than the interval. within noise: these seeds "
    "can't tell. The interval is the 95 % t-interval of our mean; where the source gives its "
    "spread over seeds (sd), that of the difference of the two means, each with its own standard "
    "error (Welch)."
)


def compare_references(plan: Plan, store: Store) -> None:
    """Prints each finished cell beside the published numbers for it; raises as `verdicts_on`."""
    verdicts, unknown = verdicts_on(plan, store)
    show_verdicts(verdicts, unknown)


def verdicts_on(plan: Plan, store: Store) -> tuple[list[Verdict], list[Group]]:
    """Each finished cell beside the published numbers for it, and the groups that have none.

    Raises:
        UserError: nothing has finished yet that can be compared.
    """
    finished = finished_runs(plan, store, left_out=warn)
    runs, _ = split_by_measurements([run for run in finished if not run.ablated])
    if not runs:
        alone = " beside the ablation, which published numbers know nothing of" if finished else ""
        raise UserError(f"nothing has finished yet that can be compared{alone}. Run it first.")
    return compare_with_published(runs, published_results())


def compare_stores(first: str, second: str, tolerance: float, across: Sequence[str] = ()) -> bool:
    """Prints what two stores have in common; True if equal keys gave different results.

    Arguments and errors are those of `regression_of`.
    """
    result = regression_of(first, second, tolerance, across)
    show_regression(result, (first, second), across)
    return result.differs


def regression_of(
    first: str, second: str, tolerance: float, across: Sequence[str] = ()
) -> Regression:
    """What two stores have in common.

    Args:
        first: location of a store.
        second: location of the other.
        tolerance: points of accuracy that equal keys may be apart.
        across: fields of cells in which equal ones may differ.

    Raises:
        UserError: a store holds no results, or cells have no such field.
    """
    for field in across:
        if field not in Cell.model_fields:
            raise UserError(
                f"cells have no field {field!r}. {did_you_mean(field, tuple(Cell.model_fields))}"
            )
    stores = [Store(open_storage(location)) for location in (first, second)]
    for location, store in zip((first, second), stores, strict=True):
        if not store.finished_keys():
            there = "holds no finished results" if is_there(store) else "is not there"
            raise UserError(
                f"{location} {there}. Give two stores, or one spec to compare with published "
                f"numbers."
            )
    return compare_traces(stores[0].traces(warn), stores[1].traces(warn), tolerance, across)


def looks_like_store(location: str) -> bool:
    """Whether an argument names a store rather than a spec."""
    try:
        return is_address(location) or local_path(location).is_dir()
    except PlaceError as error:
        raise UserError(str(error)) from None


def show_verdicts(verdicts: Sequence[Verdict], unknown: Sequence[Group]) -> None:
    """Each verdict as a row, then notes on the published numbers, then what has none.

    Published numbers that tell nothing beside ours are counted.
    """
    shown = [verdict for verdict in verdicts if not verdict.unrelated]
    if shown:
        output.print(_verdict_table(shown))
        counts = Counter(verdict.judgement for verdict in shown)
        say(", ".join(f"{counts[name]} {name}" for name in _STYLES if counts[name]) + ".")
        say(_VERDICTS_MEAN, "dim")
    if hidden := len(verdicts) - len(shown):
        say(
            f"{counted(hidden, 'more published number')} of these methods and datasets not shown: "
            f"of another backbone or number of shots, no accuracy, or with a caveat. See {TABLE}.",
            "dim",
        )
    notes = (
        f"note: {v.published.place}, {v.published.published_as} on {v.published.dataset}: "
        f"{v.published.note}."
        for v in verdicts
        if v.published.note and v.judgement != "not comparable"
    )
    for note in dict.fromkeys(notes):
        say(note, "dim")
    if unknown:
        names = ", ".join(f"{group.dataset} / {group.method}" for group in unknown)
        say(f"no published number is known for: {names}.")


def show_regression(result: Regression, names: tuple[str, str], across: Sequence[str] = ()) -> None:
    """Equal keys first, then equal cells under other keys, then what only one has."""
    counts = Counter(same.state for same in result.keys)
    line = ", ".join(f"{counts[s]} {s}" for s in ("identical", "close", "differs") if counts[s])
    equal = f"cells that differ at most in {' and '.join(across)}" if across else "equal keys"
    say(f"{len(result.keys)} {equal}: {line or 'nothing to compare'}")
    for same in result.keys:
        if same.state == "differs":
            what = same.shape or f"accuracy is up to {same.largest:.2f} points apart"
            where = "" if same.first is None else f", first at query {same.first}"
            say(f"differs: {same.title}: {what}{where}", "red")
    if result.cells:
        output.print(_change_table(result.cells, names))
    for name, titles in zip(names, (result.only_first, result.only_second), strict=True):
        if titles:
            say(f"only in {name}: {counted(len(titles), 'cell')}")
            for title in titles:
                say(f"  {title}", "dim")


def _verdict_table(verdicts: Sequence[Verdict]) -> Table:
    whole = (Column(name, no_wrap=True) for name in ("dataset", "method", "ours", "published"))
    table = plain_table(*whole, "verdict", "where, and why")
    datasets = short_names((verdict.group.dataset for verdict in verdicts), LONGEST_NAME)
    methods = short_names((verdict.group.method for verdict in verdicts), LONGEST_NAME)
    for verdict in verdicts:
        row = verdict.published
        metric = "" if row.metric == "accuracy" else f" ({row.metric})"
        table.add_row(
            Text(datasets[verdict.group.dataset]),
            Text(methods[verdict.group.method]),
            "-" if verdict.ours is None else interval_text(verdict.ours),
            _published_text(row),
            verdict.judgement,
            f"{row.place}: {row.published_as}{metric}, {row.status}. {verdict.reason}",
            style=_STYLES[verdict.judgement],
        )
    return table


def _published_text(row: PublishedResult) -> str:
    """The number, its error if it was read off a figure, its unit and its spread over seeds."""
    error = f" ± {row.error:g}" if row.error else ""
    unit = "" if row.unit == "%" else f" {row.unit}"
    spread = "" if row.sd is None else f" (sd {row.sd:g})"
    return f"{row.value:g}{error}{unit}{spread}"


def _change_table(cells: Sequence[SameCell], names: tuple[str, str]) -> Table:
    table = plain_table(
        "cell",
        *(Column(n, justify="right") for n in ("before", "after", "change", "significant")),
        title=f"equal cells under other keys (code or data changed): {names[0]} -> {names[1]}",
    )
    for cell in cells:
        significant = "yes" if cell.significant else "no"
        table.add_row(
            Text(cell.title),
            interval_text(cell.first),
            interval_text(cell.second),
            interval_text(cell.change),
            "a single seed" if cell.change.count == 1 else significant,
        )
    return table
