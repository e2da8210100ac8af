"""Mean ranks over datasets, with the critical difference where there can be one."""

from collections.abc import Iterator

from orchestrator.analysis.access import TRANSLUCENT, Track
from orchestrator.analysis.charts.chart import Dot, DotChart
from orchestrator.analysis.ranks import Ranks, ranks_of
from orchestrator.analysis.report.blocks import Block, FigureBlock, Text
from orchestrator.analysis.report.comparison import Comparison
from orchestrator.analysis.significance import ALPHA


def blocks(comparison: Comparison) -> Iterator[Block]:
    """Nothing when there are no two methods to rank."""
    for shots in comparison.shots:
        for track, scores in comparison.tracks(shots).items():
            ranks = ranks_of(scores)
            if ranks.mean_ranks:
                yield _figure(comparison, shots, ranks, track)
                if ranks.reason:
                    yield Text(ranks.reason, "note")


def _figure(comparison: Comparison, shots: int, ranks: Ranks, track: Track) -> FigureBlock:
    half = None if ranks.critical_difference is None else ranks.critical_difference / 2
    dots = tuple(
        Dot(who.method, comparison.looks[who.method], rank, half) for who, rank in ranks.mean_ranks
    )
    noun = "dataset" if ranks.datasets == 1 else "datasets"
    caption = (
        f"Mean rank by final accuracy over {ranks.datasets} shared "
        f"{noun}{comparison.suffix(shots)}; 1 is best. {_track_words(comparison, track)}"
        f"{_difference_words(ranks)}"
    )
    chart = DotChart("mean rank (1 is best)", dots, note=f"over {ranks.datasets} {noun}")
    name = "ranks_translucent" if track == TRANSLUCENT else "ranks"
    return FigureBlock(f"{name}{comparison.file_suffix(shots)}", caption.strip(), (chart,))


def _track_words(comparison: Comparison, track: Track) -> str:
    if not comparison.several_tracks:
        return ""
    return f"Methods of the {track} alone, which are ranked among themselves. "


def _difference_words(ranks: Ranks) -> str:
    if ranks.critical_difference is None or ranks.p_value is None:
        return ""
    verdict = "differ" if ranks.p_value < ALPHA else "can't be told apart as a whole"
    return (
        f"Bars are half the critical difference ({ranks.critical_difference:.2f}, Nemenyi, "
        f"{ALPHA:g}) to each side: methods whose bars overlap can't be told apart. Friedman's "
        f"test: p = {ranks.p_value:.3g}, so methods {verdict}."
    )
