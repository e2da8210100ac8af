"""Shows what the cells of a plan take of one actor's time, and where it goes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from orchestrator.analysis.fitting_table import FittingTable, Line
from orchestrator.console import duration, output, say
from orchestrator.plan.actor_time import ActorTime
from orchestrator.plan.calibration import TowerCosts
from orchestrator.plan.image_costs import MADE_UP_SIZE, ImageCosts
from orchestrator.plan.plan import Plan
from orchestrator.plan.pricing import Price, Pricing

_HEADERS = ("querying", "measuring", "reading images", "actor time")


def show_times(plan: Plan, pricing: Pricing) -> None:
    """One line per dataset and method: seconds of one actor, by what they go to.

    Nothing where no model was measured, or where nothing is left.
    """
    if not pricing.costs or not _is_left(plan):
        return
    prices: dict[tuple[str, str], Price] = {}
    for cell in plan.cells:
        place = cell.cell.dataset, cell.label
        prices[place] = prices.get(place, Price()) + pricing.price(cell)
    shared = pricing.shared(plan)
    total = sum(prices.values(), shared)
    rows = {**prices, ("once for all", ""): shared, ("all", ""): total}
    FittingTable(
        names=("dataset", "method"),
        headers=_HEADERS,
        lines=tuple(Line(place, _cells(price.time)) for place, price in rows.items()),
        title=f"{plan.spec.name}: time of one actor",
        dense=True,
        sections=True,
        folds=3,
    ).show(output)
    if total.time is not None:
        say(f"about {time_text(total.time)}")


def explain_times(plan: Plan, pricing: Pricing) -> None:
    """What times are computed from, or why they aren't known."""
    if not _is_left(plan):
        return
    for backbone in plan.backbones():
        if (costs := pricing.costs.get(backbone.digest)) is not None:
            say(
                f"time of {backbone.label} measured on this machine ({costs.machine}): "
                f"{1000 * costs.per_image:.2f} ms per image, {1000 * costs.per_sequence:.2f} ms "
                f"per class and candidate; divide by the number of actors."
            )
            cells = (c for c in plan.cells if c.fits and c.backbone == backbone)
            datasets = dict.fromkeys(c.cell.dataset for c in cells)
            for line in _reading_lines(costs, datasets, pricing.cores_of(costs)):
                say(line)
    if pricing.total(plan.cells).time is None:
        if any(backbone.remote is None for backbone in plan.backbones()):
            say(
                "time is unknown until something was measured: add --measure (about half a minute)."
            )
        else:
            say("time is unknown until some cells have run: the model is a service's.")


def time_text(time: ActorTime) -> str:
    """Time in words: `3.1 h of one actor: 1.2 h querying, 0.5 h measuring, 1.4 h ...`."""
    parts = {"querying": time.querying, "measuring": time.measuring, "reading images": time.reading}
    named = [
        f"{name} unknown" if seconds is None else f"{duration(seconds)} {name}"
        for name, seconds in parts.items()
    ]
    return f"{duration(time.total)} of one actor: {', '.join(named)}"


def _is_left(plan: Plan) -> bool:
    return any(cell.status != "done" and cell.fits for cell in plan.cells)


def _cells(time: ActorTime | None) -> tuple[str, ...]:
    if time is None:
        return ("?",) * len(_HEADERS)
    parts = (time.querying, time.measuring, time.reading, time.total)
    return tuple("?" if seconds is None else duration(seconds) for seconds in parts)


def _reading_lines(costs: TowerCosts, datasets: Iterable[str], cores: int) -> Iterator[str]:
    """What reading images takes, over the datasets of a plan; which of them stand for others."""
    names = list(datasets)
    known = [one for name in names if (one := costs.images_of(name)) is not None]
    if len(known) < len(names):
        yield (
            "reading images isn't among it: an earlier release, or another plan, has measured the "
            "model without it. Add --measure."
        )
        return
    each = ", ".join(
        f"{_span(known, field)} ms to {done}"
        for field, done in (
            ("decode", "decode"),
            ("augment", "crop for training"),
            ("square", "make square"),
            ("cached", "take from the pixel cache"),
        )
    )
    beside = "beside the model" if costs.reads_beside else "in turns with the model"
    where = "core reads" if cores == 1 else f"{cores} cores read"
    yield f"an image takes a core {each}; the actor's {where} {beside} in training."
    made_up = [name for name in names if name not in costs.images]
    if made_up:
        width, height = MADE_UP_SIZE
        yield (
            f"not here, so that a made-up photograph of {width} x {height} pixels was timed: "
            f"{', '.join(made_up)}."
        )


def _span(costs: Iterable[ImageCosts], what: str) -> str:
    """The least and the most of some costs, in ms."""
    values = sorted(1000 * getattr(one, what) for one in costs)
    ends = dict.fromkeys(f"{value:.2f}" for value in (values[0], values[-1]))
    return " to ".join(ends)
