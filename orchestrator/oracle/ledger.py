"""Counts what was asked of the black box, and refuses what the budget doesn't cover."""

from dataclasses import dataclass


class BudgetExhausted(Exception):
    """A request that would overrun the budget; nothing was evaluated or charged."""

    def __init__(self, asked: int, spent: int, limit: int) -> None:
        super().__init__(
            f"{asked} queries asked for, but only {limit - spent} of {limit} are left in the budget"
        )
        self.remaining = limit - spent
        self._counts = asked, spent, limit

    def __reduce__(self) -> tuple[type, tuple[int, int, int]]:
        """Exceptions are otherwise made again of their message."""
        return BudgetExhausted, self._counts


@dataclass
class Ledger:
    """Queries and images charged to one party.

    Attributes:
        queries: oracle evaluations, one candidate prompt on one mini-batch each.
        images: images in those evaluations (query times mini-batch size).
        limit: how many queries may be charged; None for no limit.
    """

    queries: int = 0
    images: int = 0
    limit: int | None = None

    def covers(self, queries: int) -> bool:
        """Whether so many more queries may be charged."""
        return self.limit is None or self.queries + queries <= self.limit

    def charge(self, queries: int, batch_size: int) -> None:
        """Charges `queries` evaluations of a mini-batch of `batch_size` images.

        Raises:
            BudgetExhausted: they would overrun the limit; nothing is charged then.
        """
        if self.limit is not None and not self.covers(queries):
            raise BudgetExhausted(queries, self.queries, self.limit)
        self.queries += queries
        self.images += queries * batch_size

    def as_dict(self) -> dict[str, int]:
        """Queries and images as plain values."""
        return {"queries": self.queries, "images": self.images}
