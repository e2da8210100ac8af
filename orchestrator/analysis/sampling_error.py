"""How far an accuracy on a part of a split may be from the accuracy on all of it."""

from __future__ import annotations

import math


def standard_error(accuracy: float, images: int, whole: int) -> float:
    """Standard error of an accuracy in percent, in percentage points.

    It is that of a simple random sample without replacement: 100 sqrt(p (1 - p) / n), times
    sqrt((N - n) / (N - 1)) because the split is finite. Parts have their classes' shares of the
    whole, which makes the true error smaller, if anything: this is an upper bound of it.

    All runs on a dataset are measured on the same part. So a mean over seeds has this error too,
    undivided, while differences between methods have less of it.

    Args:
        accuracy: on the part, in percent.
        images: of the part.
        whole: images of the split; with no more than the part there is no error.

    Example:
        >>> round(standard_error(50.0, 2000, 8041), 2)
        0.97
        >>> standard_error(50.0, 8041, 8041)
        0.0
    """
    if images >= whole or images < 1:
        return 0.0
    share = min(max(accuracy / 100, 0.0), 1.0)
    return 100 * math.sqrt(share * (1 - share) / images * (whole - images) / (whole - 1))
