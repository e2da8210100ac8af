"""How many queries a method saves against another until the same target, over datasets.

The ZIP paper's "48 %" is of this kind: 518 queries against the 997 of the best alternative
(figure 1a), so 1 - 518/997 = 0.48.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

BEST_OTHER = "the best other method"


@dataclass(frozen=True)
class Reduction:
    """Queries saved against a reference, over datasets on which both reached their target.

    Attributes:
        method: the method's label.
        reference: what it is compared with.
        saved: share of queries saved, as 1 minus the geometric mean of the ratios of expected
            queries: 0.48 means 48 % fewer, -1 means twice as many. None when there is no dataset
            on which both reached the target.
        datasets: on how many datasets both did.
        only_method: on how many only the method did; they count in its favour but have no ratio.
        only_reference: on how many only the reference did.
    """

    method: str
    reference: str
    saved: float | None
    datasets: int
    only_method: int
    only_reference: int


def reduction(
    expected: Mapping[str, Mapping[str, float | None]], method: str, reference: str | None = None
) -> Reduction:
    """Compares expected queries to a target.

    Args:
        expected: by method, by dataset; None where no run reached the target.
        method: the method's label.
        reference: a label, or None for the best other method on each dataset.

    Raises:
        KeyError: `method` or `reference` has no results.

    Example:
        >>> round(reduction({"zip": {"dtd": 518.0}, "bar": {"dtd": 997.0}}, "zip").saved, 2)
        0.48
    """
    ratios, only_method, only_reference = [], 0, 0
    others = [reference] if reference else [name for name in expected if name != method]
    for dataset, mine in expected[method].items():
        known = (expected[name].get(dataset) for name in others)
        theirs = min((queries for queries in known if queries is not None), default=None)
        if mine is not None and theirs is not None:
            # A target that holds before the first query costs no query: count at least one.
            ratios.append(max(mine, 1.0) / max(theirs, 1.0))
        elif mine is not None:
            only_method += 1
        elif theirs is not None:
            only_reference += 1
    saved = 1 - math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else None
    name = reference or BEST_OTHER
    return Reduction(method, name, saved, len(ratios), only_method, only_reference)
