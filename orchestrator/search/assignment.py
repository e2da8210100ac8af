"""What a trial of a search has to do; known without Ray."""

from dataclasses import dataclass

from orchestrator.cell import Cell


@dataclass(frozen=True)
class KeyedCell:
    """A cell, the key of its result, and the digest of its images as they were planned."""

    cell: Cell
    key: str
    split: str = ""


@dataclass(frozen=True)
class Assignment:
    """What a trial has to do.

    Attributes:
        number: the trial's number in its study; -1 for the baseline, the method as the spec has it.
        cells: blind cells, in the same order for every trial.
        refusal: why there is nothing to do: settings that turned out to be impossible together.
    """

    number: int
    cells: tuple[KeyedCell, ...]
    refusal: str = ""

    def __repr__(self) -> str:
        return f"trial {self.number}"
