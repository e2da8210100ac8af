"""Area under the query-efficiency curve: how good a method was over the whole budget."""

import numpy as np

from orchestrator.analysis.curves import Curve


def mean_over_budget(curve: Curve, budget: int) -> float | None:
    """Area under a step function from 0 to `budget` queries, divided by the budget.

    The area over the curve is 100 minus this, for accuracies in percent. What was reached by the
    last measurement holds until the budget, and what was measured first holds from the start, so
    that a method which stops early is neither rewarded nor punished.

    Args:
        curve: a metric over queries.
        budget: queries up to which it is averaged; with 0, the first measurement is returned.

    Returns:
        In the curve's own unit; None for a curve without measurements.

    Example:
        >>> mean_over_budget(Curve(queries=(0, 100), values=(30.0, 50.0)), budget=400)
        45.0
    """
    if not curve.queries:
        return None
    if budget <= 0:
        return curve.values[0]
    inside = [q for q in curve.queries if 0 < q < budget]
    starts = np.array([0, *inside], dtype=float)
    lengths = np.diff([*starts, budget])
    values = [curve.values[0] if curve.at(q) is None else curve.at(q) for q in starts]
    return float(np.dot(lengths, np.array(values, dtype=float)) / budget)
