"""What a row of the benchmark should take on a machine, before anything of it was computed.

FLOPs of ViT-B/16 from its shapes, and how much of a large product's speed such work reaches. This
is rough: it only says which rows fit into some minutes. The table itself counts operations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from methods.interface import Demand, PromptSpace
from methods.registry import method_class
from orchestrator.precision import Precision
from tests.performance.bench.cases import Case, problem, settings_of
from tests.performance.bench.models import IMAGE_SIZE

_IMAGE = (197, 768)
_TEXT = (77, 512)
_READ = 8
"""Positions of a text that the oracle computes, of 77: a name, and the context's share."""

_SPACE = PromptSpace(_TEXT[1], 16, _IMAGE[1], IMAGE_SIZE, token_embedding_std=0.02)

_REACHED: Mapping[str, float] = {"cpu": 0.5, "cuda": 0.3}
_REACHED_LOW: Mapping[str, float] = {"cpu": 0.15, "cuda": 0.3}
"""In bf16 and fp16, where the rest of the work weighs more beside the products."""

_BUILDING = 2.0
"""Seconds in which models are built, operations are counted and shapes are seen for the first
time, in every row."""
_COMPILING = 60.0


@dataclass(frozen=True)
class Extent:
    """How much of a case is computed.

    Attributes:
        layers: of each tower.
        batch: images in a query.
        rounds: turns of both sides.
    """

    layers: int
    batch: int
    rounds: int


@dataclass(frozen=True)
class Speed:
    """How fast a machine multiplies.

    Attributes:
        device: `cpu` or `cuda`.
        peaks: FLOP/s of a large product by number format.
    """

    device: str
    peaks: Mapping[Precision, float]

    def seconds(self, flops: float, precision: Precision) -> float:
        """What a forward of so many operations should take."""
        low = precision in ("bf16", "fp16")
        reached = (_REACHED_LOW if low else _REACHED)[self.device]
        return flops / (reached * self.peaks[precision])


def expected_seconds(case: Case, extent: Extent, speed: Speed) -> float:
    """What a row should take: both sides in turns, and what is done once before."""
    naive = speed.seconds(naive_flops(case, extent), "fp32")
    step = speed.seconds(step_flops(case, extent), case.precision)
    once = 2 * step  # a step that nothing is timed in, and one whose operations are counted
    if extent.layers > 2:
        few = (Extent(layers, extent.batch, 1) for layers in (2, 3))
        once += sum(2 * speed.seconds(step_flops(case, one), case.precision) for one in few)
    building = _BUILDING + (_COMPILING if case.compiled else 0)
    return building + once + extent.rounds * (naive + step)


def naive_flops(case: Case, extent: Extent) -> float:
    """Operations of a query where nothing is saved."""
    images = extent.batch * _forward(extent.layers, *_IMAGE)
    if case.method == "blackvip":
        images *= 2  # its own encoder has the image tower's shape
    if not _asks(case).soft_text:
        return images
    return images + case.classes * _forward(extent.layers, *_TEXT)


def step_flops(case: Case, extent: Extent) -> float:
    """Operations of all candidates of a step, as the oracle computes them."""
    asks = _asks(case)
    images = extent.batch * _forward(extent.layers, *_IMAGE)
    encoded = asks.candidates if asks.touches_images else int(not case.views)
    own = int(case.method == "blackvip")
    if not asks.soft_text:
        return (encoded + own) * images
    text = case.classes * _forward(extent.layers, *_TEXT) * _READ / _TEXT[0]
    return encoded * images + asks.candidates * text


def _asks(case: Case) -> Demand:
    encoder = _Shapes() if case.method == "blackvip" else None
    given = problem(case, _SPACE, encoder)
    return method_class(case.method).demand(given, settings_of(case.method))


@dataclass(frozen=True)
class _Shapes:
    """Stands for an encoder where only its shapes are asked for."""

    width: int = _IMAGE[1]
    image_size: int = IMAGE_SIZE

    def __call__(self, images: Tensor) -> Tensor:
        """Nobody calls it."""
        raise NotImplementedError(f"no encoder is there for {len(images)} images")


def _forward(layers: int, positions: int, width: int) -> float:
    """Operations of a sequence in a tower: projections and MLP, and attention."""
    return layers * positions * (24 * width**2 + 4 * positions * width)
