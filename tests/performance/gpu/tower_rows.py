"""How much of a large product's speed the image tower reaches."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from orchestrator.oracle.compiling import as_written
from orchestrator.oracle.image_tower import ImageTower
from orchestrator.oracle.loading import round_factors
from tests.performance.bench import models
from tests.performance.bench.machine import flops
from tests.performance.cards import GOAL, nominal_peak
from tests.performance.gpu.outcome import Outcome, at_least
from tests.performance.gpu.setting import Setting

_WARMING = 3


def tower_row(setting: Setting, *, compiled: bool) -> Iterator[Outcome]:
    """The share of the measured peak, and of the nominal one, on one large batch."""
    precision, machine = setting.low, setting.machine
    peak = machine.peak(precision)
    model = models.clip(setting.extent.layers, precision, setting.device).model
    tower = ImageTower(model, setting.compiler() if compiled else as_written)
    size = models.IMAGE_SIZE
    images = torch.randn(setting.tower_images, 3, size, size, device=setting.device)
    round_factors(precision)
    with torch.inference_mode():
        needed = flops(lambda: ImageTower(model).encode(images))
        for _ in range(_WARMING):
            tower.encode(images)
        seconds = machine.seconds(
            lambda: [tower.encode(images) for _ in range(setting.tower_turns)]
        )
    reached = needed * setting.tower_turns / seconds
    stated = nominal_peak(machine.name)
    of_stated = f", {reached / stated:.0%} of the nominal {stated / 1e12:.0f}" if stated else ""
    figure = (
        f"{reached / 1e12:.3g} TFLOP/s, {reached / peak:.0%} of the measured "
        f"{peak / 1e12:.3g}{of_stated}; "
        f"{setting.tower_images * setting.tower_turns / seconds:.0f} images/s"
    )
    how = "compiled" if compiled else "as written"
    yield at_least(
        f"image tower, {precision}, {how}, {setting.tower_images} images",
        reached / peak,
        GOAL,
        figure,
        reached=reached,
        peak=peak,
        nominal=stated,
        seconds=seconds,
    )
