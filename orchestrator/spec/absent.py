"""What is known of methods and datasets of packages that aren't installed here.

A store tells it, so that results are still reported when what made them is gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class AbsentMethod:
    """A method whose class isn't here.

    Attributes:
        place: where it was, as cells call it.
        name: what it called itself.
        trains: whether it learned.
        defaults: its settings with their usual values.
        variants: settings that a variant changes, by the variant's name.
    """

    place: str
    name: str
    trains: bool = True
    defaults: Mapping[str, Any] = field(default_factory=dict)
    variants: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Absent:
    """What isn't here, by each name that a spec may call it.

    Attributes:
        methods: methods by place and by short name.
        datasets: what cells call a dataset, by place and by short name.
    """

    methods: Mapping[str, AbsentMethod] = field(default_factory=dict)
    datasets: Mapping[str, str] = field(default_factory=dict)

    def method(self, name: str) -> AbsentMethod | None:
        """The method of a name or place, if it is known."""
        return self.methods.get(name)

    def dataset(self, name: str) -> str | None:
        """What cells call the dataset of a name or place, if it is known."""
        return self.datasets.get(name)


@dataclass(frozen=True)
class Anything(Absent):
    """Takes whatever isn't here, to see whether a spec has nothing else wrong with it."""

    def method(self, name: str) -> AbsentMethod | None:
        """A method of that name."""
        return AbsentMethod(name, name)

    def dataset(self, name: str) -> str | None:
        """A dataset of that name."""
        return name
