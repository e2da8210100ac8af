"""BAR: black-box adversarial reprogramming (Tsai et al., ICML 2020).

A trainable frame around a shrunk image, optimised by one-sided estimates along random directions.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field, PositiveFloat

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
    Variants,
)
from methods.lazy_torch import Tensor, torch
from methods.parts.checks import stored_parameters
from methods.parts.directions import one_sided_estimate, one_sided_probes, unit_directions
from methods.parts.losses import focal_loss, measured
from methods.parts.schedules import Schedule, polynomial_decay
from methods.parts.seeding import generator

_FRAME = 15 / 224
"""Width of the frame on each side, as a share of the canvas; 194 of 224 pixels are left inside."""


class BarSettings(Settings):
    """Settings of `bar`.

    The defaults are those of the ZIP paper's code (ICLR 2025) but for `decay_epochs`, which
    `bar@zip-port` has as that code does.

    Attributes:
        image_size: height and width of the shrunk image, in pixels; None leaves a frame of 15 / 224
            of the canvas on each side (an image of 194 pixels on a canvas of 224).
        directions: random directions q averaged in a step; a step costs 1 + q queries.
        smoothing: radius beta of the estimates.
        step_size: learning rate at the start.
        final_step_size: learning rate at the end of the decay.
        step_decay: exponent of the polynomial decay, and the share of the run that it lasts.
        decay_epochs: length of the run that the decay is planned for, in epochs; None for the
            steps that the budget allows, which is our own choice.
        focal_gamma: gamma of the focal loss.
    """

    image_size: int | None = Field(default=None, ge=1)
    directions: int = Field(default=5, ge=1)
    smoothing: PositiveFloat = 0.01
    step_size: PositiveFloat = 10.0
    final_step_size: float = Field(default=0.1, ge=0)
    step_decay: float = Field(default=0.9, gt=0, le=1)
    decay_epochs: int | None = Field(default=None, ge=1)
    focal_gamma: float = Field(default=2.0, ge=0)


class Bar(Method):
    """One step: the loss at W and at q points around it, a gradient estimate, an update.

    x' = image in the centre, sigmoid(W) as the frame around it
    L = mean -(1 - p_y)^2 log p_y                         focal loss (losses.py)
    g = (N / q) sum_j u_j (L(W + beta u_j) - L(W)) / beta   one-sided estimate, |u_j| = 1
    W <- W - a_t g                                        a_t falls polynomially (schedules.py)

    Images are prepared at the shrunk size, for training and for testing (`image_size`): both
    transforms resize to 194 pixels and crop there, as the research code does. Shrinking an image
    of 224 pixels would interpolate twice. The size belongs to the preprocessing, so to the key.

    W covers the whole canvas; its part under the image has no effect, but counts in N and in the
    norm of a direction. The estimate is ill-posed in float32: beta u moves a pixel by some 1e-5,
    so the differences of losses are close to rounding errors, and N / (q beta) multiplies them.
    Therefore losses are computed in float64; even so, two correct implementations won't follow the
    same trajectory. Never run it in a lower precision than fp32.

    `bar@zip-port` plans the decay for 1,000 epochs, as the ZIP paper's research code does: with 4
    or more mini-batches per epoch the rate then hardly falls within 5,000 queries. Over such a run
    its rates sum to between 4,735 (1 mini-batch per epoch) and 8,302 (125), and those of our
    default to 3,985. That code tests its budget after a step, so it takes one more step, of 6
    queries. Its convolutions also ran in TF32 on GPUs that have it (Ampere and later), PyTorch's
    default: the rounding is then some 4 times what the estimates measure, against 0.33 of it in
    fp32.

    Raises:
        SettingsError: `image_size` leaves no frame.
    """

    name = "bar"
    version = 1
    settings_type = BarSettings
    variants: ClassVar[Variants] = {"zip-port": {"decay_epochs": 1000}}

    def __init__(self, problem: Problem, settings: BarSettings) -> None:
        self._inner = _checked_size(self.image_size(problem.space, settings), problem.space)
        self._settings = settings
        self._problem = problem
        self._step_size = _step_size_schedule(problem, settings)
        self._dimension = 3 * problem.space.image_size**2
        start = generator(problem.seed, "bar", "start")
        self._parameters = torch.randn(self._dimension, generator=start)
        self._steps_done = 0

    @classmethod
    def image_size(cls, space: PromptSpace, settings: Any) -> int:
        """The shrunk size: height and width of the canvas inside the frame, in pixels."""
        if settings.image_size is not None:
            return int(settings.image_size)
        return space.image_size - 2 * max(1, round(_FRAME * space.image_size))

    @classmethod
    def access(cls, settings: BarSettings) -> Access:
        del settings
        return Access(frozenset({"text", "pixels"}))

    @classmethod
    def demand(cls, problem: Problem, settings: BarSettings) -> Demand:
        _checked_size(cls.image_size(problem.space, settings), problem.space)
        _check_first_rate(problem, settings)
        return Demand(1 + settings.directions, touches_images=True, templates=problem.templates[:1])

    def ask(self) -> Prompts:
        radius = self._settings.smoothing
        return self._prompts(one_sided_probes(self._parameters, self._directions(), radius))

    def tell(self, scores: Scores) -> Mapping[str, float]:
        settings = self._settings
        losses = focal_loss(scores.logits.double(), scores.labels, settings.focal_gamma)
        gradient = one_sided_estimate(losses, self._directions(), settings.smoothing)
        self._steps_done += 1
        self._parameters = self._parameters - self._step_size(self._steps_done) * gradient
        here = Scores(scores.logits[:1], scores.labels, scores.examples)
        return {**measured(losses[:1], here), "gradient_norm": float(gradient.norm())}

    def best_prompt(self) -> Prompts:
        return self._prompts(self._parameters.unsqueeze(0))

    def state(self) -> State:
        return State({"parameters": self._parameters}, {"steps_done": self._steps_done})

    def load(self, state: State) -> None:
        self._parameters = stored_parameters(state, self._parameters, self.name)
        self._steps_done = int(state.values["steps_done"])

    def _directions(self) -> Tensor:
        """The step's directions `(q, N)`: a function of seed and step, so never stored."""
        draw = generator(self._problem.seed, "bar", "directions", self._steps_done + 1)
        return unit_directions(self._settings.directions, self._dimension, draw)

    def _prompts(self, parameters: Tensor) -> Prompts:
        frames = Frames(parameters, self._inner, self._problem.space)
        return Prompts(templates=self._problem.templates[:1], pixels=frames)


class Frames:
    """K frames around an image, as a `PixelPrompt`.

    Args:
        programs: `(K, 3 H H)`, W of each candidate.
        inner: height and width of the image inside, in pixels.
        space: size H and normalisation of the canvas.
    """

    def __init__(self, programs: Tensor, inner: int, space: PromptSpace) -> None:
        self._programs = programs
        self._inner = inner
        self._space = space

    def __len__(self) -> int:
        return len(self._programs)

    def apply(self, images: Tensor, candidate: int) -> Tensor:
        """Puts images `(B, 3, S, S)` into the centre of the framed canvas `(B, 3, H, H)`.

        The frame is a picture with values from 0 to 1, normalised like the image; the image is
        not clamped.

        Raises:
            ValueError: the images have another size than the inside of the frame.
        """
        if images.shape[-2:] != (self._inner, self._inner):
            raise ValueError(
                f"bar frames images of {self._inner} pixels, but got {tuple(images.shape[-2:])}: "
                f"prepare them at the method's `image_size`"
            )
        size = self._space.image_size
        mean = torch.tensor(self._space.pixel_mean).reshape(3, 1, 1)
        std = torch.tensor(self._space.pixel_std).reshape(3, 1, 1)
        picture = self._programs[candidate].reshape(3, size, size).sigmoid()
        canvas = ((picture - mean) / std).to(images).repeat(len(images), 1, 1, 1)
        edge = (size - self._inner) // 2
        canvas[..., edge : edge + self._inner, edge : edge + self._inner] = images
        return canvas


def _checked_size(inner: int, space: PromptSpace) -> int:
    """The size inside the frame, once it is known to leave one."""
    if not 0 < inner < space.image_size:
        raise SettingsError(
            f"image_size must be between 1 and {space.image_size - 1}, so that a frame is left "
            f"on the canvas of {space.image_size} pixels, but got {inner}"
        )
    return inner


def _check_first_rate(problem: Problem, settings: BarSettings) -> None:
    """Refuses a budget of whole steps, none of which has a size: nothing would be trained.

    With `decay_epochs`, that depends on the mini-batches, which are not known yet.
    """
    if settings.decay_epochs is not None or problem.budget < 1 + settings.directions:
        return
    if _step_size_schedule(problem, settings)(1) == 0:
        raise SettingsError(
            "final_step_size = 0 is reached at the first step already, so nothing would be "
            "trained: give a final_step_size above 0, a larger step_decay or a larger budget"
        )


def _step_size_schedule(problem: Problem, settings: BarSettings) -> Schedule:
    if settings.decay_epochs is None:
        steps = max(1, problem.budget // (1 + settings.directions))
    else:
        steps = settings.decay_epochs * problem.batches_per_epoch
    return polynomial_decay(
        settings.step_size,
        settings.final_step_size,
        settings.step_decay * steps,
        settings.step_decay,
    )
