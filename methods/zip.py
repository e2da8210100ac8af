"""ZIP: zeroth-order intrinsic-dimensional prompt tuning (Park et al., ICLR 2025).

Soft prompts re-parameterised in low rank; two-sided zeroth-order gradient estimates, clipped at the
square root of their dimension.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from methods.interface import Demand, Method, Problem, Prompts, Scores, SettingsError, State
from methods.lazy_torch import Tensor, torch
from methods.parts.checks import check_context, stored_parameters
from methods.parts.intrinsic import FullRank, Intrinsic, LowRank
from methods.parts.losses import cross_entropy, measured
from methods.parts.projections import fastfood_maps, gaussian_maps, padded_width
from methods.parts.seeding import generator
from methods.parts.spsa import Spsa, SpsaSettings
from methods.parts.update_rules import clip_threshold


class ZipSettings(SpsaSettings):
    """Settings of `zip`, on top of those of its optimiser; the defaults are those of its code.

    That code trains under fp16 autocast; here, precision is the oracle's.

    Attributes:
        context_tokens: soft context tokens T before the class name.
        intrinsic_dimension: intrinsic parameters over all tokens; each token gets
            floor(intrinsic_dimension / context_tokens) of them.
        matrix: `low_rank`, or `full` for intrinsic parameters without that constraint.
        rank: rank of the intrinsic parameters; has no effect when they are `full`.
        diagonal: whether the low-rank product has the diagonal s.
        shared: whether there is a vector v that all tokens share.
        projection: `fastfood`, or `dense` for a Gaussian matrix per token.
        context_std: standard deviation of the fixed context that the projection is added to.
    """

    context_tokens: int = Field(default=8, ge=1)
    intrinsic_dimension: int = Field(default=500, ge=1)
    matrix: Literal["low_rank", "full"] = "low_rank"
    rank: int = Field(default=5, ge=1)
    diagonal: bool = True
    shared: bool = True
    projection: Literal["fastfood", "dense"] = "fastfood"
    context_std: float = Field(default=0.02, ge=0)

    @property
    def rows(self) -> int:
        """Intrinsic parameters per context token."""
        return self.intrinsic_dimension // self.context_tokens

    def number(self, field: str) -> float | None:
        """The number that a setting stands for; a `clip` by name stands for its threshold."""
        if field == "clip":
            return clip_threshold(self.clip, _intrinsic(self).dimension)
        return super().number(field)

    @model_validator(mode="after")
    def _fits(self) -> ZipSettings:
        if self.rows < 1:
            raise ValueError(
                f"intrinsic_dimension must be at least context_tokens ({self.context_tokens}), "
                f"so that each token gets a parameter, but got {self.intrinsic_dimension}"
            )
        limit = min(self.context_tokens, self.rows)
        if self.matrix == "low_rank" and self.rank > limit:
            raise ValueError(
                f"rank must be between 1 and {limit} (the smaller of context_tokens and "
                f"intrinsic_dimension // context_tokens), but got {self.rank}"
            )
        return self


class Zip(Method):
    """One step: probe q random pairs, average and clip the estimate, take a step.

    M = U diag(s) V^T + 1 v^T            intrinsic parameters (intrinsic.py)
    C = C0 + fastfood(M)                 soft context, one projection per token (projections.py)
    g = mean_k (L+ - L-) / (2 c_t) / d_k   two-sided estimate (spsa.py)
    g <- g min(1, sqrt(N) / |g|)         intrinsic-dimensional clipping (update_rules.py)
    w <- w - a_t g

    Settings can exchange the part in each line. Unlike in the research code, C0 and the projections
    follow from the seed alone, so that a stored prompt can be rebuilt from its parameters.
    """

    name = "zip"
    version = 1
    settings_type = ZipSettings

    def __init__(self, problem: Problem, settings: ZipSettings) -> None:
        _check_space(problem, settings)
        self._shape = _intrinsic(settings)
        self._optimiser = Spsa(
            settings, self._shape.dimension, problem.budget, problem.seed, self.name
        )
        draw = generator(problem.seed, "zip", "start")
        tokens, width = settings.context_tokens, problem.space.text_width
        self._origin = settings.context_std * torch.randn(tokens, width, generator=draw)
        project = fastfood_maps if settings.projection == "fastfood" else gaussian_maps
        self._maps = project(tokens, settings.rows, width, draw)
        self._parameters = self._shape.initial(draw)

    @classmethod
    def demand(cls, problem: Problem, settings: ZipSettings) -> Demand:
        _check_space(problem, settings)
        tokens = settings.context_tokens
        return Demand(2 * settings.pairs, soft_text=True, context_tokens=tokens)

    def ask(self) -> Prompts:
        return self._prompts(self._optimiser.probes(self._parameters))

    def tell(self, scores: Scores) -> Mapping[str, float]:
        losses = cross_entropy(scores.logits, scores.labels)
        self._parameters, step = self._optimiser.step(self._parameters, losses)
        return {**measured(losses, scores), **step}

    def best_prompt(self) -> Prompts:
        return self._prompts(self._parameters.unsqueeze(0))

    def state(self) -> State:
        memory = self._optimiser.state()
        return State({"parameters": self._parameters, **memory.tensors}, memory.values)

    def load(self, state: State) -> None:
        self._parameters = stored_parameters(state, self._parameters, self.name)
        self._optimiser.load(state)

    def _prompts(self, parameters: Tensor) -> Prompts:
        intrinsic = self._shape.matrices(parameters)
        return Prompts(context=self._origin + torch.einsum("ktl,tld->ktd", intrinsic, self._maps))


def _intrinsic(settings: ZipSettings) -> Intrinsic:
    tokens, rows = settings.context_tokens, settings.rows
    if settings.matrix == "full":
        return FullRank(tokens, rows, settings.shared)
    return LowRank(tokens, rows, settings.rank, settings.diagonal, settings.shared)


def _check_space(problem: Problem, settings: ZipSettings) -> None:
    space = problem.space
    check_context(settings.context_tokens, space)
    widest = padded_width(space.text_width)
    if settings.projection == "fastfood" and settings.rows > widest:
        most = widest * settings.context_tokens
        raise SettingsError(
            f"intrinsic_dimension must be at most {most} for tokens of width "
            f"{space.text_width}, but got {settings.intrinsic_dimension}"
        )
