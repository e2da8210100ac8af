"""What methods had reached within limits, of queries or of money, on each dataset."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from orchestrator.analysis.intervals import MeanInterval, mean_interval
from orchestrator.analysis.runs import Group, Run, by_group


@dataclass(frozen=True)
class Reached:
    """What one method had reached on one dataset within a limit.

    Attributes:
        group: dataset, shots and method.
        limit: a number of queries, or an amount of money for training one prompt.
        accuracy: test accuracy in percent over seeds.
    """

    group: Group
    limit: float
    accuracy: MeanInterval


def reached(
    runs: Sequence[Run], limits: Sequence[float], within: Callable[[Run, float], float | None]
) -> Iterator[Reached]:
    """What had been reached within each limit, for each dataset and method.

    Args:
        runs: of any datasets and methods.
        limits: the limits.
        within: accuracy of a run within a limit; None before its first measurement, or unknown.
    """
    for group, members in sorted(by_group(runs).items()):
        for limit in limits:
            found = [within(run, limit) for run in members]
            known = [value for value in found if value is not None]
            if known:
                yield Reached(group, limit, mean_interval(known))
