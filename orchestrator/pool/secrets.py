"""Secrets of the driver's environment on their way to other processes, in memory alone."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self


@dataclass(frozen=True, repr=False)
class Secrets:
    """Variables of the environment whose values are never shown.

    They are given to the constructor of an actor, as an argument by itself: those Ray keeps in
    memory, while it may write large ones to disk, and a `runtime_env` to its logs.

    Attributes:
        values: by the names of the variables.
    """

    values: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_environment(cls, names: Iterable[str]) -> Self:
        """Those of the variables that this process has."""
        return cls({name: os.environ[name] for name in names if name in os.environ})

    def put(self) -> None:
        """Sets them in the environment of this process."""
        os.environ.update(self.values)

    def __repr__(self) -> str:
        return f"Secrets({', '.join(self.values)})"


NONE = Secrets()
"""No secrets at all."""
