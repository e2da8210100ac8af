"""What every analysis works on: a finished trace and its place in the comparison."""

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from methods.interface import Access
from orchestrator.analysis.access import declared_access
from orchestrator.answers import words_of
from orchestrator.spec.ablation_point import AblationPoint
from orchestrator.store.trace import Trace

ACCURACY = "test_accuracy"
"""Percent of the test split; in `base_to_new` that of the base classes alone."""

TEST_IMAGES = "test_images"
"""How many test images that was measured on; only of cells that measure parts on the way."""

NEW_ACCURACY = "new_accuracy"
"""Percent of the test images of classes that were not trained on."""

ZERO_SHOT = "zero_shot"

T = TypeVar("T")


@dataclass(frozen=True, order=True)
class Contender:
    """A method with a number of shots: what is compared over datasets.

    Attributes:
        shots: labelled images per class; 0 for methods that don't train.
        method: the method's label.
    """

    shots: int
    method: str


@dataclass(frozen=True, order=True)
class Group:
    """The coordinates that runs of different seeds share."""

    dataset: str
    shots: int
    method: str

    @property
    def contender(self) -> Contender:
        """What it shares with the same method on other datasets."""
        return Contender(self.shots, self.method)


@dataclass(frozen=True)
class Run:
    """One finished cell of a comparison.

    Attributes:
        dataset: the dataset's name.
        method: the method's label in the spec (its name unless the spec says otherwise).
        shots: labelled images per class; 0 for methods that don't train.
        seed: the cell's seed; 0 for methods that don't train.
        trace: what the trial left behind.
        ablation_points: where it stands in an ablation, if anywhere.
        same_as: label of another run that this one's cell was run for; empty if there is none.
        tokens: text tokens that one of its queries reads; None where it isn't known.
        texts_known: whether these are the tokens of the texts that it reads, rather than of others
            that stand for them.
    """

    dataset: str
    method: str
    shots: int
    seed: int
    trace: Trace
    ablation_points: tuple[AblationPoint, ...] = ()
    same_as: str = ""
    tokens: float | None = None
    texts_known: bool = True

    @property
    def ablated(self) -> bool:
        """Whether it belongs to an ablation alone, and is no method of the comparison."""
        return any(point.label == self.method for point in self.ablation_points)

    @property
    def group(self) -> Group:
        """What it shares with its other seeds."""
        return Group(self.dataset, self.shots, self.method)

    @property
    def contender(self) -> Contender:
        """What it shares with its other seeds and datasets."""
        return Contender(self.shots, self.method)

    @property
    def method_name(self) -> str:
        """The method's own name, whatever its label."""
        return str(self.trace.cell["method"]["name"])

    @cached_property
    def access(self) -> Access | None:
        """What its method needs of a black box; None for what this release doesn't know."""
        return declared_access(self.method_name, self.trace.cell["method"].get("settings", {}))

    @property
    def protocol(self) -> str:
        """The protocol of its cell; empty when unknown."""
        return str(self.trace.cell.get("protocol", ""))

    @property
    def answers(self) -> str:
        """What its method saw of the black box's scores, in words."""
        return words_of(self.trace.cell)

    @property
    def source(self) -> str | None:
        """The dataset that its prompt was trained on, if another one's cell has trained it."""
        source = self.trace.cell.get("source")
        return None if source is None else str(source["dataset"])

    @property
    def transferred(self) -> bool:
        """Whether it only tests what another cell has trained, and paid for."""
        return self.source is not None

    @property
    def remark(self) -> str:
        """What its dataset said against comparing it with published numbers; empty if nothing."""
        return str(self.trace.provenance.get("dataset_remark", ""))

    @property
    def trains(self) -> bool:
        """Whether it spends queries of its own."""
        return self.shots > 0 and not self.transferred

    @property
    def untrained(self) -> bool:
        """Whether its prompt was never trained: its budget was below one step of its method.

        Former releases have run such cells.
        """
        return self.trains and self.trace.ledgers.get("method", {}).get("queries") == 0

    @property
    def queries(self) -> int:
        """Queries that this run itself was charged."""
        spent = self.trace.ledgers.get("method", {}).get("queries", 0)
        return 0 if self.transferred else int(spent)

    @property
    def images(self) -> int:
        """Images in those queries."""
        spent = self.trace.ledgers.get("method", {}).get("images", 0)
        return 0 if self.transferred else int(spent)

    @property
    def seconds(self) -> float:
        """Wall seconds, measuring included; 0 when unknown."""
        return self.trace.timing.get("total", 0.0)

    @property
    def accuracy(self) -> float | None:
        """Test accuracy after the last query, never the best on the way; None if unmeasured."""
        return self.trace.last(ACCURACY)

    @property
    def title(self) -> str:
        """Dataset, method, shots, seed and where the prompt comes from, in one line."""
        if not self.shots:
            return f"{self.dataset} / {self.method}"
        origin = f" / prompt from {self.source}" if self.source else ""
        return f"{self.dataset} / {self.method} / {self.shots} shots / seed {self.seed}{origin}"


def by_group(runs: Iterable[Run]) -> dict[Group, list[Run]]:
    """Runs that differ in nothing but the seed, in order of seed."""
    groups: dict[Group, list[Run]] = defaultdict(list)
    for run in sorted(runs, key=lambda r: r.seed):
        groups[run.group].append(run)
    return dict(groups)


def by_contender(runs: Iterable[Run]) -> dict[Contender, list[Run]]:
    """Runs by method and number of shots, those sorted and each one's runs as they come."""
    members: dict[Contender, list[Run]] = defaultdict(list)
    for run in runs:
        members[run.contender].append(run)
    return dict(sorted(members.items()))


def on_shared_datasets(found: Iterable[tuple[Group, T]]) -> dict[Contender, list[T]]:
    """What there is of each method on the datasets that all methods have, in order of their names.

    Empty with fewer than two such datasets, over which there is no mean.
    """
    members: dict[Contender, dict[str, T]] = defaultdict(dict)
    for group, value in found:
        members[group.contender][group.dataset] = value
    shared = set.intersection(*map(set, members.values())) if members else set()
    if len(shared) < 2:
        return {}
    return {who: [mine[name] for name in sorted(shared)] for who, mine in sorted(members.items())}


def seed_means(by_dataset: Sequence[Mapping[int, float]]) -> dict[int, float]:
    """The mean over datasets of each seed that has them all.

    Args:
        by_dataset: values by seed, of each dataset.
    """
    seeds = set.intersection(*map(set, by_dataset)) if by_dataset else set()
    return {seed: statistics.fmean(found[seed] for found in by_dataset) for seed in sorted(seeds)}


def split_by_measurements(runs: Sequence[Run]) -> tuple[list[Run], list[Run]]:
    """Runs whose accuracies were all measured, and runs with none or with one that was not."""
    sound = [run for run in runs if _is_sound(run)]
    return sound, [run for run in runs if not _is_sound(run)]


def _is_sound(run: Run) -> bool:
    measured = run.trace.series(ACCURACY)[0]
    return bool(measured) and all(is_measured(run.trace, m) for m in (ACCURACY, NEW_ACCURACY))


def is_measured(trace: Trace, accuracy: str) -> bool:
    """Whether all values of an accuracy, such as `val_accuracy`, are what the model really reached.

    Where the loss beside it is no number, the scores were none either, and the accuracy only counts
    how often the first class is right. Traces of former releases can have such values.
    """
    loss = accuracy.replace("accuracy", "loss")
    odd = {at for at, value in zip(*trace.series(loss), strict=True) if not math.isfinite(value)}
    pairs = zip(*trace.series(accuracy), strict=True)
    return all(math.isfinite(value) and at not in odd for at, value in pairs)
