"""The loop of a trial: ask, query, tell, measure. It knows neither Ray nor any method by name."""

import math
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from methods.interface import ImageChoice, Method, Named, Prompts, Readout, Scores
from methods.parts.losses import cross_entropy
from orchestrator.oracle.interface import Batch, Ledgers, Oracle
from orchestrator.oracle.ledger import BudgetExhausted
from orchestrator.oracle.remote.service import Stopped
from orchestrator.store.trace import Point
from orchestrator.trial.checkpoint import Checkpoints, Snapshot
from orchestrator.trial.data import EvaluationSplit, TrialData
from orchestrator.trial.messages import TrialStopped
from orchestrator.trial.not_finite import (
    Origin,
    TrialError,
    check_evaluation,
    check_measured,
    check_query,
)
from orchestrator.trial.train_stream import TrainStream


@dataclass
class Trial:
    """One execution of a cell.

    Attributes:
        method: proposes prompts.
        oracle: answers and counts queries.
        data: to train and to measure on.
        evaluations: number of measurements after the start, evenly spaced over the budget.
        marks: ascending numbers of queries; if there are any, it is measured instead at the last
            step within each.
        checkpoints: saves the trial at intervals; None never saves.
        on_progress: called after every step with the number of queries spent.
        points: the trace so far.
        seconds: wall seconds so far by activity (`query`, `evaluation`, `method`, `data`).
    """

    method: Method
    oracle: Oracle
    data: TrialData
    evaluations: int
    marks: tuple[int, ...] = ()
    checkpoints: Checkpoints | None = None
    on_progress: Callable[[int], None] = lambda _: None
    points: list[Point] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    _step: int = 0
    _drawn: int = 0
    _before: Snapshot | None = None

    def resume(self, snapshot: Snapshot) -> None:
        """Continues from a snapshot of the same cell."""
        self.method.load(snapshot.method)
        self.oracle.restore(snapshot.ledgers)
        self._step = snapshot.step
        self._drawn = snapshot.drawn
        self.points = list(snapshot.points)
        self.seconds.update(snapshot.seconds)

    def snapshot(self) -> Snapshot:
        """The state of the trial between two steps."""
        state, points, seconds = self.method.state(), tuple(self.points), dict(self.seconds)
        return Snapshot(self._step, self._drawn, state, self.ledgers, points, seconds)

    def run(self) -> None:
        """Runs to the end of the budget, or until the method asks no more.

        Raises:
            TrialError: scores, of training or of an evaluation, are not finite, or an evaluation
                split has no images.
            ImageUnreadable: an image is missing or corrupt.
            TrialStopped: the trial was asked to stop.
        """
        while self.run_to_measurement():
            pass

    def run_to_measurement(self) -> bool:
        """Runs to the next measurement; returns False if the trial has ended. Raises like `run`."""
        try:
            return self._run_to_measurement()
        except Stopped:
            if self.checkpoints is not None and self._before is not None:
                self.checkpoints.save(self._before)
            raise TrialStopped from None

    def _run_to_measurement(self) -> bool:
        while True:
            if self.oracle.waits:  # what comes next may be broken off
                self._before = self.snapshot()
            if self._evaluation_due():
                self._evaluate(end=self._is_last())
                return True
            if not self._advance():
                break
            self.on_progress(self.oracle.method.queries)
            if self.checkpoints is not None:
                self.checkpoints.maybe(self.snapshot)
        if self._evaluated_at() != self.oracle.method.queries:
            self._evaluate(end=True)
        return False

    @property
    def ledgers(self) -> Ledgers:
        """What was spent so far, by method and observer, and what a service has charged."""
        return self.oracle.ledgers

    @property
    def deployment(self) -> dict[str, Any]:
        """What a test image costs in queries, and whether a readout makes the answer of scores."""
        return {
            "queries_per_image": self.method.best_prompt().queries,
            "readout": self.method.readout() is not None,
        }

    def _advance(self) -> bool:
        """Takes one step; returns False if there are none left."""
        with self._timed("method"):
            prompts = self.method.ask()
        if prompts is None or self.data.train is None:
            return False
        with self._timed("data"):
            choice = self.method.images()
            batch = self._batch(self.data.train, choice, pixels=prompts.touches_images)
        try:
            with self._timed("query"):
                logits = self.oracle.query(prompts, batch)
        except BudgetExhausted:
            return False
        check_query(logits, self.oracle.method.queries)
        with self._timed("method"):
            measured = self.method.tell(Scores(logits, batch.labels, batch.examples))
        check_measured(measured, self.oracle.method.queries)
        self._step += 1
        self._drawn += choice == "next"
        self._record(measured)
        return True

    def _batch(self, train: TrainStream, choice: ImageChoice, *, pixels: bool) -> Batch:
        """The images that the method asks about.

        Raises:
            ValueError: the method asks for the same mini-batch again before it had one.
        """
        if isinstance(choice, Named):
            return train.named(choice, pixels=pixels)
        if choice == "same" and not self._drawn:
            raise ValueError("there is no mini-batch yet that could be asked about again")
        return train.batch(self._drawn - (choice == "same"), pixels=pixels)

    def _evaluation_due(self) -> bool:
        """Whether the next evaluation point has been reached."""
        last = self._evaluated_at()
        if last is None:
            return True
        ledger = self.oracle.method
        if not ledger.limit:
            return False
        if self.marks:
            return last < ledger.queries and self._passes_a_mark(ledger.queries)
        reached, passed = (q * self.evaluations // ledger.limit for q in (ledger.queries, last))
        return reached > passed

    def _passes_a_mark(self, queries: int) -> bool:
        """Whether the next step, or the end, leads from within one of the marks beyond it."""
        asked = self.method.ask()  # which it repeats when it is asked again
        after = math.inf if asked is None else queries + asked.queries
        return bisect_left(self.marks, queries) < bisect_left(self.marks, after)

    def _is_last(self) -> bool:
        """Whether no step follows, asked only where the last measurement differs from others."""
        if not self.data.parts:
            return False
        with self._timed("method"):
            asked = self.method.ask()  # which it repeats when it is asked again
        if asked is None or self.data.train is None:
            return True
        return not self.oracle.method.covers(asked.queries)

    def _evaluate(self, *, end: bool) -> None:
        """Measures what the method would deploy now on every evaluation split.

        Args:
            end: whether nothing is measured after it, so that whole splits are.
        """
        with self._timed("evaluation"):
            for name, split in self.data.evaluation.items():
                self._record(self._score(name, split if end else self._on_the_way(name, split)))

    def _on_the_way(self, name: str, split: EvaluationSplit) -> EvaluationSplit:
        """A split, or the part that stands for it where its features aren't known already."""
        if name not in self.data.parts:
            return split
        costs = self.oracle.waits or self._deployed(split).touches_images
        return self.data.parts[name] if costs else split

    def _score(self, name: str, split: EvaluationSplit) -> dict[str, float]:
        """Accuracy in percent and mean cross-entropy in nats over a split, by metric.

        And the number of images, where that may be another one at another point.
        """
        right, loss, images = 0, 0.0, 0
        oracle, spent = split.oracle or self.oracle, self.oracle.method.queries
        prompts, readout = self._deployed(split), self.method.readout()
        batches = split.batches(pixels=prompts.touches_images)
        for batch, logits in oracle.observe(prompts, batches, as_method=readout is not None):
            check_evaluation(logits, name, spent, self._origin)
            answers = answers_of(logits, readout)
            losses = cross_entropy(answers.unsqueeze(0), batch.labels)
            check_evaluation(losses, name, spent, self._origin)
            right += int((answers.argmax(dim=-1) == batch.labels).sum())
            loss += float(losses[0]) * len(batch.labels)
            images += len(batch.labels)
        if not images:
            raise TrialError(
                f"the {name} split has no images, so nothing can be measured on it. "
                f"Leave this dataset out, or give it images to test on."
            )
        counted = {f"{name}_images": images} if name in self.data.parts else {}
        return {f"{name}_accuracy": 100 * right / images, f"{name}_loss": loss / images, **counted}

    @property
    def _origin(self) -> Origin:
        """Where the prompt that is measured comes from."""
        if not self.method.trains:
            return "words"
        return "training" if self.data.train is not None else "another trial"

    def _deployed(self, split: EvaluationSplit) -> Prompts:
        return self.method.transferred_prompt() if split.foreign else self.method.best_prompt()

    def _evaluated_at(self) -> int | None:
        """Queries spent at the last evaluation; None before the first."""
        return next((p.queries for p in reversed(self.points) if p.metric in _SCORED), None)

    def _record(self, measured: Mapping[str, float]) -> None:
        ledger = self.oracle.method
        for metric, value in measured.items():
            self.points.append(Point(ledger.queries, ledger.images, metric, float(value)))

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[what] += time.perf_counter() - start


def answers_of(logits: Tensor, readout: Readout | None) -> Tensor:
    """The scores `(B, C)` of what is deployed, of the logits `(K, B, C)` of its K prompts.

    Raises:
        ValueError: the method deploys several prompts and nothing that makes one answer of them.
    """
    if readout is not None:
        return readout(logits)
    if len(logits) != 1:
        raise ValueError(f"a method deploys one prompt, or has a readout, but got {len(logits)}")
    return logits[0]


_SCORED = frozenset({"test_accuracy", "val_accuracy"})
