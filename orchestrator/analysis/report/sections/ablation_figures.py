"""Figures of an ablation: one per field whose values have an order, one for all other fields.

Of several bases, one per field, in which each base is a line.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from orchestrator.analysis.ablation import BySeed, Sweep, intervals
from orchestrator.analysis.charts.chart import PERCENT, Line, ValueChart
from orchestrator.analysis.charts.palette import NEUTRAL, Look, looks_of
from orchestrator.analysis.report.blocks import FigureBlock
from orchestrator.spec.ablation_point import FieldValue

ACCURACY = "test accuracy (%)"
MEAN = "mean"
MEAN_LOOK = Look(NEUTRAL.colour, "solid")
SYMBOLS = {"sqrt_dim": "√δ"}
MOST_INTERVALS = 4
"""Datasets whose intervals are drawn; those of more would hide one another."""

SPREAD = 0.4
"""Part of the distance between two neighbours without order over which one's points are spread."""

WIDE = 10
"""From this ratio of the largest to the smallest number on, the axis is logarithmic."""

_Places = Mapping[FieldValue, float]
"""Where each value lies on the axis."""


def figures_of(sweeps: Sequence[Sweep]) -> Iterator[FigureBlock]:
    """One figure per field of numbers (in a full product, one in all); then one for the others.

    Of several bases each field has one; in a full product each base has.
    """
    bases = tuple(dict.fromkeys(sweep.ablation for sweep in sweeps))
    if len(bases) == 1:
        yield from _figures_of_one(sweeps)
        return
    for base in bases:
        crossed = [one for one in sweeps if one.held and one.ablation == base]
        if crossed:
            yield _crossed_figure(crossed, f"_{bases.index(base) + 1}")
    single = [sweep for sweep in sweeps if not sweep.held]
    for field in dict.fromkeys(sweep.field for sweep in single):
        yield _compared_figure([sweep for sweep in single if sweep.field == field])


def _figures_of_one(sweeps: Sequence[Sweep]) -> Iterator[FigureBlock]:
    crossed = [sweep for sweep in sweeps if sweep.held]
    if crossed:
        yield _crossed_figure(crossed)
    single = [sweep for sweep in sweeps if not sweep.held]
    for sweep in single:
        if sweep.is_numeric and len(sweep.values) > 1:
            yield _numeric_figure(sweep)
    unordered = [sweep for sweep in single if not sweep.is_numeric]
    if unordered:
        yield _unordered_figure(unordered)


def _numeric_figure(sweep: Sweep) -> FigureBlock:
    places, log = _axis(sweep.values)
    chart = ValueChart(
        x_title=f"{sweep.field} of {sweep.ablation}",
        y_title=ACCURACY,
        lines=_dataset_lines([sweep], places),
        ticks=_ticks(places),
        log=log,
        marks=_marks(sweep, places),
        bounds=PERCENT,
    )
    caption = f"Test accuracy at each value of {sweep.field}, the rest as in {sweep.ablation}. "
    if any(value.number == math.inf for value in sweep.values):
        caption += "Rightmost: no limit, drawn beside the largest number. "
    if any(value.text == "sqrt_dim" for value in sweep.values):
        caption += "√δ: the square root of the number of tuned parameters. "
    return _block(f"ablation_{sweep.field}", caption, chart)


def _unordered_figure(sweeps: Sequence[Sweep]) -> FigureBlock:
    """The base once, then every change."""
    base = sweeps[0].ablation
    names = [base] + [v.title for s in sweeps for v in s.values if v != s.default]
    places = {name: float(place) for place, name in enumerate(names)}
    of_values = {v: places.get(v.title, 0.0) for s in sweeps for v in s.values}
    chart = ValueChart(
        x_title=f"what differs from {base}",
        y_title=ACCURACY,
        lines=_side_by_side(_dataset_lines(sweeps, of_values)),
        ticks=tuple((place, name.replace("=", "=\n")) for name, place in places.items()),
        joined=False,
        bounds=PERCENT,
    )
    caption = f"Test accuracy of {base} and of {base} with one field changed. "
    return _block("ablation_changes", caption, chart)


def _compared_figure(sweeps: Sequence[Sweep]) -> FigureBlock:
    """One line a base, each a mean over the datasets on which every base has all of its values."""
    field, bases = sweeps[0].field, [sweep.ablation for sweep in sweeps]
    values = tuple(dict.fromkeys(value for sweep in sweeps for value in sweep.values))
    places, log = _axis(values)
    ordered = all(value.number is not None for value in values)
    shared = sorted(set.intersection(*(set(sweep.shared) for sweep in sweeps)))
    looks, few = looks_of(bases), len(sweeps) <= MOST_INTERVALS
    lines = tuple(
        _line(base, looks[base], [sweep.mean(shared)], places, with_intervals=few or not ordered)
        for base, sweep in zip(bases, sweeps, strict=True)
    )
    drawn = tuple(line for line in lines if line.x)
    several = len(shared) > 1
    chart = ValueChart(
        x_title=field,
        y_title=f"mean {ACCURACY}" if several else ACCURACY,
        lines=drawn if ordered else _side_by_side(drawn),
        ticks=_ticks(places) if ordered else _folded_ticks(places),
        log=log,
        joined=ordered,
        bounds=PERCENT,
        title=f"{field} varied" + (f", mean of {len(shared)} datasets" if several else ""),
    )
    where = f"mean of {', '.join(shared)}" if several else ", ".join(shared) or "no dataset"
    caption = (
        f"Test accuracy of each base at each value of {field}, the rest as in the base ({where}). "
    )
    return _block(f"ablation_{field}", caption, chart)


def _crossed_figure(sweeps: Sequence[Sweep], which: str = "") -> FigureBlock:
    """One line a combination of the other fields, each a mean over datasets.

    Args:
        sweeps: those of one base.
        which: tells the bases apart in names of files, where there are several.
    """
    values = tuple(dict.fromkeys(value for sweep in sweeps for value in sweep.values))
    places, log = _axis(values)
    titles = [", ".join(value.title for value in sweep.held) for sweep in sweeps]
    looks = looks_of(titles)
    few = len(sweeps) <= MOST_INTERVALS
    lines = tuple(
        _line(title, looks[title], [sweep.mean()], places, with_intervals=few)
        for title, sweep in zip(titles, sweeps, strict=True)
    )
    field = sweeps[0].field
    chart = ValueChart(
        x_title=f"{field} of {sweeps[0].ablation}",
        y_title=f"mean {ACCURACY}",
        lines=lines,
        ticks=_ticks(places),
        log=log,
        joined=all(value.number is not None for value in values),
        bounds=PERCENT,
    )
    caption = (
        f"Mean test accuracy over datasets at each value of {field}; one line for each combination "
        f"of the other fields. "
    )
    return _block(f"ablation_{field}_crossed{which}", caption, chart)


def _block(name: str, caption: str, chart: ValueChart) -> FigureBlock:
    if any(line.lower for line in chart.lines):
        caption += "Bars and bands: 95 % t-intervals over seeds, where drawn; the table has all. "
    if any(line.main for line in chart.lines):
        caption += "The mean averages each seed over datasets first."
    return FigureBlock(name, caption.strip(), (chart,))


def _dataset_lines(sweeps: Sequence[Sweep], places: _Places) -> tuple[Line, ...]:
    datasets = tuple(sorted({name for sweep in sweeps for name in sweep.datasets}))
    looks = looks_of(datasets)
    few = len(datasets) <= MOST_INTERVALS
    lines = [
        _line(name, looks[name], [s.on(name) for s in sweeps], places, with_intervals=few)
        for name in datasets
    ]
    if len(datasets) > 1:
        mean = _line(MEAN, MEAN_LOOK, [s.mean() for s in sweeps], places, with_intervals=True)
        lines.append(replace(mean, main=True))
    return tuple(line for line in lines if line.x)


def _side_by_side(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Moved a little apart, so that no interval hides another."""
    step = SPREAD / max(1, len(lines) - 1)
    moves = [step * place - SPREAD / 2 for place in range(len(lines))]
    return tuple(
        replace(line, x=tuple(place + move for place in line.x))
        for line, move in zip(lines, moves, strict=True)
    )


def _line(
    label: str,
    look: Look,
    found: Sequence[Mapping[FieldValue, BySeed]],
    places: _Places,
    *,
    with_intervals: bool,
) -> Line:
    """Means over seeds by place, rising."""
    at = {places[v]: i for part in found for v, i in intervals(part).items()}
    at = dict(sorted(at.items()))
    known = with_intervals and all(i.half_width is not None for i in at.values())
    return Line(
        label,
        look,
        x=tuple(at),
        y=tuple(i.mean for i in at.values()),
        lower=tuple(i.lower for i in at.values()) if known else (),
        upper=tuple(i.upper for i in at.values()) if known else (),
        seeds=_shared_count([i.count for i in at.values()]),
    )


def _shared_count(counts: Sequence[int]) -> int:
    """How many seeds all points have; 0 where they differ."""
    return counts[0] if len(set(counts)) == 1 else 0


def _axis(values: Sequence[FieldValue]) -> tuple[_Places, bool]:
    """Where values lie, and whether the axis is logarithmic.

    Numbers lie where they belong, and "no limit" one step beyond the largest; values that are not
    all numbers lie side by side.
    """
    numbers = {value: value.number for value in values if value.number is not None}
    if len(numbers) < len(values):
        return {value: float(place) for place, value in enumerate(values)}, False
    finite = sorted({number for number in numbers.values() if math.isfinite(number)})
    log = bool(finite) and finite[0] > 0 and finite[-1] >= WIDE * finite[0]
    beyond = finite[-1] * 4 if log else finite[-1] + 0.15 * (finite[-1] - finite[0] or 1)
    places = {v: n if math.isfinite(n) else beyond for v, n in numbers.items()}
    return dict(sorted(places.items(), key=lambda item: item[1])), log


def _ticks(places: _Places) -> tuple[tuple[float, str], ...]:
    return tuple((place, _symbol(value)) for value, place in places.items())


def _folded_ticks(places: _Places) -> tuple[tuple[float, str], ...]:
    """Ticks whose texts take several lines rather than the room of their neighbours."""
    return tuple((place, text.replace(", ", ", \n")) for place, text in _ticks(places))


def _marks(sweep: Sweep, places: _Places) -> tuple[tuple[str, float], ...]:
    """The default, and named values that stand for a number, at that number."""
    marks = []
    for value, place in places.items():
        named = value.text in SYMBOLS and math.isfinite(place)
        text = f"{_symbol(value)} = {place:.3g}" if named else value.text
        if value == sweep.default:
            marks.append((f"default: {text}", place))
        elif named:
            marks.append((text, place))
    return tuple(marks)


def _symbol(value: FieldValue) -> str:
    return SYMBOLS.get(value.text, value.text)
