"""What the card of a dataset must say."""

import re

from benchmarks.datasets.interface import SPLITS, Card, Dataset

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


def wrong_with(kind: type[Dataset]) -> str:
    """What a dataset's class lacks, or what is wrong with its card; empty if nothing."""
    card = getattr(kind, "card", None)
    if not isinstance(card, Card):
        got = "nothing" if card is None else f"a value of the type {type(card).__name__}"
        return f"{kind.__name__}.card: expected a Card, got {got}"
    return f"{kind.__name__}.card: {found}" if (found := _wrong_in(card)) else ""


def _wrong_in(card: Card) -> str:
    if not isinstance(card.name, str) or not _NAME.fullmatch(card.name):
        return f"expected a `name` in snake case, got {card.name!r}"
    if not isinstance(card.classes, int) or card.classes < 1:
        return f"expected `classes` as a whole number of 1 or more, got {card.classes!r}"
    if not isinstance(card.images, dict) or set(card.images) != set(SPLITS):
        return f"expected `images` as a number for each of {', '.join(SPLITS)}, got {card.images!r}"
    if not isinstance(card.templates, tuple) or not card.templates:
        return f"expected `templates` as a tuple of one text or more, got {card.templates!r}"
    for template in (*card.templates, *card.ensemble):
        if not isinstance(template, str) or template.count("{}") != 1:
            return f"a template needs exactly one {{}} for the class name, got {template!r}"
    return ""
