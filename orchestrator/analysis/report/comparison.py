"""What a report is about: sound runs, failures, what is missing, and what was asked."""

from dataclasses import dataclass, field
from functools import cached_property

from orchestrator.analysis.ablation import Sweep, sweeps_of
from orchestrator.analysis.charts.palette import Look, looks_of
from orchestrator.analysis.runs import Run
from orchestrator.analysis.scores import Scores, scores_of
from orchestrator.analysis.search import SearchFindings
from orchestrator.analysis.table import Row, comparison
from orchestrator.spec.spec import ReportSpec


@dataclass(frozen=True)
class Comparison:
    """Everything that sections draw from.

    Attributes:
        name: the spec's name.
        runs: finished runs whose accuracies were all measured.
        ablated: the same, of arms that belong to the ablation alone. Comparisons between methods
            leave them out.
        failures: cells whose last attempt failed.
        unsound: finished runs without an accuracy, or with one that is no number or has a loss
            beside it that is none.
        missing: titles of planned cells that have no result yet.
        skipped: what the plan leaves out (methods and datasets), with the reason.
        question: what the spec asks its report beyond accuracy.
        spec_yaml: the whole spec.
        remarks: what to know of how results were found.
        search: what a search found; None where there was none.
    """

    name: str
    runs: tuple[Run, ...]
    ablated: tuple[Run, ...] = ()
    failures: tuple[Run, ...] = ()
    unsound: tuple[Run, ...] = ()
    missing: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    question: ReportSpec = field(default_factory=ReportSpec)
    spec_yaml: str = ""
    remarks: tuple[str, ...] = ()
    search: SearchFindings | None = None

    @property
    def finished(self) -> tuple[Run, ...]:
        """All sound runs, whatever they belong to."""
        return (*self.runs, *self.ablated)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The comparison table."""
        return tuple(comparison(self.runs, self.question, self.failures))

    @cached_property
    def sweeps(self) -> tuple[Sweep, ...]:
        """What the ablation varied."""
        return sweeps_of(self.finished)

    @cached_property
    def looks(self) -> dict[str, Look]:
        """How each method is drawn."""
        return looks_of(run.method for run in (*self.runs, *self.failures))

    @cached_property
    def shots(self) -> tuple[int, ...]:
        """Numbers of shots that are compared, each by itself; (0,) when no run trained."""
        return tuple(sorted({run.shots for run in self.runs if run.shots})) or (0,)

    @cached_property
    def datasets(self) -> tuple[str, ...]:
        """Names of the datasets with results, sorted."""
        return tuple(sorted({run.dataset for run in self.runs}))

    def at(self, shots: int) -> list[Run]:
        """Runs with one number of shots, and those that need none: what may be compared."""
        return [run for run in self.runs if run.shots in (shots, 0)]

    @cached_property
    def scores(self) -> dict[int, Scores]:
        """Final accuracies by number of shots."""
        return {shots: scores_of(self.at(shots)) for shots in self.shots}

    def suffix(self, shots: int) -> str:
        """Ends captions, such as `, 16 shots`; empty if there is only one number of shots."""
        return f", {shots} shots" if len(self.shots) > 1 else ""

    def file_suffix(self, shots: int) -> str:
        """Ends names of files, such as `_16_shots`; empty likewise."""
        return f"_{shots}_shots" if len(self.shots) > 1 else ""
