"""Every method and variant takes a step on small CLIPs with both kinds of image tower."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

from methods.interface import Method, Named, Problem, Scores, SettingsError
from methods.registry import method_names, method_variant, variant_names
from orchestrator.oracle.clip import ClipOracle, LoadedClip, load_clip
from orchestrator.oracle.interface import Batch
from orchestrator.oracle.ledger import Ledger
from tests.conformance.tiny_clip import write_tiny_clip

NAMES = ("cat", "annual crop land", "boeing 747")
LABELS = torch.tensor([0, 1, 2, 0])
SMALL: dict[str, Any] = {
    "blackvip_se": {"components": 8},
    "sharpzo": {"dimension": 4},
    "zip": {"intrinsic_dimension": 100},
}
"""Settings that suit such small models, or by which a step is some dozens of queries."""
VISUAL = ("bptvlm", "zomp")
"""Methods whose defaults need visual tokens."""


@dataclass(frozen=True)
class Encoder:
    """A frozen image encoder: means of the first rows of the red channel."""

    image_size: int
    width: int = 8

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        return images[:, 0, : self.width].mean(dim=-1)


@pytest.fixture(scope="module", params=["vit", "resnet"])
def clip(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> LoadedClip:
    folder: Path = tmp_path_factory.mktemp(request.param)
    vision = {"image_size": 32, "layers": [1, 1, 1, 1], "width": 8, "head_width": 64}
    backbone = write_tiny_clip(folder, vision=vision if request.param == "resnet" else None)
    return load_clip(backbone, "fp32", torch.device("cpu"))


def built(name: str, oracle: ClipOracle) -> tuple[Method, int]:
    """A method as a trial builds it, with budget for a few steps, and the size of its images."""
    kind, defaults = method_variant(name)
    settings = kind.settings_type.model_validate({**defaults, **SMALL.get(kind.name, {})})
    problem = Problem(
        oracle.space,
        len(NAMES),
        ("a {}.", "the {}."),
        batches_per_epoch=2,
        budget=600,
        seed=1,
        encoder=Encoder(oracle.space.image_size),
        examples=len(LABELS),
        batch_size=2,
        words=oracle.words,
    )
    return kind(problem, settings), kind.image_size(oracle.space, settings)


def step(method: Method, oracle: ClipOracle, size: int) -> bool:
    """Asks and tells once, on images of a height and width; False if the method is done."""
    prompts = method.ask() if method.trains else None
    if prompts is None:
        return False
    choice = method.images()
    ids = torch.tensor(choice.examples if isinstance(choice, Named) else (0, 1))
    batch = images(size, ids)
    method.tell(Scores(oracle.query(prompts, batch), batch.labels, batch.examples))
    return True


def images(size: int, ids: torch.Tensor) -> Batch:
    pixels = torch.randn(len(LABELS), 3, size, size, generator=torch.Generator().manual_seed(0))
    return Batch(LABELS[ids], images=pixels[ids], examples=ids)


@pytest.mark.parametrize("name", [*method_names(), *variant_names()])
def test_steps_lead_to_finite_scores(name: str, clip: LoadedClip) -> None:
    oracle = ClipOracle(clip, NAMES, Ledger(limit=600), Ledger())
    if not oracle.space.vision_width and name.partition("@")[0] in VISUAL:
        with pytest.raises(SettingsError, match="visual tokens"):
            built(name, oracle)
        return
    method, size = built(name, oracle)
    for _ in range(2):
        going = step(method, oracle, size)
        assert going or not method.trains or name.startswith("score_probe")
    batch = images(size, torch.arange(len(LABELS)))
    ((_, logits),) = oracle.observe(method.best_prompt(), [batch])
    readout = method.readout()
    answers = logits[0] if readout is None else readout(logits)
    assert answers.shape == (len(LABELS), len(NAMES))
    assert answers.isfinite().all()
