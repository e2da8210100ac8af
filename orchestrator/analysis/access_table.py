"""The table on the terminal that groups methods by what they need of a black box."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from rich.table import Column, Table
from rich.text import Text

from methods.interface import Access
from orchestrator.analysis.access import (
    TRANSLUCENT,
    UNLABELLED_WORDS,
    grouped,
    least_answers,
    marked,
    track_of,
)
from orchestrator.console import plain_table

SHORT_TRANSLUCENT_WORDS = (
    "translucent box: its inner layers can be changed, as no black box allows; such methods are "
    "ranked among themselves."
)


def access_table(
    labels: Mapping[str, Access | None], remark: Callable[[str], str] = lambda _: ""
) -> Table:
    """Methods by what they need, from what every service takes to what none does.

    Args:
        labels: what each method declares, by label.
        remark: what to say of a label, in brackets after it; empty for nothing.
    """
    needed = Column("access to the black box", no_wrap=True)
    table = plain_table(needed, Column("methods", overflow="fold"))
    for group, members in grouped(labels).items():
        texts = (_text(label, labels[label], remark(label)) for label in members)
        table.add_row(group, Text(", ".join(texts)))
    return table


def access_notes(labels: Mapping[str, Access | None]) -> list[str]:
    """What a reader of the table may have to be told."""
    known = [access for access in labels.values() if access is not None]
    notes = []
    if any(track_of(access) == TRANSLUCENT for access in known):
        notes.append(SHORT_TRANSLUCENT_WORDS)
    if any(access.unlabelled_test_images for access in known):
        notes.append(UNLABELLED_WORDS)
    return [*notes, *least_answers(labels)]


def _text(label: str, access: Access | None, remark: str) -> str:
    return f"{marked(label, access)}{f' ({remark})' if remark else ''}"
