"""Which fields of a cell an ablation varies, and to which values."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FieldValue:
    """A varied field with one of its values.

    Attributes:
        field: the varied field.
        text: the value as one would write it in YAML.
        number: the value as a number, infinite for "no limit"; None if it is no number.
        tuned: whether it is a setting of the method; False for costs, such as the budget.
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
    """One point of an ablation. A cell may have several, since the base is part of every sweep.

    Attributes:
        ablation: label of the base method.
        values: the varied field with its value; all fields in a full product.
        is_base: whether these are the base's own values.
    """

    ablation: str
    values: tuple[FieldValue, ...]
    is_base: bool = False

    @property
    def label(self) -> str:
        """The name in reports of a method that differs from the base in these values."""
        return f"{self.ablation}[{', '.join(value.title for value in self.values)}]"
