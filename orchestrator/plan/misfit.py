"""Why some cells of a plan can't run, though others may."""

from typing import Self

from orchestrator.errors import UserError


class Misfit(UserError):
    """A method that doesn't fit a dataset or a backbone, or a dataset that can't be used.

    Attributes:
        reason: what is wrong, without the names of method and dataset: a plan shows it beside them.

    Args:
        said: the whole sentence, for a refusal.
        reason: as above.
    """

    def __init__(self, said: str, reason: str) -> None:
        super().__init__(said)
        self.reason = reason

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        """Exceptions are otherwise made again of their message."""
        return Misfit, (str(self), self.reason)

    @classmethod
    def of_dataset(cls, error: Exception, dataset: str) -> Self:
        """What an error says of a dataset."""
        return cls(str(error), str(error).removeprefix(f"dataset {dataset}: "))
