"""Loads the frozen image encoder of BlackVIP, a ViT-MAE-base.

He et al., "Masked Autoencoders Are Scalable Vision Learners", CVPR 2022. The encoder belongs to the
method, not to the oracle, so its forwards are not queries.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import hf_hub_download
from huggingface_hub.errors import HfHubHTTPError
from safetensors.torch import load_file
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor, nn

from orchestrator.errors import UserError
from orchestrator.oracle.backbone import RANDOM
from orchestrator.oracle.encoder import EXPECTED, Encoder

_HUB_FILES = ("model.safetensors", "pytorch_model.bin")


class MaeEncoder(nn.Module):
    """ViT-MAE-base as a plain encoder: all patches, class token before the final norm.

    Args:
        tensors: weights by timm's names, in timm's shapes; None leaves the network untrained.

    Raises:
        KeyError: a weight is missing.
        RuntimeError: a weight has another shape.
    """

    width = 768
    image_size = 224

    def __init__(self, tensors: Mapping[str, Tensor] | None = None) -> None:
        super().__init__()
        norm: Any = partial(nn.LayerNorm, eps=1e-12)
        with torch.device("cpu" if tensors is None else "meta"):
            self._vit: Any = VisionTransformer(num_classes=0, global_pool="token", norm_layer=norm)
        self._vit.norm = nn.Identity()
        if tensors is not None:
            own = self._vit.state_dict()
            given = {name: tensors[name].to(own[name].dtype) for name in own}
            self._vit.load_state_dict(given, assign=True)
        self.eval().requires_grad_(False)

    def forward(self, images: Tensor) -> Tensor:
        """Class tokens `(B, 768)` of CLIP-normalised images `(B, 3, 224, 224)`."""
        features: Tensor = self._vit.forward_features(images)[:, 0]
        return features


def load_encoder(encoder: Encoder, device: torch.device) -> MaeEncoder:
    """The encoder with its weights, in evaluation mode, without gradients.

    Raises:
        UserError: the weights can't be fetched or read, are not those of a ViT-MAE-base, or are not
            finite.
    """
    if encoder.name == RANDOM:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)  # untrained weights that are the same on every actor
            return MaeEncoder().to(device)
    path = Path(encoder.name).expanduser()
    tensors = _read(path if path.is_file() else _download(encoder.name))
    try:
        loaded = MaeEncoder(_with_timm_names(tensors))
    except (KeyError, RuntimeError) as error:
        raise UserError(
            f"the weights of encoder {encoder.name!r} are not the weights of a ViT-MAE-base: "
            f"{str(error).splitlines()[0]}. {EXPECTED}"
        ) from None
    _check_finite(loaded, encoder.name)
    return loaded.to(device)


def _check_finite(loaded: MaeEncoder, name: str) -> None:
    """Refuses damaged weights here: later they would look like a prompt that has gone astray."""
    for part, weights in loaded.named_parameters():
        if not bool(torch.isfinite(weights).all()):
            raise UserError(
                f"the weights of encoder {name!r} are damaged: {part.removeprefix('_vit.')} is not "
                f"finite. Get the file again, or give another encoder."
            )


_TIMM_NAMES = {
    "vit.": "",
    "embeddings.cls_token": "cls_token",
    "embeddings.position_embeddings": "pos_embed",
    "embeddings.patch_embeddings.projection": "patch_embed.proj",
    "encoder.layer": "blocks",
    "layernorm_before": "norm1",
    "layernorm_after": "norm2",
    "attention.output.dense": "attn.proj",
    "attention.attention": "attn",
    "intermediate.dense": "mlp.fc1",
    "output.dense": "mlp.fc2",
}
"""Parts of Hugging Face's ViTMAE names, replaced in this order."""


def _with_timm_names(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights under timm's names, which are also those of MAE's authors.

    `facebook/vit-mae-base` stores MAE's checkpoint `mae_visualize_vit_base` under names of its own.
    timm's download `vit_base_patch16_224.mae` is another checkpoint, `mae_pretrain_vit_base`, so it
    can't stand in.

    Args:
        tensors: under timm's names, or under those of Hugging Face's ViTMAE models.
    """
    renamed = {}
    for name, tensor in tensors.items():
        new = name
        for theirs, ours in _TIMM_NAMES.items():
            new = new.replace(theirs, ours)
        renamed[new] = tensor
    for query in [name for name in renamed if ".query." in name]:
        parts = [renamed[query.replace("query", part)] for part in ("query", "key", "value")]
        renamed[query.replace("query", "qkv")] = torch.cat(parts)
    return renamed


def _download(name: str) -> Path:
    reasons = []
    for file in _HUB_FILES:
        try:
            return Path(hf_hub_download(name, file))
        except (OSError, ValueError, HfHubHTTPError) as error:
            reasons.append(f"{file}: {str(error).splitlines()[0]}")
    raise UserError(
        f"can't fetch the encoder {name!r} from Hugging Face ({'; '.join(reasons)}). Download its "
        f"weights where there is a network and give the file's path as `encoder`, or use the "
        f"method `blackvip_se`, which needs none."
    )


def _read(path: Path) -> dict[str, Tensor]:
    try:
        if path.suffix == ".safetensors":
            return dict(load_file(path))
        content: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a damaged pickle raises whatever its bytes lead to
        raise UserError(f"can't read encoder weights from {path}: {error}") from None
    return dict(content.get("model", content))
