"""What a service said of one image, checked: the scores of some classes, or a label."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.oracle.remote.adapters.adapter import Scale
from orchestrator.oracle.remote.adapters.paths import kind_of

_LEAST = -700.0
"""Log-probability below which a class counts as not named: its probability is 0, or as good as that
in what some services write for very unlikely ones."""
_SLACK = 1e-3
"""By so much may a probability exceed 1, for services round."""


class BadScores(ValueError):
    """What a service said can't be scores; says what was expected and received."""


@dataclass(frozen=True)
class Row:
    """What a service said of one image.

    Attributes:
        classes: which ones it named, the best first.
        scores: of these, logits or log-probabilities; None where it named a label.
    """

    classes: tuple[int, ...]
    scores: tuple[float, ...] | None


@dataclass(frozen=True)
class Reading:
    """How numbers are read.

    Attributes:
        kind: what they are.
        factor: by which they are multiplied first.
    """

    kind: Scale
    factor: float = 1.0

    def number(self, value: Any) -> float:
        """A logit or log-probability.

        Raises:
            BadScores: the value is no such number.
        """
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadScores(f"expected a number, got {kind_of(value)}")
        try:
            number = float(value) * self.factor
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise BadScores("expected a finite number")
        return self._logarithm(number)

    def _logarithm(self, number: float) -> float:
        if self.kind == "probabilities":
            if not -_SLACK <= number <= 1 + _SLACK:
                raise BadScores(
                    f"expected a probability from 0 to 1, got {number:g}; for percents, say scale: "
                    f"percent; for logarithms, kind: log_probabilities; for others, kind: logits"
                )
            return math.log(number) if number > 0 else -math.inf
        if self.kind == "log_probabilities" and number > _SLACK:
            raise BadScores(
                f"expected a log-probability, which is 0 or less, got {number:g}; for other "
                f"scores, say kind: logits or probabilities"
            )
        return number


def row_by_position(values: Sequence[Any], classes: int, reading: Reading) -> Row:
    """The row of scores of all classes, in their order.

    Raises:
        BadScores: there is not one number for each class.
    """
    if len(values) != classes:
        raise BadScores(
            f"expected {classes} scores, one for each class, got {len(values)}; if they have "
            f"names, say where (`name`) and what they are (`by`)"
        )
    return _row({index: [reading.number(one)] for index, one in enumerate(values)}, reading)


def row_by_name(
    pairs: Iterable[tuple[int | None, Any]], classes: int, reading: Reading
) -> Row | None:
    """The row of scores with classes; None if no class is named.

    The probabilities of several entries for a class are summed.

    Args:
        pairs: a class, or None where a name is none, and its number.
        classes: how many there are.
        reading: how numbers are read.

    Raises:
        BadScores: something isn't a number, a class has several logits, or some class has none.
    """
    found: dict[int, list[float]] = {}
    for index, value in pairs:
        if index is not None:
            found.setdefault(index, []).append(reading.number(value))
    if not found:
        return None
    if reading.kind == "logits" and len(found) != classes:
        raise BadScores(f"expected logits of all {classes} classes, got those of {len(found)}")
    return _row(found, reading)


def label_row(index: int) -> Row:
    """The row of a lone label."""
    return Row((index,), None)


EVEN = Row((), ())
"""An answer that names no class at all."""


def _row(found: Mapping[int, Sequence[float]], reading: Reading) -> Row:
    """The best first; those of no probability are left out."""
    single = {index: _summed(numbers, reading) for index, numbers in found.items()}
    if reading.kind != "logits":
        single = {index: score for index, score in single.items() if score > _LEAST}
    if not single:
        raise BadScores("all probabilities are 0")
    order = sorted(single, key=lambda index: (-single[index], index))
    return Row(tuple(order), tuple(single[index] for index in order))


def _summed(numbers: Sequence[float], reading: Reading) -> float:
    """The logarithm of the sum of probabilities, given as logarithms."""
    if len(numbers) == 1:
        return numbers[0]
    if reading.kind == "logits":
        raise BadScores("a class has several logits")
    most = max(numbers)
    if most == -math.inf:
        return most
    return most + math.log(sum(math.exp(one - most) for one in numbers))
