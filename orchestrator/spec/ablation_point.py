"""Where a cell stands in an ablation: which fields are varied there, and to what."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FieldValue:
    """A field with one of its values.

    Attributes:
        field: the varied field.
        text: the value as one would write it in YAML.
        number: the number behind the value, infinite for "no limit"; None where there is none.
        tuned: whether it is the method's own; False for what one pays for, such as the budget.
    """

    field: str
    text: str
    number: float | None = None
    tuned: bool = True

    @property
    def title(self) -> str:
        """Field and value."""
        return f"{self.field}={self.text}"


@dataclass(frozen=True)
class AblationPoint:
    """One point of an ablation. A cell may have several: the base is part of every sweep.

    Attributes:
        ablation: label of the base.
        values: what is varied here: one field, or all of them in a full product.
        is_base: whether these are the base's own values.
    """

    ablation: str
    values: tuple[FieldValue, ...]
    is_base: bool = False

    @property
    def label(self) -> str:
        """What reports call a method that differs from the base in this."""
        return f"{self.ablation}[{', '.join(value.title for value in self.values)}]"
