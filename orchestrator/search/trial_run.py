"""One trial's run: its cells one after another, and what it reports on the way."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from orchestrator.analysis.curves import Curve
from orchestrator.analysis.runs import is_measured
from orchestrator.search.assignment import Assignment, KeyedCell
from orchestrator.search.borrowed_oracle import BorrowedOracle, CellFailed
from orchestrator.search.objective import VALIDATION_ACCURACY, Goal
from orchestrator.store.store import Store
from orchestrator.store.trace import Point

State = Literal["running", "finished", "failed"]


@dataclass(frozen=True)
class TrialReport:
    """Where a trial stands.

    Attributes:
        queries: queries spent by all its cells so far; the time axis of pruning.
        values: objectives by name; empty when it failed before anything was measured.
        state: `finished` and `failed` end it.
        stored: whether this was known before, so that stopping would save nothing.
        error: why it failed.
    """

    queries: int
    values: dict[str, float]
    state: State
    stored: bool = False
    error: str = ""

    def as_result(self) -> dict[str, Any]:
        """The report as Ray Tune takes it."""
        return {
            "queries": self.queries,
            **self.values,
            "state": self.state,
            "stored": self.stored,
            "error": self.error,
            "done": self.state != "running",
        }


@dataclass
class TrialRun:
    """Runs the cells of a trial from measurement to measurement.

    A cell that the store has finished costs nothing. One that has a checkpoint first reports
    again what it had measured, so that a pruner sees the same history as without interruption.

    Attributes:
        assignment: what to do.
        goal: what is reported.
        store: where finished cells are looked up.
        oracle: runs the cells.
    """

    assignment: Assignment
    goal: Goal
    store: Store
    oracle: BorrowedOracle
    _curves: list[Curve] = field(default_factory=list)
    _stored: bool = False

    def reports(self) -> Generator[TrialReport, None, None]:
        """One report per measurement; the last one says that the trial has finished or failed."""
        if self.assignment.refusal:
            yield TrialReport(0, {}, "failed", error=self.assignment.refusal)
            return
        try:
            for cell in self.assignment.cells:
                self._curves.append(Curve((), ()))
                for curve in self._measured(cell):
                    self._curves[-1] = curve
                    yield self._report("running")
                self._curves[-1] = self._whole(cell.key)
                if cell is not self.assignment.cells[-1]:
                    yield self._report("running")
        except CellFailed as error:
            yield self._report("failed", str(error))
        else:
            yield self._report("finished")
        finally:
            self.oracle.end()

    def _measured(self, cell: KeyedCell) -> Iterator[Curve]:
        """The curve as it grows, without its end."""
        self._stored = cell.key in self.store.finished_keys()
        reported, outcome = 0, None
        while not self._stored:
            outcome = self.oracle.advance(cell.cell, cell.key, cell.split)
            if outcome.status == "failed":
                raise CellFailed(outcome.error)
            if outcome.status == "finished":
                break
            # The measurement at the budget comes with the end.
            curve = _inside(_curve_of(outcome.points), cell.cell.budget)
            yield from _growing(curve, reported)
            reported = len(curve.queries)
        whole = self._whole(cell.key)
        yield from _growing(Curve(whole.queries[:-1], whole.values[:-1]), reported)

    def _whole(self, key: str) -> Curve:
        """The curve of a finished cell; none that former releases made of NaN is an objective."""
        trace = self.store.finished(key)
        if not is_measured(trace, VALIDATION_ACCURACY):
            raise CellFailed(
                f"the model's scores on the val split were not finite in the stored result {key}. "
                f"Check the file of the weights, or use precision fp32."
            )
        return Curve(*trace.series(VALIDATION_ACCURACY))

    def _report(self, state: State, error: str = "") -> TrialReport:
        curves = [curve for curve in self._curves if curve.queries]
        budget = self.assignment.cells[0].cell.budget
        values = self.goal.values(curves, budget) if curves else {}
        queries = sum(curve.queries[-1] for curve in curves)
        return TrialReport(queries, values, state, self._stored, error)


def _curve_of(points: Sequence[Point]) -> Curve:
    measured = [point for point in points if point.metric == VALIDATION_ACCURACY]
    return Curve(tuple(p.queries for p in measured), tuple(p.value for p in measured))


def _inside(curve: Curve, budget: int) -> Curve:
    count = sum(queries < budget for queries in curve.queries)
    return Curve(curve.queries[:count], curve.values[:count])


def _growing(curve: Curve, reported: int) -> Iterator[Curve]:
    for count in range(reported + 1, len(curve.queries) + 1):
        yield Curve(curve.queries[:count], curve.values[:count])
