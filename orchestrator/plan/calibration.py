"""What a backbone's two towers cost on a machine, so that a plan can be priced."""

import re
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from orchestrator.oracle.backbone import RANDOM, ResolvedBackbone
from orchestrator.oracle.cpu_formats import remark_on
from orchestrator.plan.actor_cores import cores_here
from orchestrator.plan.image_costs import MADE_UP, ImageCosts, Seconds
from orchestrator.precision import Precision

IMAGES = 16
CLASSES = 32
CONTEXT_TOKENS = 8
_CPU = "CPU"


@dataclass(frozen=True)
class TowerCosts:
    """Times on one machine with the threads of one actor.

    Attributes:
        machine: the GPU or CPU that was timed.
        per_image: seconds to encode one image.
        per_sequence: seconds to encode one class with a soft context of 8 tokens.
        images: what reading an image takes, by dataset; `MADE_UP` stands for those that aren't
            here. Empty if an earlier release has measured.
        cores: CPU cores of one actor that read images, unless another number is given to it.
    """

    machine: str
    per_image: Seconds
    per_sequence: Seconds
    images: Mapping[str, ImageCosts] = field(default_factory=dict)
    cores: Annotated[int, Field(ge=1)] = 1

    def images_of(self, dataset: str) -> ImageCosts | None:
        """What reading an image of a dataset takes; None if it wasn't measured."""
        return self.images.get(dataset, self.images.get(MADE_UP))

    @property
    def reads_beside(self) -> bool:
        """Whether images are read while the model computes: not where both take the same cores."""
        return not self.machine.startswith(_CPU)


def costs_in(values: Mapping[str, Any] | None) -> TowerCosts | None:
    """The costs that a calibration file holds; None if they aren't in it."""
    if values is None:
        return None
    try:
        return TypeAdapter(TowerCosts).validate_python(values)
    except ValidationError:
        return None


def machine_name(threads: int) -> str:
    """Name of what is timed: the GPU, or the CPU with its number of threads."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"{_CPU} with {threads} thread{'s' if threads > 1 else ''}"


def calibration_name(backbone: ResolvedBackbone, precision: Precision, threads: int) -> str:
    """File name under which the costs of a backbone on this kind of machine are kept."""
    text = f"{backbone.label}-{precision}-{machine_name(threads)}"
    return re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-").lower()


def slow_here(precision: Precision) -> str:
    """Says that a precision is slow on this machine; empty if it isn't."""
    import torch

    return remark_on(precision, "cuda" if torch.cuda.is_available() else "cpu")


def measure_towers(backbone: ResolvedBackbone, precision: Precision, threads: int) -> TowerCosts:
    """Times both towers here; published weights are not needed, untrained ones cost the same.

    Raises:
        UserError: the architecture can't be built.
    """
    import torch

    from orchestrator.oracle.clip import load_clip
    from orchestrator.oracle.image_tower import ImageTower
    from orchestrator.oracle.text.tower import TextTower

    torch.set_num_threads(threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    untrained = backbone if backbone.folder else replace(backbone, pretrained=RANDOM)
    clip = load_clip(untrained, precision, device)
    names = tuple(f"thing {number}" for number in range(CLASSES))
    text, image = TextTower(clip.model, clip.tokenizer, names), ImageTower(clip.model)
    pixels = torch.randn(IMAGES, 3, clip.image_size, clip.image_size)
    context = torch.randn(1, min(CONTEXT_TOKENS, text.context_tokens), text.width)

    def seconds(work: Callable[[], object], repeats: int = 3) -> float:
        work()  # the first call also allocates and picks kernels
        timings = []
        for _ in range(repeats):
            start = time.perf_counter()
            work()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            timings.append(time.perf_counter() - start)
        return statistics.median(timings)

    with torch.inference_mode():
        # Methods that ask for soft context are refused where a tower takes none.
        per_context = 0.0 if text.refusal else seconds(lambda: text.encode_context(context))
        return TowerCosts(
            machine_name(threads),
            seconds(lambda: image.encode(pixels)) / IMAGES,
            per_context / CLASSES,
            cores=cores_here(torch.cuda.device_count()),
        )
