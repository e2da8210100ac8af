"""Own results beside published ones, with a verdict, or with the reason why there is none."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks.reference.published import PublishedResult
from orchestrator.analysis.comparability import incomparable, unrelated
from orchestrator.analysis.harmonic_mean import harmonic_mean
from orchestrator.analysis.intervals import MeanInterval, difference_half_width, mean_interval
from orchestrator.analysis.runs import NEW_ACCURACY, Group, Run, by_group

MARGIN = 1.0
"""Points within which two accuracies count as the same: means of three seeds vary that much."""

EXACT_MARGIN = 0.2
"""The same for zero-shot, which has no seeds: room for rounding and half precision."""

Judgement = Literal["reproduced", "within noise", "differs", "not comparable", "not judged"]


@dataclass(frozen=True)
class Verdict:
    """One own result beside one published number.

    Attributes:
        group: dataset, shots and method.
        published: the number.
        ours: mean over seeds with its interval; None when that metric was not measured.
        judgement: what follows.
        reason: why, in words.
        unrelated: whether the published number is too far from ours to tell anything beside it.
    """

    group: Group
    published: PublishedResult
    ours: MeanInterval | None
    judgement: Judgement
    reason: str
    unrelated: bool = False


def compare_with_published(
    runs: Iterable[Run], published: Sequence[PublishedResult]
) -> tuple[list[Verdict], list[Group]]:
    """Verdicts for all groups that have published numbers, and the groups that have none."""
    verdicts: list[Verdict] = []
    unknown: list[Group] = []
    known = list(runs)
    remarks = {run.trace.key: run.remark for run in known}
    for group, members in sorted(by_group(known).items()):
        rows = [row for row in published if _same_subject(members[0], row)]
        doubts = _first(remarks.get(_source_key(run), "") for run in members)
        verdicts += [_verdict(group, members, row, doubts) for row in rows]
        if not rows:
            unknown.append(group)
    return verdicts, unknown


def judge(ours: MeanInterval, published: PublishedResult, *, trains: bool) -> tuple[Judgement, str]:
    """A verdict on two numbers that may be compared.

    The interval is that of our mean. Where the source gives the spread of its seeds, it is that of
    the difference of both means, each with its own standard error (Welch).

    `reproduced`: the difference is within a margin, its whole interval included. `differs`: it is
    beyond both the interval and the margin. `within noise`: neither can be said with these seeds.
    A digitised number widens both by its error. Never from a single seed of ours.
    """
    error = published.error
    gap = abs(ours.mean - published.value)
    if not trains:
        within = gap <= EXACT_MARGIN + error
        return ("reproduced" if within else "differs"), f"measured once, no seeds; {gap:.1f} apart"
    if ours.half_width is None:
        return "not judged", "a single seed"
    half_width, seeds = _interval(ours, published)
    margin, reason = MARGIN + error, f"{gap:.1f} apart, interval ± {half_width:.1f} over {seeds}"
    if gap + half_width <= margin:
        return "reproduced", reason
    if gap > max(half_width + error, margin):
        return "differs", reason
    return "within noise", reason


def _interval(ours: MeanInterval, published: PublishedResult) -> tuple[float, str]:
    """Half the interval by which two means are judged, and the seeds that it rests on."""
    if published.sd is None or published.seeds is None:
        return ours.half_width or 0.0, f"{ours.count} seeds"
    half_width = difference_half_width(ours, published.sd, published.seeds)
    return half_width, f"{ours.count} seeds here and {published.seeds} there"


def _same_subject(run: Run, row: PublishedResult) -> bool:
    """Whether a row is about this method on this dataset, under the same protocol."""
    if (row.method, row.dataset) != (run.method_name, run.dataset):
        return False
    # Zero-shot is the same in all protocols that test on all classes.
    parts = {"base_to_new"} & {row.protocol, run.protocol}
    return row.protocol == run.protocol or (not run.shots and not parts)


def _source_key(run: Run) -> str:
    """Key of the cell that trained the run's prompt; empty if it trained its own."""
    return str((run.trace.cell.get("source") or {}).get("key", ""))


def _first(reasons: Iterable[str]) -> str:
    return next(filter(None, reasons), "")


def _verdict(group: Group, runs: Sequence[Run], row: PublishedResult, doubts: str) -> Verdict:
    """The verdict on runs that differ in their seeds.

    Args:
        group: what they share.
        runs: the runs.
        row: the published number.
        doubts: what the source of their prompts, if any, leaves to be said about its data.
    """
    ours = _measured(runs, row.metric)
    reason = _first((*(incomparable(run, row) for run in runs), doubts))
    if reason:
        far = all(unrelated(run, row) for run in runs)
        return Verdict(group, row, ours, "not comparable", reason, far)
    if ours is None:
        return Verdict(group, row, None, "not judged", f"{row.metric} was not measured")
    return Verdict(group, row, ours, *judge(ours, row, trains=group.shots > 0))


def _measured(runs: Sequence[Run], metric: str) -> MeanInterval | None:
    pairs = [(run.accuracy, run.trace.last(NEW_ACCURACY)) for run in runs]
    values: list[float | None] = {
        "accuracy": [base for base, _ in pairs],
        "base accuracy": [base for base, _ in pairs],
        "new accuracy": [new for _, new in pairs],
        "harmonic mean": [
            None if base is None or new is None else harmonic_mean(base, new) for base, new in pairs
        ],
    }.get(metric, [])
    known = [value for value in values if value is not None]
    return mean_interval(known) if known else None
