"""Own results beside published ones, with a verdict, or with the reason why there is none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from benchmarks.reference.published import PublishedResult
from methods.registry import method_class
from orchestrator.analysis.harmonic_mean import harmonic_mean
from orchestrator.analysis.intervals import MeanInterval, mean_interval
from orchestrator.analysis.runs import NEW_ACCURACY, Group, Run, by_group

MARGIN = 1.0
"""Points within which two accuracies count as the same: means of three seeds vary that much."""

EXACT_MARGIN = 0.2
"""The same for zero-shot, which has no seeds: room for rounding and half precision."""

PAPER_BATCH, PAPER_AUGMENTATION = 128, "crop_flip"
PAPER_VARIANT = "zip-port"
"""Baselines as the ZIP paper's code ran them, where that differs from their own papers."""

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
    """

    group: Group
    published: PublishedResult
    ours: MeanInterval | None
    judgement: Judgement
    reason: str


def compare_with_published(
    runs: Iterable[Run], published: Sequence[PublishedResult]
) -> tuple[list[Verdict], list[Group]]:
    """Verdicts for all groups that have published numbers, and the groups that have none."""
    verdicts: list[Verdict] = []
    unknown: list[Group] = []
    for group, members in sorted(by_group(runs).items()):
        rows = [row for row in published if _same_subject(members[0], row)]
        verdicts += [_verdict(group, members, row) for row in rows]
        if not rows:
            unknown.append(group)
    return verdicts, unknown


def judge(ours: MeanInterval, published: PublishedResult, *, trains: bool) -> tuple[Judgement, str]:
    """A verdict on two numbers that may be compared.

    `reproduced`: our whole interval lies within a margin of the published number. `differs`: the
    published number lies outside both our interval and the margin. `within noise`: neither can be
    said with these seeds. A digitised number widens both by its error. Never from a single seed.
    """
    error = published.error
    gap = abs(ours.mean - published.value)
    if not trains:
        within = gap <= EXACT_MARGIN + error
        return ("reproduced" if within else "differs"), f"measured once, no seeds; {gap:.1f} apart"
    if ours.half_width is None:
        return "not judged", "a single seed"
    half_width, margin = ours.half_width, MARGIN + error
    reason = f"{gap:.1f} apart, interval ± {half_width:.1f} over {ours.count} seeds"
    if gap + half_width <= margin:
        return "reproduced", reason
    if gap > max(half_width + error, margin):
        return "differs", reason
    return "within noise", reason


def incomparable(run: Run, published: PublishedResult) -> str:
    """Why a run can't be compared with a published number; empty if it can."""
    here, there = str(run.trace.provenance.get("backbone", "unknown")), published.backbone
    reasons = (
        published.caveat,
        "your own dataset, not the published one"
        if run.trace.provenance.get("own_dataset")
        else "",
        str(run.trace.provenance.get("dataset_remark", "")),
        "" if here == there else f"another backbone: {there} there, {here} here",
        "" if published.unit == "%" else f"another unit: {published.unit}",
        _other_training(run, published) if run.shots else "",
        _other_settings(run),
    )
    return next(filter(None, reasons), "")


def _same_subject(run: Run, row: PublishedResult) -> bool:
    """Whether a row is about this method on this dataset, under the same protocol."""
    if (row.method, row.dataset) != (run.method_name, run.dataset):
        return False
    # Zero-shot is the same in all protocols that test on all classes.
    parts = {"base_to_new"} & {row.protocol, run.protocol}
    return row.protocol == run.protocol or (not run.shots and not parts)


def _other_training(run: Run, published: PublishedResult) -> str:
    cell = run.trace.cell
    if published.budget_unit != "queries":
        unit = published.budget_unit
        there = f"{published.budget:,} steps" if unit == "steps" else f"{unit} queries"
        return f"another unit of cost: {there} there, {cell.get('budget', 0):,} queries here"
    for field, wanted, here in (
        ("number of shots", published.shots, run.shots),
        ("budget", published.budget, cell.get("budget")),
        ("mini-batch", PAPER_BATCH, cell.get("batch_size")),
        ("augmentation", PAPER_AUGMENTATION, cell.get("augmentation")),
    ):
        if here != wanted:
            return f"another {field}: {wanted} there, {here} here"
    return ""


def _other_settings(run: Run) -> str:
    """Settings of the method that are not the published method's."""
    kind = method_class(run.method_name)
    here = dict(run.trace.cell["method"].get("settings", {}))
    usual = kind.settings_type().model_dump(mode="json")
    variants: Mapping[str, Mapping[str, Any]] = getattr(kind, "variants", {})
    paper = {**usual, **variants.get(PAPER_VARIANT, {})}
    if here in (usual, paper):
        return ""
    changed = [f"{name}={value}" for name, value in here.items() if usual.get(name) != value]
    return f"other settings: {', '.join(changed)}"


def _verdict(group: Group, runs: Sequence[Run], row: PublishedResult) -> Verdict:
    ours = _measured(runs, row.metric)
    reason = incomparable(runs[0], row)
    if reason:
        return Verdict(group, row, ours, "not comparable", reason)
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
