"""Logit Newton: a Gauss-Newton search on all logits that a query returns (a method of our own).

Zeroth-order methods keep one number of a query, its loss. A query returns B x C logits, and their
differences between two prompts are that many directional derivatives at once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field, model_validator

from methods.interface import (
    Access,
    Demand,
    ImageChoice,
    Method,
    Named,
    Problem,
    Prompts,
    Readout,
    Scores,
    Settings,
    SettingsError,
    State,
    Variants,
)
from methods.lazy_torch import Tensor, torch
from methods.parts.checks import check_context
from methods.parts.logit_memory import LogitMemory
from methods.parts.logit_span import LogitSpan
from methods.parts.losses import cross_entropy, measured
from methods.parts.readouts import Affine, centred_scores
from methods.parts.seeding import generator
from methods.parts.softmax_regression import softmax_regression, validated_strength

_LENGTHS = (0.1, 0.2, 0.4, 0.8, 1.6)
"""Length scales of the memory's kernel, in units of the context's norm."""
_MOST_LOGITS = 1 << 24
"""Numbers that the memory holds at most: 2^24 are 128 prompts on 1,310 images of 100 classes."""
_AGAIN = 8
"""Of how many asks the prompts are asked about further images when the working set grows."""
_FOLDS = 5
_ONE_SHOT_STRENGTH = 0.2
"""Of the readout's cross-validation; and where no image can be left out. As in `score_probe`."""
_GOOD, _BAD = 0.5, 0.1
_WIDER, _NARROWER = 1.3, 0.7


class LogitNewtonSettings(Settings):
    """Settings of `logit_newton`. The defaults are one rule for every budget and black box.

    Attributes:
        context_tokens: soft context tokens T before the class name.
        candidates: prompts of an ask K: a step and K - 1 probes.
        memory: the most prompts whose logits are remembered.
        norm: length of each token, in units of that of a random one, sd_E sqrt(D), with sd_E the
            standard deviation of the black box's token embeddings.
        radius: length of the first step and probes, in units of the context's norm.
        smallest_radius: they never become shorter.
        largest_radius: nor longer.
        widen_every: queries per mini-batch of the working set, after which it is doubled.
        start_words: one of the K contexts that it starts from is the last T tokens of these words;
            random, like the others, if there are not so many.
        readout: whether a readout of the deployed prompt's scores is deployed too, which makes new
            classes impossible.
    """

    context_tokens: int = Field(default=4, ge=1)
    candidates: int = Field(default=4, ge=2)
    memory: int = Field(default=128, ge=8)
    norm: float = Field(default=8.0, gt=0)
    radius: float = Field(default=0.3, gt=0)
    smallest_radius: float = Field(default=0.05, gt=0)
    largest_radius: float = Field(default=1.0, gt=0)
    widen_every: int = Field(default=250, ge=1)
    start_words: str = "a photo of a"
    readout: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> LogitNewtonSettings:
        if not self.smallest_radius <= self.radius <= self.largest_radius:
            raise ValueError(
                f"radius must be between smallest_radius and largest_radius, but got {self.radius} "
                f"beside {self.smallest_radius} and {self.largest_radius}"
            )
        return self


class LogitNewton(Method):
    """One round: a step and K - 1 random probes, asked on a fixed working set of images.

    The memory holds the last prompts with their logits on the working set. From the best of them:

    1. The Jacobian of all logits is the mean of a Gaussian process, given the memory
       (logit_memory.py): probes and earlier steps all tell of it, the less the farther they are.
    2. The step minimises the cross-entropy of the linearised logits, a convex softmax regression
       in the span of the memory (logit_span.py), damped so that it is as long as the radius.
    3. Step and probes, as long as the radius, are asked and join the memory. The radius grows where
       the loss fell by more than half of what was predicted, and shrinks below a tenth.

    Every token keeps its length: the text tower normalises tokens, so a longer one is nearly the
    same prompt with smaller derivatives. The working set starts as one mini-batch, drawn at random,
    and is doubled after every so many queries, until it is the whole training set; the latest
    prompts are then asked about the new images too. It is asked by image ids, as testing would see
    them. The deployed prompt is the best on the working set of all that are remembered.

    `logit_newton@readout` deploys a readout beside it: softmax regression (softmax_regression.py)
    on the prompt's scores on the working set, its strength by cross-validation there.

    How the defaults were chosen: on the seven pocket sets with 16 shots, of which textures and
    letters were never looked at, with seeds 11 to 13 and mean test accuracy at 100 to 2,000
    queries. One setting was varied at a time, on two or three sets and one seed, whose noise is
    about 1.5 points, so most differences mean little. Clear ones were a fixed working set with a
    memory against fresh probes on changing mini-batches, the whole training set late, and long
    tokens. They were written down before the only run on the seeds that are reported. On a real
    CLIP, whose training set has many mini-batches, nothing was tuned or measured.
    """

    name = "logit_newton"
    version = 1
    settings_type = LogitNewtonSettings
    variants: ClassVar[Variants] = {"readout": {"readout": True}}

    def __init__(self, problem: Problem, settings: LogitNewtonSettings) -> None:
        _check(problem, settings)
        self._problem, self._settings = problem, settings
        draw = generator(problem.seed, self.name, "images")
        size = max(1, problem.batch_size)
        order = torch.randperm(problem.examples, generator=draw).tolist()
        self._parts = [order[i : i + size] for i in range(0, len(order), size)]
        self._labels = torch.full((problem.examples,), -1, dtype=torch.long)
        self._asked = self._starts()
        self._best = self._asked[0]
        self._points = self._asked[:0]
        self._logits = torch.empty(0, 0, problem.classes)
        self._answers: list[Tensor] = []
        self._values: dict[str, Any] = {
            "round": 0,
            "spent": 0,
            "first": 0,
            "used": min(1, len(self._parts)),
            "radius": settings.radius,
            "length": _LENGTHS[-1],
            "loss": None,
            "predicted": None,
        }

    @classmethod
    def access(cls, settings: LogitNewtonSettings) -> Access:
        return Access(frozenset({"soft context"}), readout=settings.readout)

    @classmethod
    def demand(cls, problem: Problem, settings: LogitNewtonSettings) -> Demand:
        _check(problem, settings)
        return Demand(settings.candidates, soft_text=True)

    def ask(self) -> Prompts:
        chunk, _ = self._place()
        count = self._settings.candidates
        return self._prompts(self._asked[chunk * count : (chunk + 1) * count])

    def images(self) -> ImageChoice:
        return Named(tuple(self._parts[self._place()[1]]))

    def tell(self, scores: Scores) -> Mapping[str, float]:
        values = self._values
        self._answers.append(scores.logits.float().cpu())
        self._labels[scores.examples.cpu()] = scores.labels.cpu()
        values["spent"] += len(scores.logits)
        if self._place()[0] * self._settings.candidates >= len(self._asked):
            self._end_round()
        losses = cross_entropy(scores.logits, scores.labels)
        searched = {name: float(values[name]) for name in ("radius", "length")}
        return {**measured(losses, scores), **searched}

    def best_prompt(self) -> Prompts:
        return self._prompts(self._best.unsqueeze(0))

    def readout(self) -> Readout | None:
        if not self._settings.readout:
            return None
        prior = Affine.averaging(1, self._problem.classes)
        if not len(self._points):
            return prior
        at = int(self._losses(self._logits).argmin())
        features, labels = centred_scores(self._logits[at : at + 1]), self._labels_of(self._logits)
        strength = validated_strength(features, labels, prior.weights, _FOLDS, _ONE_SHOT_STRENGTH)
        fitted = softmax_regression(features, labels, prior.weights, strength)
        return Affine(fitted.weights, fitted.bias)

    def state(self) -> State:
        tensors = {
            "asked": self._asked,
            "best": self._best,
            "points": self._points,
            "logits": self._logits,
            "labels": self._labels,
        }
        answers = {f"answer_{i}": answer for i, answer in enumerate(self._answers)}
        # Some are parts of others, and files take no two that share memory.
        copies = {name: tensor.clone() for name, tensor in {**tensors, **answers}.items()}
        return State(copies, dict(self._values))

    def load(self, state: State) -> None:
        tensors = {name: tensor.clone() for name, tensor in state.tensors.items()}
        if tensors["best"].shape != self._best.shape:
            raise SettingsError(
                f"the stored logit_newton state has contexts of {len(tensors['best'])} numbers, "
                f"but these settings need {len(self._best)}"
            )
        self._asked, self._best = tensors["asked"], tensors["best"]
        self._points, self._logits = tensors["points"], tensors["logits"]
        self._labels = tensors["labels"]
        count = sum(name.startswith("answer_") for name in tensors)
        self._answers = [tensors[f"answer_{i}"] for i in range(count)]
        self._values = dict(state.values)

    def _place(self) -> tuple[int, int]:
        """Which chunk of K prompts of this round is next, and on which part of the images."""
        first, used = self._values["first"], self._values["used"]
        chunk, part = divmod(len(self._answers), max(1, used - first))
        return chunk, first + part

    def _end_round(self) -> None:
        """Remembers the answers of a round, and plans the next one."""
        values = self._values
        width = values["used"] - values["first"]
        rows = [
            torch.cat(self._answers[i : i + width], 1) for i in range(0, len(self._answers), width)
        ]
        logits, self._answers = torch.cat(rows), []
        if values["first"]:  # these prompts were asked about further images
            self._logits = torch.cat((self._logits, logits), dim=1)
        else:
            self._judge(logits)
            kept = self._logits if len(self._points) else logits[:0]
            self._points = torch.cat((self._points, self._asked))
            self._logits = torch.cat((kept, logits))
        values["round"] += 1
        losses = self._losses(self._logits)
        self._best = self._points[int(losses.argmin())]
        self._keep(self._capacity(), losses)
        if self._may_widen():
            self._widen()
        else:
            self._step()

    def _judge(self, logits: Tensor) -> None:
        """Fits the radius to how much of the predicted decrease of the loss the step brought."""
        values, settings = self._values, self._settings
        if values["predicted"] is None:
            return
        ratio = (values["loss"] - float(self._losses(logits[:1]))) / max(values["predicted"], 1e-9)
        factor = _WIDER if ratio > _GOOD else _NARROWER if ratio < _BAD else 1.0
        fitted = max(settings.smallest_radius, values["radius"] * factor)
        values["radius"] = min(settings.largest_radius, fitted)

    def _step(self) -> None:
        """The next K prompts: the step to the minimum in the span of the memory, and probes."""
        values, radius = self._values, self._values["radius"]
        logits = self._logits.double()
        losses = self._losses(logits)
        at = int(losses.argmin())
        memory = LogitMemory(self._points, logits)
        values["length"] = memory.likeliest(_LENGTHS)
        tangent = memory.tangent(at, values["length"])
        span = LogitSpan(logits[at], tangent.moves, self._labels_of(logits))
        minimum = span.minimum(span.damping(radius))
        step = minimum.coefficients @ tangent.directions
        moves = torch.cat((step.unsqueeze(0), radius * self._probes()))
        self._asked = self._on_spheres(self._points[at] + moves)
        values.update(first=0, loss=float(losses[at]), predicted=minimum.before - minimum.loss)

    def _widen(self) -> None:
        """Asks the latest prompts and the best one about as many further images, if there are."""
        values = self._values
        self._keep(_AGAIN * self._settings.candidates, self._losses(self._logits))
        self._asked = self._points
        used = values["used"]
        values.update(first=used, used=min(2 * used, len(self._parts)), predicted=None)

    def _may_widen(self) -> bool:
        used, spent = int(self._values["used"]), int(self._values["spent"])
        return used < len(self._parts) and spent >= self._settings.widen_every * used

    def _keep(self, count: int, losses: Tensor) -> None:
        """Forgets all prompts but the last `count`, and the one with the lowest loss."""
        kept = torch.arange(len(losses)) >= len(losses) - count
        kept[losses.argmin()] = True
        if not kept[:-count].any():
            kept[len(losses) - count :] = True
        self._points, self._logits = self._points[kept], self._logits[kept]

    def _capacity(self) -> int:
        fitting = _MOST_LOGITS // max(1, self._logits[0].numel())
        return max(2 * self._settings.candidates, min(self._settings.memory, fitting))

    def _losses(self, logits: Tensor) -> Tensor:
        """Cross-entropy `(K,)` on the working set, float64."""
        return cross_entropy(logits.double(), self._labels_of(logits))

    def _labels_of(self, logits: Tensor) -> Tensor:
        """Labels `(B,)` of the first B images in order, of which logits `(K, B, C)` are."""
        used = [one for part in self._parts[: self._values["used"]] for one in part]
        return self._labels[used[: logits.shape[1]]]

    def _probes(self) -> Tensor:
        """K - 1 random orthonormal directions `(K - 1, T D)`."""
        draw = generator(self._problem.seed, self.name, "probes", self._values["round"])
        shape = (self._best.numel(), self._settings.candidates - 1)
        directions: Tensor = torch.linalg.qr(
            torch.randn(shape, generator=draw, dtype=torch.float64)
        ).Q.mT
        return directions

    def _starts(self) -> Tensor:
        """K contexts `(K, T D)`: words, if there are, then random ones."""
        tokens, width = self._settings.context_tokens, self._problem.space.text_width
        draw = generator(self._problem.seed, self.name, "starts")
        starts = torch.randn(
            self._settings.candidates, tokens, width, generator=draw, dtype=torch.float64
        )
        words, text = self._problem.words, self._settings.start_words
        if words is not None and words.count(text) >= tokens:
            starts[0] = words.embed(text)[-tokens:].double()
        return self._on_spheres(starts.flatten(1))

    def _on_spheres(self, points: Tensor) -> Tensor:
        """Points `(K, T D)` whose T tokens all have the length sqrt(1 / T)."""
        tokens = points.reshape(len(points), self._settings.context_tokens, -1)
        lengths = tokens.norm(dim=-1, keepdim=True).clamp_min(1e-12)
        scaled: Tensor = tokens / (lengths * math.sqrt(self._settings.context_tokens))
        return scaled.flatten(1)

    def _prompts(self, points: Tensor) -> Prompts:
        space, settings = self._problem.space, self._settings
        scale = (
            settings.norm
            * space.token_embedding_std
            * math.sqrt(space.text_width * settings.context_tokens)
        )
        context = (scale * points).float()
        return Prompts(context=context.reshape(len(points), settings.context_tokens, -1))


def _check(problem: Problem, settings: LogitNewtonSettings) -> None:
    check_context(settings.context_tokens, problem.space)
    dimension = settings.context_tokens * problem.space.text_width
    if settings.candidates > dimension:
        raise SettingsError(
            f"candidates must be at most {dimension}, the numbers of a context, so that probes are "
            f"at right angles, but got {settings.candidates}"
        )
