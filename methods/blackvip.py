"""BlackVIP: black-box visual prompting (Oh et al., CVPR 2023).

A frozen encoder and a light decoder make a prompt for each image; simultaneous perturbation with
gradient correction trains the decoder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from pydantic import Field

from methods.interface import (
    Access,
    Demand,
    Method,
    Problem,
    Prompts,
    PromptSpace,
    Scores,
    Settings,
    SettingsError,
    State,
)
from methods.lazy_torch import Tensor, torch
from methods.parts.checks import stored_parameters
from methods.parts.coordinator import Coordinator, updated_statistics
from methods.parts.losses import cross_entropy, measured
from methods.parts.seeding import generator
from methods.parts.spsa import Optimiser, Spsa, SpsaSettings

Encode = Callable[[Tensor], Tensor]
"""From CLIP-normalised images `(B, 3, S, S)` to features `(B, F)`."""


class CoordinatorSettings(SpsaSettings):
    """Settings that `blackvip` and `blackvip_se` share, on top of those of their optimiser.

    Attributes:
        strength: factor that a prompt is multiplied by before it is added to the image.
    """

    optimiser: Optimiser = "spsa-gc"
    strength: float = Field(default=1.0, gt=0)


class BlackVipSettings(CoordinatorSettings):
    """Settings of `blackvip`; the defaults are those of the ZIP paper's code (ICLR 2025).

    BlackVIP's own paper may have others. The ZIP paper's code trains it under fp16 autocast; here,
    precision is the oracle's.

    Attributes:
        encoder: the frozen encoder: a Hugging Face name of a ViT-MAE, the path of a file with its
            weights, or `random` for untrained ones (for timing and tests, never for results).
    """

    encoder: str = "facebook/vit-mae-base"


class BlackVip(Method):
    """One step: probe q random pairs, average, correct by momentum, take a step.

    z = encoder(x)                       frozen, class token before the final norm
    x' = clamp(x + decoder([z, trigger]))   one prompt per image (coordinator.py)
    g = mean_k (L+ - L-) / (2 c_t) / d_k   two-sided estimate (spsa.py)
    m <- beta m + g;  w <- w - a_t (g + beta m)   gradient correction (update_rules.py)

    The encoder belongs to the method, so its forwards are not queries. z doesn't depend on the
    decoder's parameters: it is computed once for the mini-batch of a step.

    Batch normalisation is in training mode while prompts are optimised, as in the research code:
    each query normalises with its own mini-batch, and the running statistics take in all perturbed
    forwards of a step in the order +1, -1, +2, -2, ... The deployed prompt uses these running
    statistics, although they come from perturbed parameters and not from the deployed ones.
    """

    name = "blackvip"
    version = 1
    settings_type: ClassVar[type[Settings]] = BlackVipSettings

    def __init__(self, problem: Problem, settings: CoordinatorSettings) -> None:
        self._problem = problem
        self._encode, width = self._encoder(problem, settings)
        self._coordinator = _coordinator(problem.space, width, settings)
        dimension = self._coordinator.dimension
        self._optimiser = Spsa(settings, dimension, problem.budget, problem.seed, self.name)
        start = generator(problem.seed, self.name, "start")
        self._parameters = self._coordinator.initial(start)
        self._running = self._coordinator.initial_statistics()
        self._asked: CoordinatedImages | None = None

    @classmethod
    def encoder_name(cls, settings: Any) -> str | None:
        """The encoder that the settings name."""
        return str(settings.encoder)

    @classmethod
    def access(cls, settings: BlackVipSettings) -> Access:
        del settings
        return Access(frozenset({"text", "pixels"}))

    @classmethod
    def demand(cls, problem: Problem, settings: CoordinatorSettings) -> Demand:
        _coordinator(problem.space, cls._encoder(problem, settings)[1], settings)
        return Demand(2 * settings.pairs, touches_images=True, templates=problem.templates[:1])

    def ask(self) -> Prompts:
        probes = self._optimiser.probes(self._parameters)
        self._asked = self._images(probes, self._training_encoder(), running=None)
        return Prompts(templates=self._problem.templates[:1], pixels=self._asked)

    def tell(self, scores: Scores) -> Mapping[str, float]:
        if self._asked is None:
            raise RuntimeError(f"{self.name} was told scores that it had not asked for")
        losses = cross_entropy(scores.logits, scores.labels)
        self._parameters, step = self._optimiser.step(self._parameters, losses)
        for statistics in self._asked.statistics():
            self._running = updated_statistics(self._running, statistics)
        self._asked = None
        return {**measured(losses, scores), **step}

    def best_prompt(self) -> Prompts:
        deployed = self._parameters.unsqueeze(0)
        images = self._images(deployed, self._encode, self._running)
        return Prompts(templates=self._problem.templates[:1], pixels=images)

    def state(self) -> State:
        memory = self._optimiser.state()
        own = {"parameters": self._parameters, "running": self._running}
        return State({**own, **memory.tensors}, memory.values)

    def load(self, state: State) -> None:
        self._parameters = stored_parameters(state, self._parameters, self.name)
        self._running = state.tensors["running"].clone()
        self._optimiser.load(state)

    @classmethod
    def _encoder(cls, problem: Problem, settings: Any) -> tuple[Encode, int]:
        """The encoder, once it is known to take these images, and the width of its features."""
        encoder, size = problem.encoder, problem.space.image_size
        if encoder is None:
            raise SettingsError(f"{cls.name} needs the image encoder {settings.encoder!r}")
        if encoder.image_size != size:
            raise SettingsError(
                f"encoder {settings.encoder!r} takes images of {encoder.image_size} pixels, but "
                f"this black box takes {size}. Use another backbone, or `blackvip_se`, which "
                f"takes any size"
            )
        return encoder, encoder.width

    def _training_encoder(self) -> Encode:
        """The encoder for the mini-batch of the next step."""
        return self._encode

    def _images(
        self, parameters: Tensor, encode: Encode, running: Tensor | None
    ) -> CoordinatedImages:
        space = self._problem.space
        return CoordinatedImages(self._coordinator, parameters, encode, running, space)


class CoordinatedImages:
    """K decoders that make a prompt for each image, as a `PixelPrompt`.

    Args:
        coordinator: the decoder's shapes.
        parameters: `(K, N)`.
        encode: the encoder; called once for all candidates on the same mini-batch.
        running: batch-norm statistics `(2, M)`; None uses each mini-batch's own and keeps them.
        space: normalisation of the images, for the range that they are clamped to.
    """

    def __init__(
        self,
        coordinator: Coordinator,
        parameters: Tensor,
        encode: Encode,
        running: Tensor | None,
        space: PromptSpace,
    ) -> None:
        self._coordinator = coordinator
        self._parameters = parameters
        self._encode = encode
        self._running = running
        mean, std = torch.tensor(space.pixel_mean), torch.tensor(space.pixel_std)
        self._lowest = (-mean / std).reshape(3, 1, 1)
        self._highest = ((1 - mean) / std).reshape(3, 1, 1)
        self._noted: dict[int, Tensor] = {}
        self._encoded: tuple[Tensor, Tensor] | None = None

    def __len__(self) -> int:
        return len(self._parameters)

    def apply(self, images: Tensor, candidate: int) -> Tensor:
        """Images `(B, 3, S, S)` with one decoder's prompts added, clamped to pixels in [0, 1]."""
        parameters = self._parameters[candidate].to(images)
        features = self._features(images)
        prompts, statistics = self._coordinator.prompts(parameters, features, self._running)
        self._noted[candidate] = statistics
        return (images + prompts).clamp(self._lowest.to(images), self._highest.to(images))

    def statistics(self) -> list[Tensor]:
        """Batch-norm statistics `(2, M)` of each candidate's forward, in their order."""
        return [self._noted[candidate] for candidate in sorted(self._noted)]

    def _features(self, images: Tensor) -> Tensor:
        if self._encoded is None or self._encoded[0] is not images:
            self._encoded = (images, self._encode(images).to(images))
        return self._encoded[1]


def _coordinator(space: PromptSpace, features: int, settings: CoordinatorSettings) -> Coordinator:
    """The decoder for features of a width, once it is known to work at this size."""
    size = space.image_size
    coordinator = Coordinator(size, features, settings.strength)
    inputs = coordinator.inputs
    if size % 2:
        raise SettingsError(f"the decoder makes prompts of an even size, but images have {size}")
    if features >= inputs:
        raise SettingsError(
            f"an image feature must have at most {inputs - 1} numbers, so that a prompt trigger "
            f"fits beside it in the {inputs} that the decoder reads at {size} pixels, but got "
            f"{features}"
        )
    return coordinator
