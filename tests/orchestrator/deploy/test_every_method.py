"""Every method's prompt, exported and loaded, does on the test images what its trace says."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import torch
import yaml

from methods.registry import method_names
from orchestrator.deploy.export import load_prompt, prompt_from_store
from orchestrator.oracle import encoder, mae_encoder
from tests.orchestrator.deploy.desk import Desk, measured, traced

SETTINGS: dict[str, dict[str, object]] = {
    "blackvip": {"encoder": "random"},
    "blackvip_se": {"components": 3},
    "bptvlm": {"population": 4, "text_dimension": 20, "visual_dimension": 20, "patch_inputs": 8},
    "sharpzo": {"dimension": 4, "population": 4},
    "zip": {"intrinsic_dimension": 100},
}
"""Settings by which a step is few queries, or that suit so small a model."""
VARIANTS = ("logit_newton@readout", "score_probe@features", "zero_shot@ensemble")
LABELS = (*method_names(), *VARIANTS)
METHODS = [{"name": name, **SETTINGS.get(name, {})} for name in LABELS]


class ToyEncoder:
    """A frozen image encoder: means of rows of the red channel."""

    width, image_size = 8, 24

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        return images[:, 0, : self.width].mean(dim=-1)


@pytest.fixture(scope="module")
def desk(few_images: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One cell of each method, with a toy in place of an own encoder."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(mae_encoder, "load_encoder", lambda *_: ToyEncoder())
        sized = partial(encoder.Encoder, width=ToyEncoder.width, image_size=ToyEncoder.image_size)
        patched.setattr(encoder, "Encoder", sized)
        methods = yaml.safe_dump(METHODS, default_flow_style=True, width=10**6).strip()
        folder = tmp_path_factory.mktemp("store")
        yield Desk(folder, f"methods={methods}", "budget=64", "augmentation=none")


@pytest.mark.parametrize("label", LABELS)
def test_it_does_what_its_trace_says(label: str, desk: Desk, tmp_path: Path) -> None:
    cell = desk.cell(label)
    trace = desk.trace(cell)
    prompt = prompt_from_store(desk.store, cell.key)
    prompt.save(tmp_path)
    found = measured(load_prompt(tmp_path))
    assert found.accuracy == pytest.approx(traced(trace).accuracy, abs=1e-9)
    assert found.loss == pytest.approx(traced(trace).loss, abs=1e-5)
    assert prompt.record.readout == trace.provenance["deployment"]["readout"]
