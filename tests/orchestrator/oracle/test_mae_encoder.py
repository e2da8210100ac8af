"""Encoders that methods bring along: names, local weights in both layouts, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from orchestrator.errors import UserError
from orchestrator.oracle.encoder import resolve_encoder
from orchestrator.oracle.mae_encoder import MaeEncoder, load_encoder

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def weights() -> dict[str, Tensor]:
    """Untrained weights under the names of MAE's authors."""
    return dict(load_encoder(resolve_encoder("random"), CPU)._vit.state_dict())


def hugging_face_names(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The same weights as a ViTMAE model of Hugging Face stores them, with a decoder beside."""
    outer = {
        "cls_token": "embeddings.cls_token",
        "pos_embed": "embeddings.position_embeddings",
        "patch_embed.proj": "embeddings.patch_embeddings.projection",
    }
    inner = {
        "attn.proj": "attention.output.dense",
        "norm1": "layernorm_before",
        "norm2": "layernorm_after",
        "mlp.fc1": "intermediate.dense",
        "mlp.fc2": "output.dense",
    }
    renamed = {"decoder.mask_token": torch.zeros(1), "vit.layernorm.weight": torch.ones(768)}
    for name, tensor in tensors.items():
        head, _, rest = name.partition(".")
        if head != "blocks":
            stem, _, kind = name.rpartition(".")
            theirs = outer[name] if name in outer else f"{outer[stem]}.{kind}"
            renamed[f"vit.{theirs}"] = tensor
            continue
        layer, _, part = rest.partition(".")
        stem, _, kind = part.rpartition(".")
        place = f"vit.encoder.layer.{layer}"
        if stem == "attn.qkv":
            for which, piece in zip(("query", "key", "value"), tensor.chunk(3), strict=True):
                renamed[f"{place}.attention.attention.{which}.{kind}"] = piece.contiguous()
        else:
            renamed[f"{place}.{inner[stem]}.{kind}"] = tensor
    return renamed


def test_local_weights_load_in_both_layouts_and_file_formats(
    tmp_path: Path, weights: dict[str, Tensor]
) -> None:
    halves = {name: tensor.half() for name, tensor in weights.items()}
    save_file(hugging_face_names(halves), tmp_path / "model.safetensors")
    torch.save({"model": halves}, tmp_path / "mae.pth")
    for file in ("model.safetensors", "mae.pth"):
        loaded = load_encoder(resolve_encoder(str(tmp_path / file)), CPU)._vit.state_dict()
        assert loaded.keys() == weights.keys()
        assert all(torch.equal(loaded[name], halves[name].float()) for name in loaded)


def test_the_feature_is_the_class_token_before_the_final_norm(weights: dict[str, Tensor]) -> None:
    encoder = MaeEncoder(weights)
    images = torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(1))
    feature = encoder(images)
    assert feature.shape == (2, encoder.width)
    assert not torch.allclose(feature[0], feature[1])
    normed = torch.nn.functional.layer_norm(feature, (768,))
    assert not torch.allclose(feature, normed, atol=1e-2)


def test_digests_tell_contents_apart_and_not_places(tmp_path: Path) -> None:
    for name, content in (("a.pth", b"1"), ("b.pth", b"1"), ("c.pth", b"2")):
        (tmp_path / name).write_bytes(content)
    first, second, third = (resolve_encoder(str(tmp_path / f"{name}.pth")).digest for name in "abc")
    assert first == second != third
    assert resolve_encoder("facebook/vit-mae-base").digest == "hub:facebook/vit-mae-base"


@pytest.mark.parametrize("name", ["nowhere/mae.pth", "vit-mae", "/a/b/c"])
def test_names_that_lead_nowhere_are_refused_before_anything_starts(name: str) -> None:
    with pytest.raises(UserError, match="Expected a Hugging Face name such as"):
        resolve_encoder(name)


def test_without_network_the_user_is_told_what_to_do(tmp_path: Path) -> None:
    encoder = resolve_encoder("nobody/has-this-model")
    with pytest.raises(UserError, match=r"give the file's path as `encoder`.*blackvip_se"):
        load_encoder(encoder, CPU)


@pytest.mark.parametrize("content", [b"", b"junk"])
def test_unreadable_weights_are_said_to_be_unreadable(tmp_path: Path, content: bytes) -> None:
    for name in ("x.safetensors", "x.pth"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError, match="can't read encoder weights"):
            load_encoder(resolve_encoder(str(tmp_path / name)), CPU)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    save_file({"fc.weight": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(UserError, match="not the weights of a ViT-MAE-base"):
        load_encoder(resolve_encoder(str(tmp_path / "other.safetensors")), CPU)


def test_a_planned_encoder_encodes_nothing() -> None:
    with pytest.raises(RuntimeError, match="planned with"):
        resolve_encoder("random")(torch.zeros(1, 3, 224, 224))


def test_damaged_weights_are_refused_with_their_name(
    tmp_path: Path, weights: dict[str, Tensor]
) -> None:
    # of zeros alone, which a file keeps once
    zeros = {name: torch.zeros(1).expand(tensor.shape) for name, tensor in weights.items()}
    path = tmp_path / "damaged.pth"
    torch.save({**zeros, "blocks.3.norm1.bias": torch.full((768,), torch.nan)}, path)
    with pytest.raises(UserError, match=r"are damaged: blocks\.3\.norm1\.bias is not finite"):
        load_encoder(resolve_encoder(str(path)), CPU)
