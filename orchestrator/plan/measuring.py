"""Times a backbone's two towers on this machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import replace

import torch

from orchestrator.oracle.backbone import RANDOM, ResolvedBackbone
from orchestrator.oracle.clip import load_clip
from orchestrator.oracle.image_tower import ImageTower
from orchestrator.oracle.text_tower import TextTower
from orchestrator.plan.calibration import TowerCosts, machine_name
from orchestrator.precision import Precision

IMAGES = 16
CLASSES = 32
CONTEXT_TOKENS = 8


def measure_towers(backbone: ResolvedBackbone, precision: Precision, threads: int) -> TowerCosts:
    """Times both towers; published weights are not needed, untrained ones cost the same.

    Args:
        backbone: whose architecture is timed.
        precision: number format.
        threads: CPU threads of one actor.

    Raises:
        UserError: the architecture can't be built.
    """
    torch.set_num_threads(threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    untrained = backbone if backbone.folder else replace(backbone, pretrained=RANDOM)
    clip = load_clip(untrained, precision, device)
    names = tuple(f"thing {number}" for number in range(CLASSES))
    text, image = TextTower(clip.model, clip.tokenizer, names), ImageTower(clip.model)
    pixels = torch.randn(IMAGES, 3, clip.image_size, clip.image_size)
    context = torch.randn(1, min(CONTEXT_TOKENS, text.context_tokens), text.width)
    with torch.inference_mode():
        return TowerCosts(
            machine_name(threads),
            _seconds(lambda: image.encode(pixels)) / IMAGES,
            _seconds(lambda: text.encode_context(context)) / CLASSES,
        )


def _seconds(work: Callable[[], object], repeats: int = 3) -> float:
    work()  # the first call also allocates and picks kernels
    timings = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        timings.append(time.perf_counter() - start)
    return statistics.median(timings)
