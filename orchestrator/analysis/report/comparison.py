"""What a report is about: sound runs, failures, what is missing, and what was asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from methods.interface import Access
from orchestrator.analysis.ablation import Sweep, sweeps_of
from orchestrator.analysis.access import TRACKS, Track, group_title, hardness, marked, track_of
from orchestrator.analysis.charts.palette import Look, looks_of
from orchestrator.analysis.runs import Contender, Run
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

    @cached_property
    def access(self) -> Mapping[str, Access | None]:
        """What each method needs of a black box, by label."""
        return {run.method: run.access for run in (*self.finished, *self.failures)}

    @cached_property
    def several_tracks(self) -> bool:
        """Whether methods of the comparison are in different tracks."""
        return len({self.track(run.method) for run in self.runs}) > 1

    def track(self, label: str) -> Track:
        """The track that a method is compared in."""
        return track_of(self.access.get(label))

    def tracks(self, shots: int) -> dict[Track, Scores]:
        """Final accuracies with a number of shots by track; all on the same datasets."""
        scores = self.scores[shots]
        found = {
            track: scores.among([who for who in scores.values if self.track(who.method) == track])
            for track in TRACKS
        }
        return {track: mine for track, mine in found.items() if mine.values}

    def in_order(self, contenders: Iterable[Contender]) -> list[Contender]:
        """Methods by what they need of a black box, the easiest first."""
        return sorted(contenders, key=lambda who: (hardness(self.access.get(who.method)), who))

    def column_groups(self, contenders: Iterable[Contender]) -> tuple[str, ...]:
        """What stands above the columns of methods."""
        return tuple(group_title(self.access.get(who.method)) for who in contenders)

    def marked(self, label: str) -> str:
        """A label, with a mark if its method learns from unlabelled test images."""
        return marked(label, self.access.get(label))

    def suffix(self, shots: int) -> str:
        """Ends captions, such as `, 16 shots`; empty if there is only one number of shots."""
        return f", {shots} shots" if len(self.shots) > 1 else ""

    def file_suffix(self, shots: int) -> str:
        """Ends names of files, such as `_16_shots`; empty likewise."""
        return f"_{shots}_shots" if len(self.shots) > 1 else ""
