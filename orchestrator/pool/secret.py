"""A secret of the driver's environment on its way to other processes, in memory alone."""

import os
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, repr=False)
class Secret:
    """A variable of the environment whose value is never shown.

    It is given to the constructor of an actor, as an argument by itself: those Ray keeps in memory,
    while it may write large ones to disk, and a `runtime_env` to its logs.

    Attributes:
        name: of the variable.
        value: what it holds.
    """

    name: str
    value: str

    @classmethod
    def of_environment(cls, name: str) -> Self | None:
        """The variable as this process has it; None where it has none."""
        value = os.environ.get(name)
        return None if value is None else cls(name, value)

    def put(self) -> None:
        """Sets it in the environment of this process."""
        os.environ[self.name] = self.value

    def __repr__(self) -> str:
        return f"Secret({self.name!r})"
