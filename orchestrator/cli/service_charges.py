"""The table of what a service has charged its clients."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from rich.table import Column

from orchestrator.console import counted, output, plain_table, say
from orchestrator.oracle.remote.request import Charge
from orchestrator.server.ledger import Sum

_DIGITS = 12
"""Of a label that is a key of a cell, so many are shown, as of keys elsewhere."""
_KEY = re.compile("[0-9a-f]{64}")
_ROOM_FOR_KEYS = 160
"""Columns of a terminal on which keys are shown whole."""
_COUNTS = ("requests", "queries", "images", "tokens")


def show_charges(sums: Sequence[Sum], *, labels: bool) -> None:
    """One line for each client and a last one for all of them.

    Args:
        sums: of each client and label, those of a client beside each other.
        labels: whether a line for each label follows its client's.
    """
    priced = any(one.charge.money is not None for one in sums)
    numbers = [Column(name, justify="right", no_wrap=True) for name in _COUNTS]
    numbers += [Column("money", justify="right", no_wrap=True)] * priced
    last = Column("last", no_wrap=True)
    table = plain_table(
        Column("client", overflow="fold"),
        Column("label", overflow="fold"),
        *numbers,
        last,
        dense=True,
    )
    for client, lines in _by_client(sums):
        table.add_row(client, *_row(counted(len(lines), "label"), lines, priced=priced))
        for one in lines if labels else ():
            table.add_row(client, *_row(_short(one.label), [one], priced=priced))
    table.add_section()
    distinct = {one.label for one in sums}
    table.add_row("all", *_row(counted(len(distinct), "label"), sums, priced=priced))
    output.print(table)
    if not labels:
        say("a label is what a client files requests under, such as a cell; --labels lists them")


def _by_client(sums: Iterable[Sum]) -> Iterator[tuple[str, list[Sum]]]:
    for client, lines in groupby(sums, lambda one: one.client):
        yield client, list(lines)


def _row(name: str, lines: Sequence[Sum], *, priced: bool) -> list[str]:
    charges = [one.charge for one in lines]
    counts = [f"{sum(_count(charge, kind) for charge in charges):,}" for kind in _COUNTS]
    money = [f"{sum(charge.money or 0 for charge in charges):,.6g}"] * priced
    day = max(one.last for one in lines).partition("T")[0]
    return [name, *counts, *money, day]


def _count(charge: Charge, kind: str) -> int:
    return int(getattr(charge, kind))


def _short(label: str) -> str:
    """A label; of a cell's key, what a narrow terminal has room for."""
    cut = output.width < _ROOM_FOR_KEYS and _KEY.fullmatch(label)
    return label[:_DIGITS] if cut else label or "-"
