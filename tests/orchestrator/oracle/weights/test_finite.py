"""Weights that are no numbers are named by the plan, and by whoever loads them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from orchestrator.errors import UserError
from orchestrator.oracle.backbone import Backbone, resolve_backbone
from orchestrator.oracle.encoder import check_encoder, resolve_encoder
from orchestrator.oracle.loading import load_model
from orchestrator.oracle.weights import finite
from orchestrator.oracle.weights.check import checked_weights
from orchestrator.oracle.weights.file import weights_file
from orchestrator.oracle.weights.finite import check_finite, odd_among
from tests.conformance.damaged_clip import damaged_pocket

FORMATS = (torch.float64, torch.float32, torch.float16, torch.bfloat16)


def spoilt(value: float, kind: torch.dtype) -> dict[str, Tensor]:
    """Three tensors, one of which has an odd value at its end."""
    odd = torch.ones(3, 5, dtype=kind)
    odd[-1, -1] = value
    largest = torch.full((4,), torch.finfo(kind).max, dtype=kind)
    return {"sound": largest, "odd": odd, "count": torch.ones(2, dtype=torch.int64)}


def saved(tensors: dict[str, Tensor], path: Path, *, new: bool = True) -> Path:
    if path.suffix == ".safetensors":
        save_file(tensors, path)
    else:
        torch.save({"state_dict": tensors}, path, _use_new_zipfile_serialization=new)
    return path


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUERYCURVE_CACHE", str(tmp_path / "cache"))


@pytest.mark.parametrize("kind", FORMATS, ids=str)
@pytest.mark.parametrize("name", ["w.safetensors", "w.pt", "old.pt"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_an_odd_value_is_found_in_every_format(
    kind: torch.dtype, name: str, value: float, tmp_path: Path
) -> None:
    path = saved(spoilt(value, kind), tmp_path / name, new=name != "old.pt")
    with pytest.raises(UserError, match=rf"the clip: the weights in .*{name} are damaged: 'odd'"):
        check_finite("the clip", weights_file(path))


@pytest.mark.parametrize("kind", FORMATS, ids=str)
@pytest.mark.parametrize("name", ["w.safetensors", "w.pt"])
def test_sound_weights_pass(kind: torch.dtype, name: str, tmp_path: Path) -> None:
    tensors = spoilt(1.0, kind) | {
        "text.attn_mask": torch.full((2, 2), -math.inf),
        "none": torch.ones(0, 3),
        "scale": torch.tensor(4.6, dtype=kind),
    }
    check_finite("the clip", weights_file(saved(tensors, tmp_path / name)))
    assert list(odd_among(tensors)) == []


def test_a_file_is_looked_at_once_until_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[Path] = []
    look = finite._odd_in_safetensors

    def counting(path: Path) -> Any:
        looked.append(path)
        return look(path)

    monkeypatch.setattr(finite, "_odd_in_safetensors", counting)
    path = saved(spoilt(math.nan, torch.float32), tmp_path / "w.safetensors")
    for _ in range(2):
        with pytest.raises(UserError, match="'odd'"):
            check_finite("the clip", weights_file(path))
    assert len(looked) == 1
    saved(spoilt(1.0, torch.float32), path)
    check_finite("the clip", weights_file(path))
    assert len(looked) == 2


def test_the_plan_names_damaged_weights_of_a_folder(tmp_path: Path) -> None:
    model = damaged_pocket(tmp_path / "model", "visual.proj", math.nan)
    backbone = resolve_backbone(Backbone(model=model))
    with pytest.raises(UserError, match=r"damaged: 'visual.proj' has values that are not finite"):
        checked_weights(backbone)
    with pytest.raises(UserError, match=r"in fp32: the weights in .*damaged: 'visual.proj'"):
        load_model(backbone, "fp32", torch.device("cpu"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"version https://git-lfs.github.com/spec/v1\n", "pointer of Git LFS"),
        (b"PK\x03\x04 and then no more", "cut short"),
        (b"{}", "no weights of a known format"),
    ],
)
def test_the_plan_names_what_is_no_encoder(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "mae.pth"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        check_encoder(resolve_encoder(str(path)))


def test_the_plan_names_an_encoder_that_is_not_finite(tmp_path: Path) -> None:
    path = saved(spoilt(math.nan, torch.float32), tmp_path / "mae.safetensors")
    with pytest.raises(UserError, match=r"encoder '.*mae.safetensors': the weights .*'odd'"):
        check_encoder(resolve_encoder(str(path)))
