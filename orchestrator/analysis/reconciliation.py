"""Compares what a service has charged with what was counted here, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

from orchestrator.console import counted
from orchestrator.money import SERVICE_MEASURING, SERVICE_TRAINING
from orchestrator.store.trace import Trace

MOST_LISTED = 5
"""Cells that are named where many differ."""

WHY = (
    "That may be because a cell failed or was stopped before what it had asked was noted, because "
    "another run or client with the same token asked under the same keys, or because the interface "
    "knows no ids of questions, so that a repeated one is charged again."
)


@dataclass(frozen=True)
class Counts:
    """What is compared.

    Attributes:
        queries: candidate prompts on a mini-batch.
        images: images in them.
        tokens: text tokens that were read.
    """

    queries: int = 0
    images: int = 0
    tokens: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.queries + other.queries, self.images + other.images, self.tokens + other.tokens
        )

    def __str__(self) -> str:
        """In words, such as `10 queries with 1,280 images`."""
        read = f" and {self.tokens:,} text tokens" if self.tokens else ""
        queries = "query" if self.queries == 1 else "queries"
        return f"{self.queries:,} {queries} with {counted(self.images, 'image')}{read}"

    def differences(self, other: Counts) -> Iterator[tuple[str, int, int]]:
        """What is not equal: its name, the number here and that in the other."""
        for field in fields(self):
            mine, its = getattr(self, field.name), getattr(other, field.name)
            if mine != its:
                yield field.name, mine, its


@dataclass(frozen=True)
class CellCharge:
    """One cell as the service has it, and as its trace has it.

    Attributes:
        title: of the cell.
        charged: by the service.
        counted: in the trace.
    """

    title: str
    charged: Counts
    counted: Counts


def counts_of(trace: Trace) -> Counts | None:
    """What a trace says that a service has charged; None of a cell that ran on no service."""
    known = [trace.ledgers[n] for n in (SERVICE_TRAINING, SERVICE_MEASURING) if n in trace.ledgers]
    return sum(map(_counts, known), Counts()) if known else None


def reconciled(cells: Sequence[CellCharge]) -> Iterator[str]:
    """Lines for a person: one where all is equal; otherwise which cells differ, and why they may.

    Nothing where there are no cells.
    """
    if not cells:
        return
    charged = sum((cell.charged for cell in cells), Counts())
    odd = [cell for cell in cells if cell.charged != cell.counted]
    if not odd:
        yield f"the service charged {charged}, as counted here"
        return
    total = sum((cell.counted for cell in cells), Counts())
    yield (
        f"the service charged {charged}, but {total} are counted here; "
        f"{counted(len(odd), 'cell')} of {len(cells):,} {'differs' if len(odd) == 1 else 'differ'}:"
    )
    for cell in odd[:MOST_LISTED]:
        parts = (
            f"{there:,} {name} charged, {here:,} counted"
            for name, there, here in cell.charged.differences(cell.counted)
        )
        yield f"  {cell.title}: {'; '.join(parts)}"
    if len(odd) > MOST_LISTED:
        yield f"  and {len(odd) - MOST_LISTED:,} more"
    yield WHY


def unlike_asked(cells: Sequence[tuple[str, Trace]]) -> Iterator[str]:
    """Lines about finished cells for whose training a service charged other images than were sent.

    What it charges by its replies is all that is compared with its account, so that one that counts
    wrongly, but alike in both, is told by the method's own ledger alone. Images alone are compared:
    of a question that went in parts, each part is charged as a query.

    Args:
        cells: titles and traces.
    """
    odd = []
    for title, trace in cells:
        charged, asked = trace.ledgers.get(SERVICE_TRAINING), trace.ledgers.get("method")
        if charged is None or asked is None or trace.status != "finished":
            continue
        its, ours = int(charged.get("images", 0)), int(asked.get("images", 0))
        if its != ours:
            odd.append(f"  {title}: {its:,} images charged, {ours:,} asked about")
    if odd:
        yield (
            f"the service charged the training of {counted(len(odd), 'cell')} otherwise than "
            f"questions were asked:"
        )
        yield from odd[:MOST_LISTED]
        if len(odd) > MOST_LISTED:
            yield f"  and {len(odd) - MOST_LISTED:,} more"


def _counts(ledger: Mapping[str, int | float]) -> Counts:
    return Counts(*(int(ledger.get(name, 0)) for name in ("queries", "images", "tokens")))
