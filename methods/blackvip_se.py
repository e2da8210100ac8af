"""BlackVIP-SE: BlackVIP with principal components in the encoder's place (Oh et al., 2024).

"Robust Adaptation of Foundation Models with Black-Box Visual Prompting", arXiv 2407.17491.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from methods.blackvip import BlackVip, CoordinatorSettings, Encode
from methods.interface import Problem, Scores, State
from methods.lazy_torch import Tensor, torch
from methods.parts.pca import Pca


class BlackVipSeSettings(CoordinatorSettings):
    """Settings of `blackvip_se`.

    Attributes:
        components: principal components F per image; the trigger fills up the decoder's input.
    """

    components: int = Field(default=98, ge=1)


class BlackVipSe(BlackVip):
    """`blackvip` without a network to download or to run: z = principal components of the image.

    The components are fitted to the first mini-batch of the run and then kept, because a method
    meets images only while its prompts are applied; the paper fits them to all training images.
    Before the first step z = 0, so the prompt is the same for every image. A mini-batch of B images
    has B - 1 components; further ones are zero.
    """

    name = "blackvip_se"
    version = 1
    settings_type = BlackVipSeSettings

    def __init__(self, problem: Problem, settings: BlackVipSeSettings) -> None:
        super().__init__(problem, settings)
        self._fit: _FirstBatch | None = None

    @classmethod
    def encoder_name(cls, settings: Any) -> str | None:
        """None: there is no network."""
        del settings
        return None

    def tell(self, scores: Scores) -> Mapping[str, float]:
        measured = super().tell(scores)
        if self._fit is not None:
            self._encode, self._fit = self._fit.pca or self._encode, None
        return measured

    def state(self) -> State:
        state = super().state()
        if not isinstance(self._encode, Pca):
            return state
        fitted = {"pca_mean": self._encode.mean, "pca_components": self._encode.components}
        return State({**state.tensors, **fitted}, state.values)

    def load(self, state: State) -> None:
        super().load(state)
        if "pca_mean" in state.tensors:
            tensors = state.tensors
            self._encode = Pca(tensors["pca_mean"].clone(), tensors["pca_components"].clone())

    @classmethod
    def _encoder(cls, problem: Problem, settings: Any) -> tuple[Encode, int]:
        """Zeros, until components are fitted."""
        del problem
        width = int(settings.components)
        return lambda images: torch.zeros(len(images), width), width

    def _training_encoder(self) -> Encode:
        if isinstance(self._encode, Pca):
            return self._encode
        self._fit = _FirstBatch(self._coordinator.features)
        return self._fit


class _FirstBatch:
    """Fits the components to the first images that it is given, then encodes with them."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.pca: Pca | None = None

    def __call__(self, images: Tensor) -> Tensor:
        if self.pca is None:
            self.pca = Pca.fit(images, self._count)
        return self.pca(images)
