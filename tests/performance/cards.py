"""What makers state of GPUs, and the share of it that the project aims at."""

from __future__ import annotations

import re

GOAL = 0.5
"""Share of the stated speed that the image tower is to reach."""

NOMINAL = (
    ("H100 PCIe", 756e12),
    ("H100 NVL", 835e12),
    ("H100", 989e12),
    ("H200", 989e12),
    ("A100", 312e12),
    ("L40S", 362e12),
    ("L4", 121e12),
    ("A10G", 70e12),
)
"""FLOP/s in bf16 that makers state, without sparsity, by a part of the card's name."""


def nominal_peak(name: str) -> float | None:
    """What the maker states for a card; None for cards that aren't known here."""
    return next((peak for part, peak in NOMINAL if re.search(rf"\b{part}\b", name)), None)
