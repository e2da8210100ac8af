"""Precision means the same for every kind of prompt: low formats come near, fp32 is exact."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from methods.interface import DeepPrompts, Prompts
from orchestrator.oracle.clip import ClipOracle, LoadedClip, load_clip
from orchestrator.oracle.interface import Batch
from orchestrator.oracle.ledger import Ledger
from orchestrator.oracle.text.tower import TextTower
from orchestrator.precision import Precision
from tests.conformance.tiny_clip import write_tiny_clip

CPU = torch.device("cpu")
LOW: tuple[Precision, ...] = ("bf16", "fp16")


class Darker:
    """A pixel prompt of two candidates."""

    def __len__(self) -> int:
        return 2

    def apply(self, images: Tensor, candidate: int) -> Tensor:
        assert images.dtype == torch.float32  # methods compute in fp32, whatever the oracle does
        return images - candidate


def prompts() -> dict[str, Prompts]:
    draw = torch.Generator().manual_seed(0)
    context = torch.randn(2, 3, 32, generator=draw)
    tokens = torch.randn(2, 4, 32, generator=draw)
    return {
        "context": Prompts(context=context),
        "both": Prompts(context=context, visual_tokens=tokens),
        "deep": Prompts(
            context=context,
            visual_tokens=tokens,
            deep=DeepPrompts(context.unsqueeze(1), tokens.unsqueeze(1)),
        ),
        "pixels": Prompts(templates=("a {}.",), pixels=Darker()),
        "templates": Prompts(templates=("a {}.", "the {}.")),
    }


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[Precision, LoadedClip]:
    """One model in each precision."""
    backbone = write_tiny_clip(tmp_path_factory.mktemp("clip"))
    precisions: tuple[Precision, ...] = ("fp32", *LOW)
    return {precision: load_clip(backbone, precision, CPU) for precision in precisions}


@pytest.mark.parametrize("kind", list(prompts()))
@pytest.mark.parametrize("precision", LOW)
def test_low_precisions_come_near(
    kind: str, precision: Precision, clips: dict[Precision, LoadedClip]
) -> None:
    images = torch.randn(3, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    batch = Batch(torch.zeros(3, dtype=torch.long), images=images)
    exact, low = (
        ClipOracle(clips[p], ("cat", "crop land"), Ledger(), Ledger()).query(prompts()[kind], batch)
        for p in ("fp32", precision)
    )
    assert low.dtype == torch.float32
    assert not torch.equal(low, exact)
    torch.testing.assert_close(low, exact, rtol=0, atol=0.3 if precision == "bf16" else 0.05)


@pytest.mark.parametrize("precision", LOW)
@pytest.mark.parametrize(
    "text", [{"pool_type": "last", "no_causal_mask": True}, {"embed_cls": True}], ids=str
)
def test_the_plain_path_comes_near_in_low_precisions(
    precision: Precision, text: dict[str, Any], tmp_path: Path
) -> None:
    backbone = write_tiny_clip(tmp_path, custom=True, **text)
    context = torch.randn(2, 3, 32, generator=torch.Generator().manual_seed(0))
    found = []
    precisions: tuple[Precision, ...] = ("fp32", precision)
    for each in precisions:
        clip = load_clip(backbone, each, CPU)
        with torch.inference_mode():
            tower = TextTower(clip.model, clip.tokenizer, ("cat", "crop land"))
            assert tower.fallback_reason
            both = tower.encode_context(context), tower.encode_templates(("a {}.",))
            found.append(torch.cat(both))
    torch.testing.assert_close(found[1], found[0], rtol=0, atol=0.03)


@pytest.mark.parametrize(("precision", "allowed"), [("tf32", True), ("fp32", False)])
def test_only_tf32_lets_gpus_round_the_factors_of_products(
    precision: Precision, allowed: bool, tmp_path: Any
) -> None:
    load_clip(write_tiny_clip(tmp_path), precision, CPU)
    assert torch.backends.cuda.matmul.allow_tf32 is allowed
    assert torch.backends.cudnn.allow_tf32 is allowed
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
