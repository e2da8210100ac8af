"""Which cells of a plan train prompts, and which test a prompt that another cell has trained."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.datasets.interface import Dataset
from benchmarks.datasets.registry import open_dataset
from benchmarks.protocols import protocol_named
from orchestrator.cell import Cell, Source, canonical_json
from orchestrator.spec.spec import Spec

if TYPE_CHECKING:
    from orchestrator.plan.plan import PlannedCell

OWN_PROTOCOL = "few_shot"
"""What cells on the source are: the same ones, by key, as in a comparison on that dataset."""


class Transfers:
    """The sources of a spec's cells; without effect for protocols that transfer nothing.

    The source's cells are planned first, and noted; cells on other datasets then find theirs.

    Args:
        spec: the comparison.
        data_root: the folder or location that holds the datasets.
    """

    def __init__(self, spec: Spec, data_root: Path | str) -> None:
        self._protocol = protocol_named(spec.protocol)
        self._source: Dataset | None = None
        if spec.source is not None:
            self._source = open_dataset(spec.source, data_root, spec.own_datasets)
        self._keys: dict[str, str] = {}

    def only_tests(self, dataset: Dataset) -> bool:
        """Whether nothing is trained on a dataset."""
        return self._source is not None and dataset.card.name != self._source.card.name

    def check(self, dataset: Dataset) -> None:
        """Refuses a dataset that the source's prompts can't be tested on.

        Raises:
            DatasetError: it has a class that the source lacks, and must not.
        """
        if self._source is not None and self._source.missing() is None:
            self._protocol.check_target(self._source, dataset)

    def placed(self, cell: Cell) -> Cell:
        """A cell as it is run here: as it stands, or testing the prompt of its source.

        The source's key is empty when its cell could not be planned.
        """
        if self._source is None:
            return cell
        own = cell.model_copy(update={"protocol": OWN_PROTOCOL})
        name = self._source.card.name
        if cell.shots == 0 or cell.dataset == name:
            return own
        trained = own.model_copy(update={"dataset": name})
        key = self._keys.get(_identity(trained), "")
        return cell.model_copy(update={"source": Source(dataset=name, key=key)})

    def note(self, cell: Cell, key: str) -> None:
        """Remembers the key of a cell, in case others test its prompt."""
        self._keys[_identity(cell)] = key


def with_prompts(
    cells: Sequence[PlannedCell], prompt_keys: Collection[str]
) -> tuple[PlannedCell, ...]:
    """Cells whose result is there, but not the prompt that others still need, run again.

    Args:
        cells: of a plan.
        prompt_keys: keys of the cells whose final prompt is stored.
    """
    wanted = {
        cell.cell.source.key
        for cell in cells
        if cell.cell.source is not None and cell.status not in ("done", "skipped")
    }
    lost = wanted.difference(prompt_keys)
    return tuple(
        replace(cell, status="new") if cell.key in lost and cell.status == "done" else cell
        for cell in cells
    )


def _identity(cell: Cell) -> str:
    return canonical_json(cell.model_dump(mode="json"))
