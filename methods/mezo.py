"""MeZO: plain zeroth-order SGD, here on a soft context (Malladi et al., NeurIPS 2023)."""

from __future__ import annotations

from pydantic import Field, PositiveFloat

from methods.interface import Problem
from methods.parts.context_descent import ContextDescent
from methods.parts.context_methods import ContextDescentMethod
from methods.parts.raw_context import RawContextSettings
from methods.parts.spsa import SpsaSettings


class MeZoSettings(RawContextSettings):
    """Settings of `mezo`.

    Attributes:
        pairs: directions q whose estimates are averaged; 1 is MeZO's. A step costs 2q queries.
        smoothing: epsilon, in standard deviations of the token embeddings. 0.1 of them is about
            MeZO's 1e-3 for the numbers of CLIP ViT-B/16's contexts.
        step_size: eta, which stays constant, in the same unit. MeZO's are for weights of language
            models; this one was chosen by results on the pocket's images.
    """

    pairs: int = Field(default=1, ge=1)
    smoothing: PositiveFloat = 0.1
    step_size: PositiveFloat = 3.0


class MeZo(ContextDescentMethod):
    """One step: two queries along each of q Gaussian directions, and a step of constant size.

    g = mean_k (L(w + e z_k) - L(w - e z_k)) / (2 e) z_k,  z_k ~ N(0, 1)^N,  e = smoothing sd_E
    w <- w - step_size sd_E g

    w are the N = T D numbers of the context, and sd_E is the standard deviation of the token
    embeddings. There is no momentum, no clipping and no weight decay.
    """

    name = "mezo"
    version = 1
    settings_type = MeZoSettings

    def __init__(self, problem: Problem, settings: MeZoSettings) -> None:
        optimiser = SpsaSettings(
            optimiser="spsa",
            perturbation="gaussian",
            pairs=settings.pairs,
            step_size=settings.step_size,
            step_schedule="constant",
            smoothing=settings.smoothing,
            smoothing_schedule="constant",
        )
        self._descent = ContextDescent(problem, settings, optimiser, self.name)
