"""What finished runs cost in money, training, measuring and deployment apart.

A run on a service has the service's own counts in its trace, and perhaps what it charged in money,
which is then taken as it is. Of a run in memory the ledgers are priced: it is what the same run
would cost on a box with these prices.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from orchestrator.analysis.deployment import deployment_of
from orchestrator.analysis.runs import ACCURACY, Run
from orchestrator.money import (
    SERVICE_MEASURING,
    SERVICE_TRAINING,
    TEST_IMAGES,
    Prices,
    Use,
    calls_in,
)

FURTHEST = 0.01
"""Share by which a charge may differ from the price list without a word about it."""

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Charged:
    """Money for one part of a run.

    Attributes:
        listed: by the price list; None where tokens have a price and aren't known.
        stated: as the service says it; None where it doesn't.
    """

    listed: float | None
    stated: float | None = None

    @property
    def amount(self) -> float | None:
        """What was paid: the service's own word, before the price list's."""
        return self.listed if self.stated is None else self.stated

    @property
    def disagrees(self) -> bool:
        """Whether the two are more than a hundredth apart."""
        if self.listed is None or self.stated is None:
            return False
        return abs(self.listed - self.stated) > FURTHEST * max(self.listed, self.stated)


@dataclass(frozen=True)
class Billing:
    """Prices the use that traces tell of.

    Attributes:
        prices: of the black box.
    """

    prices: Prices

    def training(self, run: Run) -> Charged:
        """For the method's queries; nothing where another cell has trained the prompt."""
        if run.transferred:
            return Charged(0.0)
        return self._charged(run, SERVICE_TRAINING, Use(run.queries, run.images))

    def measuring(self, run: Run) -> Charged:
        """For the observer's queries."""
        observer = run.trace.ledgers.get("observer", {})
        # The observer's ledger counts an ensemble once, which a black box is asked template by
        # template; the prompts that a readout needs, it counts one by one.
        deployed = deployment_of([run])
        templates = 1 if deployed.readout else max(deployed.queries_per_image, default=1)
        use = Use(observer.get("queries", 0), observer.get("images", 0)).times(templates)
        return self._charged(run, SERVICE_MEASURING, use)

    def assumes_texts(self, run: Run) -> bool:
        """Whether its texts are priced, but only others that stand for them were counted."""
        priced = self.prices.reads and not self.counted_by_service(run)
        return priced and not run.texts_known and run.tokens is not None

    def counted_by_service(self, run: Run) -> bool:
        """Whether a service has counted what it used."""
        return any(_service(run, ledger) for ledger in (SERVICE_TRAINING, SERVICE_MEASURING))

    def deployment(self, run: Run, queries: int) -> float | None:
        """For the answers to some test images, each asked about by itself.

        Args:
            run: what was trained.
            queries: how many the answer to an image takes.
        """
        tokens = self._tokens_of_a_call(run)
        if tokens is None:
            return None
        return self.prices.of(Use(1, 1, tokens).times(TEST_IMAGES * queries))

    def mean_deployment(self, runs: Sequence[Run], queries: int) -> float | None:
        """The mean of `deployment` over runs, whose classes may read longer or shorter texts."""
        amounts = [self.deployment(run, queries) for run in runs]
        known = [amount for amount in amounts if amount is not None]
        return statistics.fmean(known) if known and len(known) == len(amounts) else None

    def spent(self, run: Run, queries: int) -> float | None:
        """Money for training up to the last measurement within so many queries.

        Returns:
            None where it is unknown, or nothing was measured by then.
        """
        return next((money for at, money, _ in reversed(self._path(run)) if at <= queries), None)

    def reached(self, run: Run, amount: float) -> float | None:
        """Accuracy at the last measurement within so much money for training; None if unknown."""
        within = (1 + _ROUNDING) * amount
        path = reversed(self._path(run))
        return next((accuracy for _, money, accuracy in path if money <= within), None)

    def _path(self, run: Run) -> list[tuple[int, float, float]]:
        """Queries, money and accuracy of each measurement; none where money is unknown."""
        amount = self.training(run).amount
        if amount is None:
            return []
        points = (point for point in run.trace.points if point.metric == ACCURACY)
        return [
            (one.queries, amount * self._share(run, one.queries, one.images), one.value)
            for one in points
        ]

    def _share(self, run: Run, queries: int, images: int) -> float:
        """The share of a run's cost that so many of its queries and images make."""
        whole = self._use(run, SERVICE_TRAINING, Use(run.queries, run.images))
        if whole is None or not run.queries:
            return 0.0
        of_queries, of_images = queries / run.queries, images / max(1, run.images)
        part = Use(of_queries * whole.calls, of_images * whole.images, of_queries * whole.tokens)
        total = self.prices.of(whole)
        return self.prices.of(part) / total if total else of_queries

    def _charged(self, run: Run, ledger: str, counted: Use) -> Charged:
        use, stated = self._use(run, ledger, counted), _service(run, ledger).get("money")
        listed = None if use is None else self.prices.of(use)
        return Charged(listed, None if stated is None else float(stated))

    def _use(self, run: Run, ledger: str, counted: Use) -> Use | None:
        """What the service has counted; without one, what our ledgers have, with its texts."""
        service = _service(run, ledger)
        if service:
            names = ("queries", "requests", "images", "tokens")
            queries, requests, images, tokens = (int(service.get(name, 0)) for name in names)
            return Use(calls_in(queries, requests), images, tokens)
        if not self.prices.reads or not counted.calls:
            return counted
        return None if run.tokens is None else replace(counted, tokens=counted.calls * run.tokens)

    def _tokens_of_a_call(self, run: Run) -> float | None:
        if not self.prices.reads:
            return 0.0
        for ledger in (SERVICE_MEASURING, SERVICE_TRAINING):
            use = self._use(run, ledger, Use())
            if use is not None and use.calls:
                return use.tokens / use.calls
        return run.tokens


def total(charges: Iterable[Charged]) -> float | None:
    """Several amounts together; None if one is unknown."""
    amounts = [one.amount for one in charges]
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if len(known) == len(amounts) else None


def _service(run: Run, ledger: str) -> Mapping[str, int | float]:
    return run.trace.ledgers.get(ledger, {})
