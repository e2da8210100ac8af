"""What a prompt is used with: names of classes, texts, and how images are prepared."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Self

from benchmarks.frozen import Frozen
from benchmarks.preprocessing import Preprocessing
from methods.registry import method_class

if TYPE_CHECKING:
    from benchmarks.protocols import Task
    from methods.interface import PromptSpace
    from orchestrator.cell import Cell


class Surroundings(Frozen):
    """What is known of a cell's task when it ends, and needed to use its prompt without the data.

    Attributes:
        class_names: names by label, as they enter a prompt.
        templates: the dataset's hand-written prompts; the first is its own.
        ensemble: the templates that an ensemble averages; empty if it averages all of `templates`.
        preprocessing: how images become tensors, at the size that the method wants.
        upright: whether images are turned as their EXIF orientation says.
        train_images: number of training images; 0 where nothing is trained.
        test_images: number of test images.
    """

    class_names: tuple[str, ...]
    templates: tuple[str, ...]
    ensemble: tuple[str, ...] = ()
    preprocessing: Preprocessing
    upright: bool = False
    train_images: int = 0
    test_images: int = 0

    @classmethod
    def of(cls, cell: Cell, task: Task, space: PromptSpace, plain: Preprocessing) -> Self:
        """Those of a cell.

        Args:
            cell: the cell.
            task: its classes and images.
            space: what its black box accepts.
            plain: how the black box wants images.
        """
        kind = method_class(cell.method.name)
        settings = kind.settings_type.model_validate(cell.method.settings)
        dataset = task.dataset
        return cls(
            class_names=task.class_names,
            templates=dataset.card.templates,
            ensemble=dataset.card.ensemble,
            preprocessing=replace(plain, size=kind.image_size(space, settings)),
            upright=dataset.upright,
            train_images=len(task.train),
            test_images=len(task.test),
        )
