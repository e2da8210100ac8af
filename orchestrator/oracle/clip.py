"""An oracle that is an open_clip model."""

import weakref
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from methods.interface import Prompts, PromptSpace, Words
from orchestrator.errors import UserError
from orchestrator.oracle.answering import Answer, restrict
from orchestrator.oracle.backbone import ResolvedBackbone, preprocessing_of
from orchestrator.oracle.compiling import Compiler, as_written
from orchestrator.oracle.image_tower import ImageTower
from orchestrator.oracle.inner_layers import check_positions
from orchestrator.oracle.interface import Ask, Asking, Batch, Oracle
from orchestrator.oracle.ledger import Ledger
from orchestrator.oracle.loading import load_model, load_tokenizer
from orchestrator.oracle.text.tower import TextTower
from orchestrator.precision import Precision


@dataclass(frozen=True)
class LoadedClip:
    """A model in memory, shared by all oracles of an actor.

    Attributes:
        backbone: what was loaded.
        model: the open_clip model.
        tokenizer: its tokenizer.
        image_size: height and width of its input, in pixels.
        compiler: applied to what its towers compute in every query.
        remarks: what a person should know about the weights.
    """

    backbone: ResolvedBackbone
    model: nn.Module
    tokenizer: Any
    image_size: int
    compiler: Compiler = as_written
    remarks: tuple[str, ...] = ()

    @property
    def logit_scale(self) -> float:
        """The factor that turns cosines into logits."""
        scale: Any = self.model.logit_scale
        return float(scale.exp())


def load_clip(backbone: ResolvedBackbone, precision: Precision, device: torch.device) -> LoadedClip:
    """Loads model and tokenizer.

    Raises:
        UserError: weights or tokenizer can't be had, or don't fit the model.
    """
    tokenizer = load_tokenizer(backbone)
    remarks: list[str] = []
    model = load_model(backbone, precision, device, remarks.append)
    size = preprocessing_of(backbone, "none").size
    return LoadedClip(backbone, model, tokenizer, size, remarks=tuple(remarks))


class ClipOracle(Oracle):
    """A CLIP model bound to class names and a budget.

    Attributes:
        remarks: what a person should know about the model.

    Raises:
        UserError: the text tower gives no feature of a text, or a class name is too long.
    """

    def __init__(
        self, clip: LoadedClip, class_names: tuple[str, ...], method: Ledger, observer: Ledger
    ) -> None:
        self.method = method
        self.observer = observer
        self.classes = len(class_names)
        self._scale = clip.logit_scale
        self._encoded: tuple[weakref.ref[Batch], Tensor] | None = None
        self._text = TextTower(clip.model, clip.tokenizer, class_names, clip.compiler)
        self._image = ImageTower(clip.model, clip.compiler)
        self.remarks = clip.remarks
        if self._text.fallback_reason:
            self.remarks += (
                f"the text tower of {clip.backbone.label!r} takes the plain path, which costs many "
                f"times more, because {self._text.fallback_reason}",
            )
        pixels = preprocessing_of(clip.backbone, "none")
        patch_mean, patch_std = self._image.patch_weights
        self.space = PromptSpace(
            text_width=self._text.width,
            context_tokens=self._text.context_tokens,
            vision_width=self._image.token_width,
            image_size=clip.image_size,
            token_embedding_std=self._text.embedding_std,
            patch_weight_mean=patch_mean,
            patch_weight_std=patch_std,
            pixel_mean=pixels.mean,
            pixel_std=pixels.std,
            text_layers=self._text.layers,
            vision_layers=self._image.layers,
        )

    @torch.inference_mode()
    def encode_images(self, images: Tensor) -> Tensor:
        """Normalised features `(B, E)` of images `(B, 3, S, S)` without a prompt; not charged.

        A query is charged when a prompt is answered, whether or not its images were encoded before.
        """
        return self._image.encode(images)

    @property
    def words(self) -> Words | None:
        """Looks up the text tower's token embeddings; None if it takes no soft context."""
        return None if self._text.refusal else self._text

    @property
    def remembered_bytes(self) -> int:
        """Memory of what was computed for its class names and kept for later prompts."""
        return self._text.remembered_bytes

    def asker(self, prompts: Prompts) -> Ask:
        check_positions(prompts)
        with torch.inference_mode():
            text = self._class_features(prompts)

        def ask(batch: Batch, asking: Asking) -> Answer:
            with torch.inference_mode():
                image = self._image_features(prompts, batch)
                logits = (self._scale * image.to(text) @ text.mT).cpu()
                return restrict(logits, asking.answers, asking.noise_seeds(len(logits)))

        return ask

    def _class_features(self, prompts: Prompts) -> Tensor:
        if prompts.templates is not None:
            return self._text.encode_templates(prompts.templates)
        if prompts.ensembles is not None:
            return torch.cat([self._text.encode_ensemble(one) for one in prompts.ensembles])
        if prompts.context is None:  # excluded by Prompts, said again for the type checker
            raise ValueError("a prompt needs a context, templates or ensembles")
        deep = None if prompts.deep is None else prompts.deep.text
        return self._text.encode_context(prompts.context, deep)

    def _image_features(self, prompts: Prompts, batch: Batch) -> Tensor:
        """`(1 or K, B, E)`: the plain features serve all candidates that leave images alone."""
        if prompts.touches_images:
            return self._image.encode_prompted(_pixels(batch), prompts)
        if batch.features is not None:
            return batch.features.unsqueeze(0)
        return self._plain_features(batch).unsqueeze(0)

    def _plain_features(self, batch: Batch) -> Tensor:
        """`(B, E)`; a method may ask about the same mini-batch again, which is encoded once."""
        if self._encoded is None or self._encoded[0]() is not batch:
            self._encoded = weakref.ref(batch), self._image.encode(_pixels(batch))
        return self._encoded[1]


def _pixels(batch: Batch) -> Tensor:
    if batch.images is None:
        raise UserError("this prompt changes what the image tower sees, so it needs pixels")
    return batch.images
