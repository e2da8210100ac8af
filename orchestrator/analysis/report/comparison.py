"""What a report is about: sound runs, failures, what is missing, and what was asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from methods.interface import Access
from orchestrator.analysis.ablation import Sweep, sweeps_of
from orchestrator.analysis.access import TRACKS, Track, group_title, hardness, marked, track_of
from orchestrator.analysis.at_queries import budget_of, ladder
from orchestrator.analysis.billing import Billing
from orchestrator.analysis.charts.palette import Look, looks_apart, looks_of
from orchestrator.analysis.runs import ZERO_SHOT, Contender, Run
from orchestrator.analysis.scores import Scores, scores_of
from orchestrator.analysis.search import SearchFindings
from orchestrator.analysis.standings import Standings, standings_of
from orchestrator.analysis.table import Row, comparison
from orchestrator.console import counted
from orchestrator.money import Prices
from orchestrator.spec.spec import ReportSpec

MOST_TOGETHER = 8
"""Methods whose lines can still be told apart in one chart."""
MOST_COLUMNS = 6
"""Methods that are columns of a table even where they are more than its rows."""

FROM_EASY = "from what every service takes to what few or none do"


def in_rows(methods: int, others: int) -> bool:
    """Whether methods are the rows of a table, and something else, such as datasets, its columns.

    A table that is longer than wide is easier to read, and to print.
    """
    return methods > max(others, MOST_COLUMNS)


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
        prices: what the use of the black box costs; None where nothing has a price.
        measured_at: numbers of queries at which the spec has trials measured; empty where it
            names none.
        spec_yaml: the whole spec.
        remarks: what to know of how results were found.
        search: what a search found; None where there was none.
        chosen_target: how the question's target was chosen from the results; empty where the spec
            names it.
    """

    name: str
    runs: tuple[Run, ...]
    ablated: tuple[Run, ...] = ()
    failures: tuple[Run, ...] = ()
    unsound: tuple[Run, ...] = ()
    missing: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    question: ReportSpec = field(default_factory=ReportSpec)
    prices: Prices | None = None
    measured_at: tuple[int, ...] = ()
    spec_yaml: str = ""
    remarks: tuple[str, ...] = ()
    search: SearchFindings | None = None
    chosen_target: str = ""

    @property
    def finished(self) -> tuple[Run, ...]:
        """All sound runs, whatever they belong to."""
        return (*self.runs, *self.ablated)

    @property
    def billing(self) -> Billing | None:
        """Prices what was used; None where nothing has a price."""
        return None if self.prices is None else Billing(self.prices)

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
        labels = {run.method for run in (*self.runs, *self.failures)}
        if len(labels) <= MOST_TOGETHER:
            return looks_of(labels)
        found: dict[str, list[str]] = {}
        for shots in self.shots:
            for title, members in self.groups(shots).items():
                found.setdefault(title, []).extend(who.method for who in members)
        return looks_apart([*found.values(), sorted(labels)])

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
    def standings(self) -> dict[int, Standings | None]:
        """The numbers that the protocol asks, by number of shots; None where there are none."""
        return {shots: standings_of(self.at(shots)) for shots in self.shots}

    @cached_property
    def at_queries(self) -> tuple[int, ...]:
        """Numbers of queries at which methods are compared; empty where none trains."""
        budget = budget_of(self.runs)
        asked = self.question.at or self.measured_at
        return tuple(step for step in asked if step <= budget) or ladder(budget)

    @cached_property
    def trained_on(self) -> tuple[str, ...]:
        """Datasets with curves: not those that only test what was trained elsewhere."""
        moved = {run.dataset for run in self.runs if run.transferred}
        return tuple(name for name in self.datasets if name not in moved)

    def trained_at(self, shots: int) -> list[Run]:
        """Runs with one number of shots, and those that need none, on datasets with curves."""
        return [run for run in self.at(shots) if run.dataset in self.trained_on]

    @cached_property
    def scores_at(self) -> dict[int, dict[int, Scores]]:
        """Accuracies by number of shots, then by number of queries within which they were had."""
        return {
            shots: {step: scores_of(self.trained_at(shots), step) for step in self.at_queries}
            for shots in self.shots
        }

    def crowded(self, shots: int) -> bool:
        """Whether there are more methods than lines that can be told apart in one chart."""
        return len(self.scores[shots].values) > MOST_TOGETHER

    def upright(self, shots: int) -> bool:
        """Whether methods are the rows of the accuracy table."""
        datasets = len({run.dataset for run in self.at(shots)})
        return in_rows(len(self.scores[shots].values), datasets)

    def order_words(self, shots: int, mean: str) -> str:
        """How methods are ordered in such a table.

        Args:
            shots: number of shots.
            mean: what rows are sorted by.
        """
        if not self.upright(shots):
            return f"Above the methods stands what they need, {FROM_EASY}."
        return f"Methods are grouped by what they need, {FROM_EASY}, then sorted by {mean}."

    def groups(self, shots: int) -> dict[str, list[Contender]]:
        """Methods by what they need, the easiest first; those of a group by mean, best first."""
        found: dict[str, list[Contender]] = {}
        for who in self.by_mean(self.scores[shots]):
            found.setdefault(group_title(self.access.get(who.method)), []).append(who)
        return found

    def by_mean(self, scores: Scores) -> list[Contender]:
        """Methods by what they need of a black box; those of a group by mean, the best first."""
        first = {who: -scores.mean(who) if scores.datasets else 0.0 for who in scores.values}
        return sorted(
            scores.values,
            key=lambda who: (hardness(self.access.get(who.method)), first[who], who),
        )

    def leaders(self, shots: int) -> list[Contender]:
        """Methods that stand out in charts of many.

        The best of each group at the end and of each track at each number of queries, zero-shot,
        and those that the spec names: its reference, and what that is tested against.
        """
        found = {members[0]: None for members in self.groups(shots).values()}
        for scores in self.scores_at[shots].values():
            best = (mine.best() for mine in self.by_track(scores).values())
            found |= {who: None for who in best if who is not None}
        asked = self.question
        known = (ZERO_SHOT, asked.reference, *asked.against)
        found |= {who: None for who in self.scores[shots].values if who.method in known}
        return list(found)

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
        return self.by_track(self.scores[shots])

    def by_track(self, scores: Scores) -> dict[Track, Scores]:
        """Accuracies by track; all on the same datasets."""
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
        return f", {counted(shots, 'shot')}" if len(self.shots) > 1 else ""

    def file_suffix(self, shots: int) -> str:
        """Ends names of files, such as `_16_shots`; empty likewise."""
        return f"_{shots}_shots" if len(self.shots) > 1 else ""
