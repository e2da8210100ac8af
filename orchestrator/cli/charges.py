"""What a run did cost, and whether the service charged as much as was counted here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestrator.analysis.billing import Billing, Charged, total
from orchestrator.analysis.collect import run_of
from orchestrator.analysis.reconciliation import (
    CellCharge,
    Counts,
    counts_of,
    reconciled,
    unlike_asked,
)
from orchestrator.analysis.runs import Run
from orchestrator.console import say, warn
from orchestrator.errors import UserError
from orchestrator.masking import masked
from orchestrator.money import amount_text
from orchestrator.oracle.backbone import RemoteModel
from orchestrator.plan.plan import PlannedCell
from orchestrator.store.store import Store, UnreadableTrace

if TYPE_CHECKING:
    from orchestrator.cli.costs import RunEstimate
    from orchestrator.cli.work import Work
    from orchestrator.store.trace import Trace

PATIENCE = 10.0
"""Seconds to wait for a service that is asked what it has charged: nothing depends on it."""


@dataclass(frozen=True)
class RanCell:
    """A cell that a run was to run.

    Attributes:
        planned: the cell; of a trial of a search, the one on the same images whose settings it
            varies.
        title: what it is called.
    """

    planned: PlannedCell
    title: str


Ran = Mapping[str, RanCell]
"""Cells of a run by key."""


@dataclass(frozen=True)
class Begun:
    """What is known of a run when it begins, so that what it did can be told at its end.

    Attributes:
        work: what it is to do.
        cells: its cells, those of its search's baseline too.
        known: keys of cells that had a result before.
    """

    work: Work
    cells: Ran
    known: frozenset[str]

    @classmethod
    def of(cls, work: Work) -> Begun:
        """A run that is about to begin.

        Raises:
            UserError: its search can't be planned.
        """
        baseline = () if work.search is None else work.search.plan.to_run()
        cells = {c.key: RanCell(c, c.title) for c in (*work.plan.to_run(), *baseline)}
        return cls(work, cells, work.store.finished_keys() | work.store.pruned_keys())

    def ended(self, work: Work) -> Ran:
        """All cells that the run has run, trials of its search and what followed them too.

        Args:
            work: the same work once its search is over, which has the cells that follow from it.
        """
        following = {cell.key: RanCell(cell, cell.title) for cell in work.plan.to_run()}
        return {**self._trials(work), **self.cells, **following}

    def _trials(self, work: Work) -> Ran:
        """Cells of the trials that have ended since."""
        if self.work.search is None or work.search is None:
            return {}
        planned = [cell for cell in self.work.search.plan.work if cell.fits]
        found = {}
        for trial in work.search.search.trials:
            for key, cell in zip(trial.keys, planned, strict=False):
                if trial.state != "running" and key not in self.known:
                    found[key] = RanCell(cell, f"trial {trial.number} on {cell.cell.dataset}")
        return found


def say_what_it_cost(ran: Ran, store: Store, estimate: RunEstimate | None) -> None:
    """What cells that were run did cost, beside what they were to, and what services charged.

    Args:
        ran: the cells.
        store: has what they have left.
        estimate: what they were to cost; None where nothing has a price.
    """
    runs = list(_runs(ran, store))
    if estimate is not None and ran:
        _say_money(ran, [run for _, run in runs], estimate)
    _say_charges(ran, runs)


def _say_money(ran: Ran, runs: Sequence[Run], estimate: RunEstimate) -> None:
    billing = Billing(estimate.prices)
    training, measuring = (total(map(part, runs)) for part in (billing.training, billing.measuring))
    if training is None or measuring is None:
        return
    remote = any(cell.planned.backbone.remote for cell in ran.values())
    verb = "cost" if remote else "would have cost, on a box with these prices,"
    say(
        f"this run {verb} {estimate.prices.text(training + measuring)} (training "
        f"{amount_text(training)}, measuring {amount_text(measuring)}); the estimate was {estimate}"
    )
    _say_other_prices([part(run) for run in runs for part in (billing.training, billing.measuring)])


def _say_other_prices(charged: Iterable[Charged]) -> None:
    """Says where a service charges by other prices than the spec's."""
    both = [one for one in charged if one.listed is not None and one.stated is not None]
    listed = sum(one.listed or 0.0 for one in both)
    stated = sum(one.stated or 0.0 for one in both)
    if Charged(listed, stated).disagrees:
        say(
            f"the service itself says what it costs: {amount_text(stated)}, where the spec's "
            f"`price` makes it {amount_text(listed)}. Mend `price`, by which runs are estimated"
        )


def _say_charges(ran: Ran, runs: Sequence[tuple[str, Run]]) -> None:
    """Compares each service's own account with the traces of the cells that ran on it."""
    asked: dict[RemoteModel, list[tuple[str, str, Counts]]] = defaultdict(list)
    for key, run in runs:
        counts, model = counts_of(run.trace), ran[key].planned.backbone.remote
        if counts is not None and model is not None:
            asked[model].append((key, ran[key].title, counts))
    for model, cells in asked.items():
        for line in _compared(model, cells):
            say(line)
    for line in unlike_asked([(ran[key].title, run.trace) for key, run in runs]):
        say(line)


def _compared(model: RemoteModel, cells: Iterable[tuple[str, str, Counts]]) -> Iterator[str]:
    from orchestrator.oracle.remote.connect import connect
    from orchestrator.oracle.remote.service import Caller

    charges = []
    try:
        with closing(connect(model.backbone, Caller(patience=PATIENCE))) as service:
            for key, title, counts in cells:
                usage = service.usage(key)
                if usage is None:
                    yield "the service keeps no account to compare with what is counted here"
                    return
                charged = Counts(usage.queries, usage.images, usage.tokens)
                charges.append(CellCharge(title, charged, counts))
    except UserError as error:
        warn(f"what the service has charged can't be compared: {masked(str(error))}")
        return
    yield from reconciled(charges)


def _runs(ran: Ran, store: Store) -> Iterator[tuple[str, Run]]:
    """The cells that have left a trace, whatever came of them."""
    finished, pruned, failed = store.finished_keys(), store.pruned_keys(), store.failed_keys()
    for key, cell in ran.items():
        trace: Trace | None = None
        try:
            if key in finished:
                trace = store.finished(key, ())
            elif key in pruned:
                trace = store.pruned(key)
            elif key in failed:
                trace = store.failed(key)
        except UnreadableTrace:
            continue  # the report says so
        if trace is not None:
            yield key, run_of(cell.planned, trace)
