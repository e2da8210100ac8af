"""Weights of another model or activation are refused before anything is loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from orchestrator.errors import UserError
from orchestrator.oracle.backbone import Backbone, ResolvedBackbone, resolve_backbone
from orchestrator.oracle.loading import load_model
from orchestrator.oracle.weights.check import checked_weights
from orchestrator.oracle.weights.rehearsal import misfit_in
from orchestrator.oracle.weights.shapes import first_misfit
from tests.conformance.tiny_clip import CONFIG, publish_tiny_clips, write_tiny_clip

CPU = torch.device("cpu")
MARKS = {"input_resolution": 16, "context_length": 24, "vocab_size": 49408}


@pytest.fixture(autouse=True)
def published(monkeypatch: pytest.MonkeyPatch) -> None:
    publish_tiny_clips(monkeypatch)


@pytest.fixture(scope="module")
def weights() -> dict[str, Tensor]:
    torch.manual_seed(0)
    return dict(open_clip.CLIP(**CONFIG).state_dict())


def backbone(path: Path, content: Any, model: str = "tiny") -> ResolvedBackbone:
    """A published model with weights from a file with this content."""
    torch.save(content, path)
    return resolve_backbone(Backbone(model=model, pretrained=str(path)))


def assert_loads(subject: ResolvedBackbone, weights: dict[str, Tensor]) -> None:
    checked_weights(subject)
    loaded = load_model(subject, "fp32", CPU).state_dict()
    assert loaded.keys() == weights.keys()
    assert all(torch.equal(loaded[name], weights[name]) for name in weights)


@pytest.mark.parametrize("wrapper", ["state_dict", "model", "model_state_dict", "ema", ""])
@pytest.mark.parametrize(
    "prefix", ["", "module.", "_orig_mod.", "module._orig_mod.", "student.net."]
)
def test_weights_load_as_training_code_saves_them(
    tmp_path: Path, weights: dict[str, Tensor], wrapper: str, prefix: str
) -> None:
    named = {prefix + name: value for name, value in weights.items()}
    content = {"epoch": 3, "loss": torch.zeros(()), wrapper: named} if wrapper else named
    assert_loads(backbone(tmp_path / "w.pt", content), weights)


def test_weights_load_from_every_format(tmp_path: Path, weights: dict[str, Tensor]) -> None:
    old, safe = tmp_path / "old.bin", tmp_path / "safe.pt"
    torch.save(weights, old, _use_new_zipfile_serialization=False)
    save_file({name: value.contiguous() for name, value in weights.items()}, safe)
    for path in (old, safe):
        assert_loads(resolve_backbone(Backbone(model="tiny", pretrained=str(path))), weights)


def test_names_with_or_without_a_text_tower_of_its_own_load(
    tmp_path: Path, weights: dict[str, Tensor]
) -> None:
    custom = open_clip.CustomTextCLIP(**CONFIG).state_dict()
    assert_loads(
        backbone(tmp_path / "w.pt", {k: weights[k.removeprefix("text.")] for k in custom}), weights
    )


def test_a_home_folder_is_found(
    tmp_path: Path, weights: dict[str, Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    torch.save(weights, tmp_path / "w.pt")
    assert_loads(resolve_backbone(Backbone(model="tiny", pretrained="~/w.pt")), weights)
    write_tiny_clip(tmp_path / "clip")
    load_model(resolve_backbone(Backbone(model="local-dir:~/clip")), "fp32", CPU)


def test_an_activation_that_is_not_stated_is_assumed_aloud(
    tmp_path: Path, weights: dict[str, Tensor]
) -> None:
    (note,) = checked_weights(backbone(tmp_path / "w.pt", weights))
    assert "GELU is assumed" in note
    assert "use model 'tiny-quickgelu'" in note
    (note,) = checked_weights(backbone(tmp_path / "w.pt", weights, "tiny-quickgelu"))
    assert "QuickGELU is assumed" in note
    assert "use model 'tiny'" in note


def test_weights_of_a_model_that_is_never_published_with_clips_preparation_say_what_is_assumed(
    tmp_path: Path,
) -> None:
    with torch.device("meta"):
        model = open_clip.create_model("PE-Core-T-16-384", load_weights=False, device="meta")
    expanded = {
        name: torch.zeros(()).expand(value.shape) for name, value in model.state_dict().items()
    }
    _, note = checked_weights(backbone(tmp_path / "w.pt", expanded, "PE-Core-T-16-384"))
    assert "CLIP's way is assumed" in note
    assert "have them squashed to 384 x 384 pixels (bilinear), mean 0.5 0.5 0.5" in note


def test_a_folders_weights_without_a_bias_or_scale_are_refused_without_torch(
    tmp_path: Path, weights: dict[str, Tensor]
) -> None:
    for name in ("logit_scale", "ln_final.bias", "visual.transformer.resblocks.1.mlp.c_fc.bias"):
        shapes = {n: tuple(value.shape) for n, value in weights.items() if n != name}
        assert first_misfit(CONFIG, shapes) == f"they lack '{name}'"


class Identity(nn.Module):
    """Stands for a model's parts, which an archive keeps by name."""

    def forward(self, image: Tensor) -> Tensor:
        return image


def openai_archive(path: Path, weights: dict[str, Tensor]) -> None:
    """Writes a TorchScript archive with the names and marks of OpenAI's."""
    archive = Identity()
    marks = {name: torch.tensor(value) for name, value in MARKS.items()}
    for name, value in {**weights, **marks}.items():
        *parts, last = name.split(".")
        place: nn.Module = archive
        for part in parts:
            if part not in place._modules:
                place.add_module(part, Identity())
            place = place.get_submodule(part)
        place.register_buffer(last, value)
    torch.jit.save(torch.jit.trace(archive.eval(), torch.zeros(1)), str(path))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("archived", [True, False])
def test_openais_own_weights_need_quickgelu(
    tmp_path: Path, weights: dict[str, Tensor], archived: bool
) -> None:
    path = tmp_path / "ViT.pt"
    if archived:
        openai_archive(path, weights)
    else:
        torch.save({**weights, **{name: torch.tensor(v) for name, v in MARKS.items()}}, path)
    right = resolve_backbone(Backbone(model="tiny-quickgelu", pretrained=str(path)))
    assert checked_weights(right) == ()
    assert_loads(right, weights)
    wrong = resolve_backbone(Backbone(model="tiny", pretrained=str(path)))
    with pytest.raises(UserError, match=r"trained with QuickGELU.*Use model 'tiny-quickgelu'"):
        checked_weights(wrong)
    with pytest.raises(UserError, match="trained with QuickGELU"):
        load_model(wrong, "fp32", CPU)


def test_weights_of_another_model_are_refused_with_what_differs_first(
    tmp_path: Path, weights: dict[str, Tensor]
) -> None:
    other = {**weights, "visual.conv1.weight": torch.zeros(32, 3, 4, 4)}
    with pytest.raises(UserError, match=r"'visual.conv1.weight' is 32 x 3 x 4 x 4, .* 32 x 3 x 8"):
        checked_weights(backbone(tmp_path / "w.pt", other))
    deeper = {**weights, "transformer.resblocks.2.ln_1.weight": torch.zeros(32)}
    with pytest.raises(UserError, match="text tower has 3 blocks, the model's has 2"):
        checked_weights(backbone(tmp_path / "w.pt", deeper))
    half = {k: v for k, v in weights.items() if not k.startswith("transformer")}
    with pytest.raises(UserError, match=r"they lack 'transformer.resblocks.0"):
        checked_weights(backbone(tmp_path / "w.pt", half))
    foreign = {"vision_model.embeddings.class_embedding": torch.zeros(3)}
    with pytest.raises(UserError, match="Hugging Face's CLIPModel"):
        checked_weights(backbone(tmp_path / "w.pt", foreign))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("traced", [True, False])
def test_an_archive_says_its_activation_by_its_code(
    tmp_path: Path, weights: dict[str, Tensor], traced: bool
) -> None:
    model = open_clip.CLIP(**CONFIG, quick_gelu=True).eval()
    model.load_state_dict(weights)
    shown: Any = (torch.zeros(1, 3, 16, 16), torch.zeros(1, 24, dtype=torch.long))
    archive = torch.jit.trace(model, shown, check_trace=False) if traced else None
    torch.jit.save(archive or torch.jit.script(model), str(tmp_path / "w.pt"))
    right = resolve_backbone(Backbone(model="tiny-quickgelu", pretrained=str(tmp_path / "w.pt")))
    assert checked_weights(right) == ()
    assert_loads(right, weights)
    wrong = resolve_backbone(Backbone(model="tiny", pretrained=str(tmp_path / "w.pt")))
    with pytest.raises(UserError, match=r"trained with QuickGELU.*Use model 'tiny-quickgelu'"):
        checked_weights(wrong)


def test_an_archive_with_gelu_is_refused_for_quickgelu(tmp_path: Path) -> None:
    torch.jit.save(torch.jit.script(open_clip.CLIP(**CONFIG)), str(tmp_path / "w.pt"))
    wrong = resolve_backbone(Backbone(model="tiny-quickgelu", pretrained=str(tmp_path / "w.pt")))
    with pytest.raises(UserError, match=r"trained with GELU, and .* QuickGELU. Use model 'tiny'"):
        checked_weights(wrong)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"logit_scale": None}, "they lack 'logit_scale'"),
        ({"visual.ln_pre.bias": None, "visual.ln_pre.weight": None}, "_pre.bias' and 1 more"),
        ({"head.weight": torch.zeros(3)}, "the model has no 'head.weight'"),
        ({"visual.ln_pre.bias": torch.zeros(3)}, "another shape has 'visual.ln_pre.bias'"),
        ({"ln_final.bias": torch.zeros(32).int()}, "only whole numbers in 'ln_final.bias'"),
        ({"visual.positional_embedding": torch.zeros(8, 32)}, r"can't be fitted to it \(Sizes"),
    ],
)
def test_whatever_could_not_be_loaded_is_refused_in_the_plan(
    tmp_path: Path, weights: dict[str, Tensor], changes: dict[str, Any], message: str
) -> None:
    changed = {name: value for name, value in (weights | changes).items() if value is not None}
    with pytest.raises(UserError, match=message) as caught:
        checked_weights(backbone(tmp_path / "w.pt", changed))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["EVA02-B-16", "ViT-B-16-SigLIP", "MobileCLIP-S1", "RN50"])
def test_weights_of_every_kind_of_tower_are_known(name: str) -> None:
    with torch.device("meta"):
        model = open_clip.create_model(name, load_weights=False, device="meta")
    whole = model.state_dict()
    assert misfit_in(name, whole) == ""
    missing = next(name for name in whole if name.startswith("visual.trunk") or name[:3] == "vis")
    assert missing in misfit_in(name, {n: value for n, value in whole.items() if n != missing})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"state_dict": {}, "args": Namespace(a=1)}, "would run code from the file"),
        ({"epoch": 3, "best": 0.5}, "holds no state dict.*found epoch, best"),
        ([torch.zeros(3)], "holds no state dict"),
    ],
)
def test_what_holds_no_plain_tensors_is_refused(tmp_path: Path, content: Any, message: str) -> None:
    with pytest.raises(UserError, match=message):
        checked_weights(backbone(tmp_path / "w.pt", content))


def test_what_only_siglip_can_read_is_refused_for_others(tmp_path: Path) -> None:
    path = tmp_path / "w.npz"
    np.savez(path, weight=np.zeros(3))
    with pytest.raises(UserError, match="big_vision's format, which open_clip reads for SigLIP"):
        checked_weights(resolve_backbone(Backbone(model="tiny", pretrained=str(path))))


def test_an_old_file_that_is_cut_short_is_named(tmp_path: Path, weights: dict[str, Tensor]) -> None:
    path = tmp_path / "w.pt"
    torch.save(weights, path, _use_new_zipfile_serialization=False)
    path.write_bytes(path.read_bytes()[:20_000])
    with pytest.raises(UserError, match="may be cut short or damaged"):
        checked_weights(resolve_backbone(Backbone(model="tiny", pretrained=str(path))))


def test_interpolated_positions_are_told_once(tmp_path: Path, weights: dict[str, Tensor]) -> None:
    other = dict(weights)
    other["visual.positional_embedding"] = torch.zeros(1 + 9, 32)
    other["positional_embedding"] = torch.zeros(30, 32)
    subject = backbone(tmp_path / "w.pt", other)
    checked_weights(subject)
    remarks: list[str] = []
    load_model(subject, "fp32", CPU, remarks.append)
    assert len(remarks) == 2
    assert "open_clip says of backbone 'tiny': Resizing position embedding" in remarks[0]
    assert "num_pos from 30 to 24" in remarks[1]


def test_nothing_is_remarked_on_where_all_is_as_it_should_be(tmp_path: Path) -> None:
    remarks: list[str] = []
    load_model(write_tiny_clip(tmp_path), "fp32", CPU, remarks.append)
    load_model(
        resolve_backbone(Backbone(model="tiny", pretrained="random")), "fp32", CPU, remarks.append
    )
    assert not remarks


def test_a_folders_weights_are_held_to_its_configuration(tmp_path: Path) -> None:
    subject = write_tiny_clip(tmp_path)
    assert checked_weights(subject) == ()
    config = {**CONFIG, "embed_dim": 8}
    (tmp_path / "open_clip_config.json").write_text(json.dumps({"model_cfg": config}))
    with pytest.raises(UserError, match=r"'visual.proj' is 32 x 16, the model's is 32 x 8.*folder"):
        checked_weights(subject)
    (tmp_path / "open_clip_model.safetensors").write_bytes(b"")
    with pytest.raises(UserError, match=r"open_clip_model.safetensors is empty"):
        checked_weights(subject)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, r"they lack 'visual\.class_embedding'"),
        ({"head.weight": torch.zeros(2)}, r"the model has no 'head\.weight'"),
        (
            {"ln_final.bias": torch.zeros(32, dtype=torch.int8)},
            r"whole numbers in 'ln_final\.bias'",
        ),
    ],
    ids=["nothing", "extra", "whole numbers"],
)
def test_what_would_not_load_from_a_folder_is_refused_before(
    change: dict[str, Tensor], message: str, tmp_path: Path, weights: dict[str, Tensor]
) -> None:
    subject = write_tiny_clip(tmp_path)
    save_file({**weights, **change} if change else {}, tmp_path / "open_clip_model.safetensors")
    with pytest.raises(UserError, match=message):
        checked_weights(subject)


def test_a_folder_is_checked_without_torch(tmp_path: Path) -> None:
    subject = write_tiny_clip(tmp_path)
    script = (
        "import sys; from orchestrator.oracle.backbone import *; "
        "from orchestrator.oracle.weights.check import checked_weights; "
        "from orchestrator.oracle.space import planned_space; "
        "one = resolve_backbone(Backbone(model=sys.argv[1])); checked_weights(one); "
        "planned_space(one, ('cat',)); assert not {'torch', 'open_clip'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", script, subject.model], check=True)


@pytest.mark.parametrize(
    "name", ["RN50", "ViT-B-32", "EVA02-B-16", "ViT-B-16-SigLIP", "coca_ViT-B-32", "RN101"]
)
def test_open_clips_own_models_fit_themselves(name: str) -> None:
    config = open_clip.get_model_config(name)
    config["text_cfg"].update(layers=2, vocab_size=100)
    if isinstance(config["vision_cfg"].get("layers"), int):
        config["vision_cfg"]["layers"] = 2
    text: Any = config["text_cfg"]
    custom = config.pop("custom_text", False)
    with torch.device("meta"):
        if config["vision_cfg"].get("timm_model_name"):
            model: nn.Module = open_clip.model._build_text_tower(config["embed_dim"], text)
        elif "multimodal_cfg" in config:
            model = open_clip.CoCa(**config)
        else:
            model = (open_clip.CustomTextCLIP if custom else open_clip.CLIP)(**config)
    shapes = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    shapes.setdefault("logit_scale", ())
    if config["vision_cfg"].get("timm_model_name"):
        assert "nothing under 'visual.trunk.'" in first_misfit(config, shapes)
        shapes["visual.trunk.weight"] = (1,)
    assert first_misfit(config, shapes) == ""
    assert first_misfit({**config, "embed_dim": 7}, shapes)
