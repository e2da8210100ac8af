"""ZIP: zeroth-order intrinsic-dimensional prompt tuning (ICLR 2025).

Soft prompts re-parameterised in low rank, two-sided zeroth-order gradient estimates clipped at the
square root of their dimension.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import torch
from pydantic import Field, model_validator
from torch import Tensor

from methods.clipping import ClipRule, clip_norm, clip_threshold
from methods.fastfood import fastfood_maps, padded_width
from methods.interface import Method, Problem, Prompts, Scores, Settings, SettingsError, State
from methods.losses import accuracy, cross_entropy
from methods.low_rank import LowRank
from methods.perturbation import segmented_uniform
from methods.schedules import PowerDecay
from methods.seeding import generator
from methods.spsa import two_sided_estimate, two_sided_probes

Positive = Annotated[float, Field(gt=0)]


class ZipSettings(Settings):
    """Settings of `zip`; the defaults are the paper's.

    Attributes:
        context_tokens: soft context tokens T before the class name.
        intrinsic_dimension: intrinsic parameters over all tokens; each token gets
            floor(intrinsic_dimension / context_tokens) of them.
        rank: rank of the intrinsic parameters.
        pairs: two-sided estimates averaged in a step; a step costs twice as many queries.
        clip: `sqrt_dim`, `none`, or a number: the largest norm of the gradient estimate.
        step_size: numerator a of a_t = a / (t + step_offset) ** step_decay.
        step_offset: o of that schedule.
        step_decay: alpha of that schedule.
        smoothing: numerator c of c_t = c / t ** smoothing_decay.
        smoothing_decay: gamma of that schedule.
        context_std: standard deviation of the fixed context that the projection is added to.
    """

    context_tokens: int = Field(default=8, ge=1)
    intrinsic_dimension: int = Field(default=500, ge=1)
    rank: int = Field(default=5, ge=1)
    pairs: int = Field(default=5, ge=1)
    clip: ClipRule = "sqrt_dim"
    step_size: Positive = 0.01
    step_offset: float = Field(default=1.0, ge=0)
    step_decay: float = Field(default=0.4, ge=0)
    smoothing: Positive = 0.01
    smoothing_decay: float = Field(default=0.1, ge=0)
    context_std: float = Field(default=0.02, ge=0)

    @property
    def rows(self) -> int:
        """Intrinsic parameters of one context token."""
        return self.intrinsic_dimension // self.context_tokens

    @model_validator(mode="after")
    def _fits(self) -> ZipSettings:
        if self.rows < 1:
            raise ValueError(
                f"intrinsic_dimension must be at least context_tokens ({self.context_tokens}), "
                f"so that each token gets a parameter, but got {self.intrinsic_dimension}"
            )
        limit = min(self.context_tokens, self.rows)
        if self.rank > limit:
            raise ValueError(
                f"rank must be between 1 and {limit} (the smaller of context_tokens and "
                f"intrinsic_dimension // context_tokens), but got {self.rank}"
            )
        return self


class Zip(Method):
    """One step: probe q random pairs, average and clip the estimate, take a step.

    M = U diag(s) V^T + 1 v^T            intrinsic parameters (low_rank.py)
    C = C0 + fastfood(M)                 soft context, one projection a token (fastfood.py)
    g = mean_k (L+ - L-) / (2 c_t) / d_k   two-sided estimate (spsa.py)
    g <- g min(1, sqrt(N) / |g|)         intrinsic-dimensional clipping (clipping.py)
    w <- w - a_t g

    Unlike the research code, C0 and the projections follow from the seed alone, so that a stored
    prompt can be rebuilt from its parameters.
    """

    name = "zip"
    version = 1
    settings_type = ZipSettings

    def __init__(self, problem: Problem, settings: ZipSettings) -> None:
        _check_space(problem, settings)
        self._seed = problem.seed
        self._pairs = settings.pairs
        self._shape = LowRank(settings.context_tokens, settings.rows, settings.rank)
        self._threshold = clip_threshold(settings.clip, self._shape.dimension)
        self._step_sizes = PowerDecay(settings.step_size, settings.step_decay, settings.step_offset)
        self._radii = PowerDecay(settings.smoothing, settings.smoothing_decay)

        draw = generator(problem.seed, "zip", "start")
        width = problem.space.text_width
        origin = torch.randn(settings.context_tokens, width, generator=draw)
        self._origin = settings.context_std * origin
        self._maps = fastfood_maps(settings.context_tokens, settings.rows, width, draw)
        self._parameters = self._shape.initial(draw)
        self._steps_done = 0

    def ask(self) -> Prompts:
        radius = self._radii.at(self._steps_done + 1)
        return self._prompts(two_sided_probes(self._parameters, self._directions(), radius))

    def tell(self, scores: Scores) -> Mapping[str, float]:
        step = self._steps_done + 1
        losses = cross_entropy(scores.logits, scores.labels)
        estimate = two_sided_estimate(losses, self._directions(), self._radii.at(step))
        gradient, norm = clip_norm(estimate, self._threshold)
        self._parameters = self._parameters - self._step_sizes.at(step) * gradient
        self._steps_done = step
        return {
            "train_loss": float(losses.mean()),
            "train_accuracy": float(accuracy(scores.logits, scores.labels).mean()),
            "gradient_norm": norm,
            "clip_scale": min(1.0, self._threshold / norm) if norm else 1.0,
        }

    def best_prompt(self) -> Prompts:
        return self._prompts(self._parameters.unsqueeze(0))

    def state(self) -> State:
        return State({"parameters": self._parameters}, {"steps_done": self._steps_done})

    def load(self, state: State) -> None:
        parameters = state.tensors["parameters"]
        if parameters.shape != self._parameters.shape:
            raise SettingsError(
                f"the stored zip state has parameters of shape {tuple(parameters.shape)}, but "
                f"these settings need {tuple(self._parameters.shape)}"
            )
        self._parameters = parameters.clone()
        self._steps_done = int(state.values["steps_done"])

    def _directions(self) -> Tensor:
        """The step's directions `(q, N)`: a function of seed and step, so never stored."""
        draw = generator(self._seed, "zip", "directions", self._steps_done + 1)
        return segmented_uniform(self._pairs, self._shape.dimension, draw)

    def _prompts(self, parameters: Tensor) -> Prompts:
        intrinsic = self._shape.matrices(parameters)
        return Prompts(context=self._origin + torch.einsum("ktl,tld->ktd", intrinsic, self._maps))


def _check_space(problem: Problem, settings: ZipSettings) -> None:
    space = problem.space
    if settings.context_tokens > space.context_tokens:
        raise SettingsError(
            f"context_tokens must be at most {space.context_tokens}: no more fit beside the "
            f"longest class name, but got {settings.context_tokens}"
        )
    widest = padded_width(space.text_width)
    if settings.rows > widest:
        most = widest * settings.context_tokens
        raise SettingsError(
            f"intrinsic_dimension must be at most {most} for tokens of width "
            f"{space.text_width}, but got {settings.intrinsic_dimension}"
        )
