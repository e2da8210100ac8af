"""ZOMP: zeroth-order deep prompts of low rank in both towers (Ghiasvand et al., 2026)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field, PositiveFloat

from methods.interface import (
    Access,
    DeepPrompts,
    Demand,
    Input,
    Method,
    Problem,
    Prompts,
    PromptSpace,
    Scores,
    SettingsError,
    State,
    Variants,
)
from methods.lazy_torch import Tensor, torch
from methods.parts.checks import shown, stored_parameters
from methods.parts.losses import cross_entropy, measured
from methods.parts.seeding import generator
from methods.parts.spsa import Optimiser, Spsa, SpsaSettings

_MOST_LAYERS = 9


class ZompSettings(SpsaSettings):
    """Settings of `zomp`, on top of those of its optimiser; the defaults are the paper's.

    Attributes:
        words: where the soft context starts; their number of tokens is T in both towers, 4 with
            CLIP's tokenizer.
        layers: how many layers L get a prompt, from the first one on; None takes 9, or as many as
            the towers have, if one of them has fewer.
        rank: rank r of the prompts of a layer.
        towers: `both`, or `text` to leave the image tower alone.
        start_std: standard deviation of the left factors U at the start.
        first_component_share: share of the budget in which only the first of the r components
            moves; 0 moves all from the start.
    """

    optimiser: Optimiser = "spsa-gc"
    words: str = Field(default="a photo of a", min_length=1)
    layers: int | None = Field(default=None, ge=1)
    rank: int = Field(default=4, ge=1, le=1_000)
    towers: Literal["both", "text"] = "both"
    start_std: PositiveFloat = 0.05
    first_component_share: float = Field(default=0.2, ge=0, le=1)


class Zomp(Method):
    """One step: probe q random pairs within the mask, average, correct by momentum, take a step.

    P_t^l = U^l V_t^l,  P_v^l = U^l V_v^l      prompts (T x D and T x W) of layer l = 1 ... L
    U^l ~ N(0, 0.05^2) (T x r),  V_t^l = V_v^l = 0     start
    M = component 1 while q / Q <= 0.2, then all r     q of Q queries are spent after this step
    g = mean_k (L(w + c_t M z_k) - L(w - c_t M z_k)) / (2 c_t) M / z_k      estimate (spsa.py)
    m <- 0.8 m + g;  w <- w - a_t (g + 0.8 m)  no clipping; m is kept when the mask opens

    These are L r (T + D + W) numbers: 46,224 for ViT-B/16. 5,000 queries are 500 steps, of which
    the first 100 move component 1 alone.

    The paper leaves open how prompts of value zero enter the towers. Here they are added:

    - Text: P_t^1 to the token embeddings of the words, and P_t^l to what stands at their positions
      before block l. So the text side starts exactly at the zero-shot classifier of these words.
    - Vision: P_v^1 is T tokens after the patches, and P_v^l is added to what stands at their
      positions before block l. Tokens of value 0 are there all the same, and attention spreads over
      them too: so the image side doesn't start at zero-shot. On the pocket, whose images have 37
      positions, the start loses 2 to 33 points of accuracy (its seven sets, validation images).
      `towers: text` starts at zero-shot.

    The norm before the first block (`ln_pre`, epsilon 1e-5) multiplies small tokens by up to 316,
    so P_v^1 weighs far more than what is added in later layers.

    `zomp@input` has the first layer alone, which plain black boxes take: soft context and visual
    tokens, 5,136 numbers for ViT-B/16.
    """

    name = "zomp"
    version = 1
    settings_type = ZompSettings
    variants: ClassVar[Variants] = {"input": {"layers": 1}}

    def __init__(self, problem: Problem, settings: ZompSettings) -> None:
        _word_count(problem, settings)
        self._words = problem.word_context(settings.words)
        self._layers, self._both = _layers(problem.space, settings), settings.towers == "both"
        visual = problem.space.vision_width if self._both else 0
        self._widths = [*self._words.shape, visual]
        self._shape = (self._layers, settings.rank, sum(self._widths))
        start = torch.zeros(self._shape, dtype=torch.float64)
        left = start[:, :, : len(self._words)]
        draw = generator(problem.seed, self.name, "start")
        left.copy_(settings.start_std * torch.randn(left.shape, generator=draw))
        self._parameters = start.flatten()
        self._settings, self._budget = settings, problem.budget
        dimension = len(self._parameters)
        self._optimiser = Spsa(settings, dimension, problem.budget, problem.seed, self.name)

    @classmethod
    def access(cls, settings: ZompSettings) -> Access:
        """The plain box's inputs, and the inner layers unless there is only the first."""
        inputs: set[Input] = {"soft context"}
        inputs |= {"visual tokens"} if settings.towers == "both" else set()
        return Access(frozenset(inputs if settings.layers == 1 else {*inputs, "inner layers"}))

    @classmethod
    def demand(cls, problem: Problem, settings: ZompSettings) -> Demand:
        tokens, touches_images = _word_count(problem, settings), settings.towers == "both"
        _layers(problem.space, settings)
        return Demand(2 * settings.pairs, touches_images, soft_text=True, context_tokens=tokens)

    def ask(self) -> Prompts:
        return self._prompts(self._optimiser.probes(self._parameters, self._mask()))

    def tell(self, scores: Scores) -> Mapping[str, float]:
        losses = cross_entropy(scores.logits.double(), scores.labels)
        mask = self._mask()
        self._parameters, step = self._optimiser.step(self._parameters, losses.cpu(), mask)
        return {**measured(losses, scores), **step}

    def best_prompt(self) -> Prompts:
        return self._prompts(self._parameters.unsqueeze(0))

    def state(self) -> State:
        memory = self._optimiser.state()
        return State({"parameters": self._parameters, **memory.tensors}, memory.values)

    def load(self, state: State) -> None:
        self._parameters = stored_parameters(state, self._parameters, self.name)
        self._optimiser.load(state)

    def _mask(self) -> Tensor | None:
        """M `(N,)` of the next step: 1 for what it moves; None if that is everything."""
        spent = 2 * self._settings.pairs * (self._optimiser.steps_done + 1)
        if spent / self._budget > self._settings.first_component_share:
            return None
        mask = torch.zeros(self._shape)
        mask[:, 0] = 1
        return mask.flatten()

    def _prompts(self, parameters: Tensor) -> Prompts:
        """Those of K points `(K, N)`: component by component, a column of U and rows of V."""
        parts = parameters.reshape(-1, *self._shape)
        left, *right = parts.split(self._widths, dim=-1)
        text, visual = (torch.einsum("klrt,klrd->kltd", left, one).float() for one in right)
        deep = DeepPrompts(text[:, 1:], visual[:, 1:] if self._both else None)
        return Prompts(
            context=self._words + text[:, 0],
            visual_tokens=visual[:, 0] if self._both else None,
            deep=deep if self._layers > 1 else None,
        )


def _word_count(problem: Problem, settings: ZompSettings) -> int:
    """Tokens T of the words; 0 where there is no soft context.

    A plan says by itself why a text tower has no embeddings of words.

    Raises:
        SettingsError: they have no token, or more than fit.
    """
    if problem.words is None:
        return 0
    tokens = problem.words.count(settings.words)
    most = problem.space.context_tokens
    if not 1 <= tokens <= most:
        raise SettingsError(
            f"words must have 1 to {most} tokens: no more fit beside the longest class name. But "
            f"{shown(settings.words)} has {tokens}"
        )
    return tokens


def _layers(space: PromptSpace, settings: ZompSettings) -> int:
    """How many layers get a prompt, once the towers are known to take them."""
    both, layers = settings.towers == "both", settings.layers
    if both and not space.vision_width:
        raise SettingsError(
            "this black box takes no visual tokens, but towers is both. Use a ViT backbone, or set "
            "towers: text"
        )
    deepest = min(space.text_layers, space.vision_layers) if both else space.text_layers
    if layers == 1:
        return 1
    if deepest == 0:
        raise SettingsError(
            "the inner layers of this black box can't be reached. Use zomp@input, which changes "
            "only what enters the first one, or a backbone of open_clip's own transformers"
        )
    if layers is not None and layers > deepest:
        raise SettingsError(
            f"layers must be at most {deepest}, the blocks of the "
            f"{'shallower' if both else 'text'} tower, but got {layers}"
        )
    return min(_MOST_LAYERS, deepest) if layers is None else layers
