"""Which cells of a plan train prompts, and which test a prompt that another cell has trained."""

from functools import cached_property
from pathlib import Path

from benchmarks.datasets.interface import Dataset, DatasetError
from benchmarks.datasets.registry import open_dataset
from benchmarks.protocols import protocol_named
from orchestrator.cell import Cell, Source, canonical_json
from orchestrator.spec.spec import Spec

SOURCE_PROTOCOL = "few_shot"
"""Protocol of the cells on the source: they are the same, by key, as in a few-shot comparison."""


class Transfers:
    """Links cells on other datasets to the cells on the source that train their prompts.

    The source's cells are planned first and remembered, so that the others find theirs. Protocols
    that transfer nothing leave cells as they are.
    """

    def __init__(self, spec: Spec, data_root: Path | str) -> None:
        self._protocol = protocol_named(spec.protocol)
        self._spec, self._data_root = spec, data_root
        self._keys: dict[str, str] = {}

    @property
    def source_is_missing(self) -> bool:
        """Whether the data that prompts are trained on aren't there, or can't be looked at."""
        try:
            return self._source is not None and self._source.missing() is not None
        except DatasetError:
            return True

    def only_tests(self, dataset: Dataset) -> bool:
        """Whether nothing is trained on a dataset."""
        return self._spec.source not in (None, dataset.card.name)

    def check(self, dataset: Dataset) -> None:
        """Refuses a dataset that the source's prompts can't be tested on.

        Raises:
            DatasetError: most of its classes are not the source's, and the protocol needs them to
                be.
        """
        if self._source is not None and not self.source_is_missing:
            self._protocol.check_target(self._source, dataset)

    def same_classes(self, dataset: Dataset) -> bool:
        """Whether a dataset has the source's classes, each with the same label.

        Raises:
            DatasetError: the source, or the dataset, can't be read.
        """
        if self._source is None:
            return True
        return self._source.class_names() == dataset.class_names()

    def linked(self, cell: Cell) -> Cell:
        """The cell with its source, if it tests another cell's prompt; else as it runs here.

        The source's key is empty when its cell could not be planned.
        """
        name = self._spec.source
        if name is None:
            return cell
        training = cell.model_copy(update={"protocol": SOURCE_PROTOCOL})
        if cell.shots == 0 or cell.dataset == name:
            return training
        key = self._keys.get(_identity(training.model_copy(update={"dataset": name})), "")
        return cell.model_copy(update={"source": Source(dataset=name, key=key)})

    @cached_property
    def _source(self) -> Dataset | None:
        """The source, opened when it is first needed: what is read from a store alone needs none.

        Raises:
            DatasetError: there can be no data at the data root.
        """
        spec = self._spec
        if spec.source is None:
            return None
        return open_dataset(spec.source, self._data_root, spec.own_datasets)

    def problem(self, cell: Cell) -> str:
        """Why a linked cell has no prompt to test; empty if it has one, or trains its own."""
        if cell.source is None or cell.source.key:
            return ""
        why = "which is missing" if self.source_is_missing else "where it is skipped"
        return f"it tests prompts trained on {cell.source.dataset}, {why}"

    def remember(self, cell: Cell, key: str) -> None:
        """Remembers the key of a cell, in case others test its prompt."""
        if self._spec.source is not None:
            self._keys[_identity(cell)] = key


def _identity(cell: Cell) -> str:
    """What a cell says, but for the part of its test images: that depends on its dataset."""
    fields = cell.model_dump(mode="json")
    fields["evaluation"].pop("images", None)
    return canonical_json(fields)
