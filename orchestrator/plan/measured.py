"""What the observer measures a cell on, and how many texts its queries read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.protocols import Task, protocol_named
from methods.interface import Demand
from methods.registry import method_class
from orchestrator.cell import Cell


@dataclass(frozen=True, slots=True)
class MeasuredSplit:
    """A split on which a cell is measured.

    Attributes:
        images: number of its images (an estimate where the dataset is missing).
        tokens: text tokens that a query on it reads, for all its classes; None where they weren't
            counted.
        part: how many of its images are measured on the way; None for all of them.
    """

    images: int
    tokens: float | None = None
    part: int | None = None

    @property
    def on_the_way(self) -> int:
        """Images that are measured at each point but the last."""
        return self.images if self.part is None else min(self.part, self.images)


STAND_IN = "class name"
"""Stands for the class names of a dataset that isn't here: many have two tokens."""

Tokens = Callable[[Sequence[str]], float | None]
"""Text tokens that one query reads for some class names; None where they aren't counted."""


def uncounted(_: Sequence[str]) -> None:
    """Where nothing is charged for tokens, they needn't be counted."""


def test_sizes(task: Task) -> tuple[int, ...]:
    """Images of each test split of a task: of its own classes, and of new ones if there are any."""
    return (len(task.test), *((len(task.new.test),) if task.new is not None else ()))


def estimated_sizes(protocol: str, images: int) -> tuple[int, ...]:
    """About the same of a dataset that isn't here, of which only the number of images is known."""
    if not protocol_named(protocol).splits_classes:
        return (images,)
    return (images - images // 2, images // 2)


def estimated_split(cell: Cell, sizes: Sequence[int], tokens: float | None) -> MeasuredSplit:
    """The test splits of such a dataset as one."""
    part = cell.evaluation.images
    on_the_way = None if part is None else sum(min(part, size) for size in sizes)
    return MeasuredSplit(sum(sizes), tokens, on_the_way)


def measured_splits(task: Task, cell: Cell, tokens: Tokens) -> Iterator[MeasuredSplit]:
    """The splits that a trial of a cell measures: test images, new classes, validation images."""
    part = cell.evaluation.images
    if not cell.blind:
        yield MeasuredSplit(len(task.test), tokens(task.class_names), part)
        if task.new is not None:
            yield MeasuredSplit(len(task.new.test), tokens(task.new.class_names), part)
    trains = method_class(cell.method.name).trains and cell.source is None
    if trains and task.val:
        yield MeasuredSplit(len(task.val), tokens(task.class_names))


def texts_are_known(cell: Cell, demand: Demand) -> bool:
    """Whether it is known which texts a method's queries read: a search among strings finds them.

    Several candidates that differ in nothing but strings have different ones.
    """
    return demand.candidates < 2 or not sets_strings_alone(cell)


def sets_strings_alone(cell: Cell) -> bool:
    """Whether a cell's method sets nothing but strings, so that its queries differ in these."""
    kind = method_class(cell.method.name)
    settings = kind.settings_type.model_validate(cell.method.settings)
    return kind.access(settings).inputs == {"text"}


class TextTokens:
    """Counts what a query reads, once for all cells that read the same.

    Args:
        counts: counts the tokens of each of some texts, as the model's tokenizer does.
    """

    def __init__(self, counts: Callable[[Sequence[str]], list[int]]) -> None:
        self._counts = counts
        self._known: dict[tuple[int, tuple[str, ...], tuple[str, ...]], float] = {}

    def of(
        self, cell: Cell, demand: Demand, own: tuple[str, ...], class_names: Sequence[str]
    ) -> float:
        """Tokens of one text for each class; the mean over templates where a query takes one each.

        Where a method finds its texts only when it runs, the dataset's own template stands for
        them.

        Args:
            cell: says which method it is.
            demand: what it asks.
            own: the dataset's templates, its own first.
            class_names: names of the classes.
        """
        templates = demand.templates if texts_are_known(cell, demand) else own[:1]
        read = (demand.context_tokens, () if demand.soft_text else templates, tuple(class_names))
        if read not in self._known:
            self._known[read] = self._counted(*read)
        return self._known[read]

    def _counted(
        self, context: int, templates: tuple[str, ...], class_names: tuple[str, ...]
    ) -> float:
        if not templates:
            return float(context * len(class_names) + sum(self._counts(class_names)))
        texts = [one.replace("{}", name) for one in templates for name in class_names]
        return sum(self._counts(texts)) / len(templates)
