"""Query-efficiency plots as PNG files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from orchestrator.analysis.curves import Band, band_of
from orchestrator.analysis.palette import method_colours
from orchestrator.analysis.queries_to_target import Target
from orchestrator.analysis.runs import Group, Run, by_group

DPI = 150
PANEL = (4.2, 3.2)
COLUMNS = 3


def plot_dataset(runs: Sequence[Run], dataset: str, target: Target, path: Path) -> None:
    """Test accuracy over queries on one dataset, one line a method with its band over seeds."""
    figure = Figure(figsize=(7, 4.8), layout="constrained")
    axes = figure.add_subplot()
    _draw(axes, runs, dataset, target)
    axes.legend(frameon=False, fontsize=9)
    figure.text(0.01, -0.005, _caption(runs, dataset), fontsize=8, color="#444444", va="top")
    _save(figure, path)


def plot_overview(runs: Sequence[Run], target: Target, path: Path) -> None:
    """The same for all datasets side by side, with one legend."""
    datasets = sorted({run.dataset for run in runs})
    columns = min(COLUMNS, len(datasets))
    lines = -(-len(datasets) // columns)
    figure = Figure(
        figsize=(max(PANEL[0] * columns, 6), PANEL[1] * lines + 0.6), layout="constrained"
    )
    grid: Any = figure.subplots(lines, columns, squeeze=False)
    handles: dict[str, Any] = {}
    for place, axes in enumerate(grid.flat):
        if place >= len(datasets):
            axes.set_axis_off()
            continue
        _draw(axes, runs, datasets[place], target)
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    figure.legend(
        handles.values(), handles.keys(), loc="outside upper center", ncols=6, frameon=False
    )
    _save(figure, path)


def _draw(axes: Any, runs: Sequence[Run], dataset: str, target: Target) -> None:
    bands = _bands(runs, dataset)
    colours = method_colours(run.method for run in runs)
    several = len({group.shots for group in bands if group.shots}) > 1
    end = max((band.queries[-1] for band in bands.values()), default=0)
    for group, band in bands.items():
        label = f"{group.method}, {group.shots} shots" if several and group.shots else group.method
        style = {"color": colours[group.method], "label": label}
        if band.queries[-1] == 0:  # measured once: what it has without a query
            axes.axhline(band.mean[0], linestyle="--", linewidth=1.5, **style)
            continue
        axes.step(band.queries, band.mean, where="post", linewidth=2, **style)
        axes.fill_between(
            band.queries, band.lower, band.upper, step="post", alpha=0.18, linewidth=0,
            color=colours[group.method],
        )  # fmt: skip
    wanted = target.on(dataset, runs)
    if wanted is not None:
        axes.axhline(wanted, color="#999999", linestyle=":", linewidth=1.2, label="target")
    axes.set(title=dataset, xlabel="queries", ylabel="test accuracy (%)", xlim=(0, end or 1))
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)


def _bands(runs: Sequence[Run], dataset: str) -> Mapping[Group, Band]:
    found = {}
    for group, members in sorted(by_group(runs).items()):
        band = band_of(members) if group.dataset == dataset else None
        if band is not None:
            found[group] = band
    return found


def _caption(runs: Sequence[Run], dataset: str) -> str:
    seeds = {band.seeds for group, band in _bands(runs, dataset).items() if group.shots}
    if not seeds:
        return "Methods without training are measured once."
    if seeds == {1}:
        return "One seed, so no interval. A step shows what had been reached by then."
    counts = " or ".join(str(n) for n in sorted(seeds))
    return (
        f"Mean of {counts} seeds; bands are 95 % t-intervals over seeds. "
        f"A step shows what had been reached by then."
    )


def _save(figure: Figure, path: Path) -> None:
    FigureCanvasAgg(figure)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=DPI, bbox_inches="tight")
