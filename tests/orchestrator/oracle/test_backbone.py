"""Backbones are checked before weights are loaded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from benchmarks.backbones import BACKBONES
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import (
    Backbone,
    ResolvedBackbone,
    preprocessing_of,
    resolve_backbone,
)
from orchestrator.oracle.loading import load_model
from orchestrator.oracle.space import planned_space
from tests.conformance.tiny_clip import publish_tiny_clips, write_tiny_clip


@pytest.fixture
def tiny(tmp_path: Path) -> ResolvedBackbone:
    return write_tiny_clip(tmp_path / "clip")


@pytest.mark.parametrize("name", list(BACKBONES))
def test_named_backbones_are_known_to_open_clip(name: str) -> None:
    resolved = resolve_backbone(Backbone(model=name))
    assert resolved.digest
    assert preprocessing_of(resolved, "none").size == (24 if name == "pocket" else 224)


@pytest.mark.parametrize(
    ("model", "pretrained", "message"),
    [
        ("ViT-B/61", None, "Did you mean: ViT-B/16"),
        ("ViT-B-16", None, "needs `pretrained`: an open_clip tag"),
        ("ViT-B-16", "openai", "trained with QuickGELU.*Use model 'ViT-B-16-quickgelu'"),
        ("ViT-B-16-quickgelu", "laion2b_s34b_b88k", "neither a tag of this model nor a file"),
        ("ViT-B-16-quickgelu", "opnai", "Did you mean: openai"),
        ("ViT-B-16-quickgelu", "/no/such/file.pt", "neither a tag"),
        ("ViT-B-16-quickgelu", "~nobody-here/file.pt", "neither a tag"),
        ("ViT-B-16-quickgelu", "x" * 5000, "neither a tag"),
        ("ViT-B-16-quickgelu", "/", "is a folder.*model: local-dir:/`"),
        ("pocket", "openai", "brings its own weights"),
        ("local-dir:/no/such/folder", None, "needs open_clip_config.json"),
    ],
)
def test_wrong_backbones_are_explained(model: str, pretrained: str | None, message: str) -> None:
    with pytest.raises(UserError, match=message):
        resolve_backbone(Backbone(model=model, pretrained=pretrained))


def test_weights_without_a_model_of_their_activation_are_accepted() -> None:
    """open_clip states an activation for these weights that its only model for them lacks."""
    tag = Backbone(model="roberta-ViT-B-32", pretrained="laion2b_s12b_b32k")
    assert resolve_backbone(tag).digest.startswith("tag:")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("{", "is not a readable open_clip configuration"),
        ("[1, 2]", "is not a readable open_clip configuration"),
        ("{}", "needs a mapping `model_cfg`"),
        ('{"model_cfg": {"embed_dim": "x"}}', "`embed_dim` in model_cfg .* but is 'x'"),
        ('{"model_cfg": {"embed_dim": 8, "vision_cfg": {}}}', "needs a mapping `text_cfg`"),
        (
            '{"model_cfg": {"embed_dim": 8, "vision_cfg": {}, "text_cfg": {"width": "a"}}}',
            "`width` in text_cfg must be a whole number, but is 'a'",
        ),
    ],
)
def test_a_damaged_configuration_is_named(tmp_path: Path, config: str, message: str) -> None:
    write_tiny_clip(tmp_path)
    (tmp_path / "open_clip_config.json").write_text(config)
    with pytest.raises(UserError, match=f"open_clip_config.json.*{message}"):
        resolve_backbone(Backbone(model=f"local-dir:{tmp_path}"))


def test_a_folders_fingerprint_holds_the_file_that_open_clip_loads(tiny: ResolvedBackbone) -> None:
    folder = tiny.folder
    assert folder is not None
    (folder / "open_clip_model.safetensors").rename(folder / "model.safetensors")
    renamed = resolve_backbone(Backbone(model=tiny.model))
    assert renamed.weights == folder / "model.safetensors"
    assert renamed.digest == tiny.digest


def test_a_published_tag_is_its_own_fingerprint() -> None:
    resolved = resolve_backbone(Backbone(model="ViT-B/16"))
    assert resolved.digest == "tag:ViT-B-16-quickgelu/openai"


def test_other_weights_have_another_fingerprint(tiny: ResolvedBackbone) -> None:
    folder = tiny.folder
    assert folder is not None
    weights = folder / "open_clip_model.safetensors"
    tensors = load_file(weights)
    tensors["logit_scale"] = tensors["logit_scale"] + 1
    save_file(tensors, weights)
    assert resolve_backbone(Backbone(model=tiny.model)).digest != tiny.digest


def test_weights_of_other_shapes_are_refused_with_the_reason(tiny: ResolvedBackbone) -> None:
    folder = tiny.folder
    assert folder is not None
    weights = folder / "open_clip_model.safetensors"
    tensors = load_file(weights)
    tensors["ln_final.weight"] = torch.zeros(7)
    save_file(tensors, weights)
    with pytest.raises(UserError, match=r"can't load backbone.*\n.*ln_final"):
        load_model(tiny, "fp32", torch.device("cpu"))


def test_a_checkpoint_file_is_fingerprinted_and_loaded(tmp_path: Path) -> None:
    name = "ViT-S-32-alt"  # the smallest that open_clip knows
    backbone = resolve_backbone(Backbone(model=name, pretrained="random"))
    weights = load_model(backbone, "fp32", torch.device("cpu")).state_dict()
    path = tmp_path / "vit.pt"
    torch.save(weights, path)
    resolved = resolve_backbone(Backbone(model=name, pretrained=str(path)))
    assert resolved.digest.startswith("sha256:")
    loaded = load_model(resolved, "fp32", torch.device("cpu")).state_dict()
    assert loaded.keys() == weights.keys()
    assert all(torch.equal(loaded[part], weights[part]) for part in weights)


def test_the_same_weights_are_others_in_a_model_of_another_activation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_tiny_clips(monkeypatch)
    paths = [tmp_path / "w.pt", tmp_path / "copy.pt"]
    for path in paths:
        path.write_bytes(b"weights")
    plain, copied, quick = (
        resolve_backbone(Backbone(model=model, pretrained=str(path))).digest
        for model, path in (
            ("tiny", paths[0]),
            ("tiny", paths[1]),
            ("tiny-quickgelu", paths[0]),
        )
    )
    assert plain == copied != quick
    paths[0].write_bytes(b"changed")
    assert resolve_backbone(Backbone(model="tiny", pretrained=str(paths[0]))).digest != plain


def test_a_tag_is_the_same_however_it_is_spelt() -> None:
    found = {
        resolve_backbone(Backbone(model="ViT-B-32", pretrained=tag)).digest
        for tag in ("laion2b_s34b_b79k", "laion2b-s34b-b79k", "LAION2B_s34b_b79k")
    }
    assert found == {"tag:ViT-B-32/laion2b_s34b_b79k"}


def test_a_folders_fingerprint_holds_its_own_tokenizer(tiny: ResolvedBackbone) -> None:
    assert tiny.folder is not None
    (tiny.folder / "tokenizer.json").write_text("1")
    assert resolve_backbone(Backbone(model=tiny.model)).digest == tiny.digest, "unused"
    path = tiny.folder / "open_clip_config.json"
    config = json.loads(path.read_text())
    config["model_cfg"]["text_cfg"]["hf_tokenizer_name"] = "bert-base-uncased"
    path.write_text(json.dumps(config))
    before = resolve_backbone(Backbone(model=tiny.model)).digest
    (tiny.folder / "tokenizer.json").write_text("2")
    assert resolve_backbone(Backbone(model=tiny.model)).digest != before


def test_the_planned_space_is_that_of_the_loaded_model(tiny: ResolvedBackbone) -> None:
    space = planned_space(tiny, ("cat", "annual crop land"))
    assert (space.text_width, space.vision_width, space.image_size) == (32, 32, 16)
    assert space.context_tokens == 24 - 6


def test_a_residual_network_takes_no_visual_tokens() -> None:
    backbone = resolve_backbone(Backbone(model="RN50"))
    space = planned_space(backbone, ())
    assert (space.vision_width, space.vision_layers, space.text_layers) == (0, 0, 12)


def test_a_text_tower_of_another_library_has_no_inner_layers_to_reach() -> None:
    backbone = resolve_backbone(Backbone(model="roberta-ViT-B-32", pretrained="random"))
    space = planned_space(backbone, ())
    assert (space.text_layers, space.vision_layers) == (0, 12)
