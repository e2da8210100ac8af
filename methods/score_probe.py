"""Score probe: softmax regression on the scores that the black box returns for fixed prompts.

No paper's method but a baseline that any method which trains for long should be compared with: one
pass over the training images, and the rest is done on the client.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field, PositiveFloat

from methods.interface import (
    Access,
    Demand,
    Input,
    Method,
    Named,
    Problem,
    Prompts,
    Readout,
    Scores,
    Settings,
    SettingsError,
    State,
    TrainingSize,
    Variants,
)
from methods.lazy_torch import Tensor, torch
from methods.parts.checks import check_context
from methods.parts.losses import cross_entropy, measured
from methods.parts.readouts import Affine, centred_scores
from methods.parts.seeding import generator
from methods.parts.softmax_regression import softmax_regression, validated_strength


class ScoreProbeSettings(Settings):
    """Settings of `score_probe`.

    Attributes:
        prompts: `template` asks the dataset's own template; `random` asks soft contexts drawn from
            N(0, sd_E^2), sd_E being the standard deviation of the token embeddings.
        random_prompts: number of random prompts K, if `most_scores` allows it; has no effect with
            `template`.
        most_scores: random prompts give at most so many scores K C an image, for a few prompts
            tell all that the scores of many classes can; has no effect with `template`.
        context_tokens: soft context tokens of a random prompt; has no effect with `template`.
        strength: of the regularisation (see `softmax_regression`); None chooses it by
            cross-validation on the training images.
        folds: the most folds of that cross-validation.
        one_shot_strength: the strength where a typical class has one image, so that none can be
            left out.
    """

    prompts: Literal["template", "random"] = "template"
    random_prompts: int = Field(default=16, ge=1)
    most_scores: int = Field(default=2048, ge=1)
    context_tokens: int = Field(default=4, ge=1)
    strength: PositiveFloat | None = None
    folds: int = Field(default=5, ge=2)
    one_shot_strength: PositiveFloat = 0.2

    def candidates(self, classes: int) -> int:
        """Number of prompts K that are asked, and deployed, for so many classes C."""
        if self.prompts == "template":
            return 1
        return min(self.random_prompts, max(1, self.most_scores // max(1, classes)))


class ScoreProbe(Method):
    """Asks fixed prompts about every training image once, and fits a readout of the scores.

    x = scores of K prompts, less their mean over classes, side by side         `(N, K C)`
    y = mean of the K prompts' scores + V z + b, z being x standardised         softmax_regression

    Without V and b this is the prompts' own answer. The regularisation draws towards that, not
    towards equal scores for all classes, so it may be used with one image a class as well.
    Log-probabilities serve as well as logits. A test image costs K queries.

    It asks no more after ceil(N / B) times K queries, whatever the budget, and takes the training
    images as testing would see them, not augmented.
    """

    name = "score_probe"
    version = 1
    settings_type = ScoreProbeSettings
    variants: ClassVar[Variants] = {"features": {"prompts": "random"}}

    def __init__(self, problem: Problem, settings: ScoreProbeSettings) -> None:
        _check_space(problem, settings)
        self._settings = settings
        self._chunks = problem.whole_set()
        self._prompts = _fixed_prompts(problem, settings)
        self._prior = Affine.averaging(settings.candidates(problem.classes), problem.classes)
        self._readout = self._prior
        # A list, for adding to one large tensor would copy it with every answer.
        self._features = [torch.empty(0, self._prior.weights.shape[1], dtype=torch.float64)]
        self._labels = torch.empty(0, dtype=torch.long)
        self._answered = 0

    @classmethod
    def access(cls, settings: ScoreProbeSettings) -> Access:
        asked: Input = "text" if settings.prompts == "template" else "soft context"
        return Access(frozenset({asked}), readout=True)

    @classmethod
    def demand(cls, problem: Problem, settings: ScoreProbeSettings) -> Demand:
        _check_space(problem, settings)
        if settings.prompts == "template":
            return Demand(1, templates=problem.templates[:1])
        count, tokens = settings.candidates(problem.classes), settings.context_tokens
        return Demand(count, soft_text=True, context_tokens=tokens, deployed=count)

    @classmethod
    def step_queries(cls, settings: ScoreProbeSettings, demand: Demand, size: TrainingSize) -> int:
        """Those of its prompts on the whole training set."""
        del settings
        return demand.candidates * size.whole_set

    @classmethod
    def most_queries(cls, settings: ScoreProbeSettings, demand: Demand, size: TrainingSize) -> int:
        """As `step_queries`: there is a single step."""
        return cls.step_queries(settings, demand, size)

    def ask(self) -> Prompts | None:
        return self._prompts if self._answered < len(self._chunks) else None

    def images(self) -> Named:
        return Named(self._chunks[self._answered])

    def tell(self, scores: Scores) -> Mapping[str, float]:
        # On the CPU, so that what comes back from a checkpoint goes together with what is new.
        self._features.append(centred_scores(scores.logits).cpu())
        self._labels = torch.cat([self._labels, scores.labels.cpu()])
        self._answered += 1
        found = measured(cross_entropy(scores.logits, scores.labels), scores)
        if self._answered == len(self._chunks):
            found["strength"] = self._fit(scores.logits.device)
        return found

    def best_prompt(self) -> Prompts:
        return self._prompts

    def readout(self) -> Readout:
        return self._readout

    def state(self) -> State:
        told = {"features": torch.cat(self._features), "labels": self._labels}
        return State({**told, **self._readout.tensors}, {"answered": self._answered})

    def load(self, state: State) -> None:
        readout, needed = Affine.of(state.tensors), self._prior.weights.shape
        if readout.weights.shape != needed:
            raise SettingsError(
                f"the stored readout has weights of shape {tuple(readout.weights.shape)}, but "
                f"these prompts and classes need {tuple(needed)}"
            )
        self._readout = readout
        self._features = [state.tensors["features"].clone()]
        self._labels = state.tensors["labels"].clone()
        self._answered = int(state.values["answered"])

    def _fit(self, device: torch.device) -> float:
        """Fits the readout on a device, forgets what it was fitted to, and returns the strength."""
        settings, prior = self._settings, self._prior.weights.to(device)
        features, labels = torch.cat(self._features).to(device), self._labels.to(device)
        strength = settings.strength or validated_strength(
            features, labels, prior, settings.folds, settings.one_shot_strength
        )
        fitted = softmax_regression(features, labels, prior, strength)
        self._readout = Affine(fitted.weights.cpu(), fitted.bias.cpu())
        self._features, self._labels = [features[:0].cpu()], self._labels[:0]
        return strength


def _fixed_prompts(problem: Problem, settings: ScoreProbeSettings) -> Prompts:
    if settings.prompts == "template":
        return Prompts(templates=problem.templates[:1])
    draw = generator(problem.seed, "score_probe", "contexts")
    count = settings.candidates(problem.classes)
    shape = count, settings.context_tokens, problem.space.text_width
    context: Tensor = problem.space.token_embedding_std * torch.randn(*shape, generator=draw)
    return Prompts(context=context)


def _check_space(problem: Problem, settings: ScoreProbeSettings) -> None:
    if settings.prompts == "random":
        check_context(settings.context_tokens, problem.space)
