"""What a method is: a state machine that asks the black box about prompts and is told scores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from torch import Tensor


class ImageEncoder(Protocol):
    """A frozen network of a method's own; its forwards are not queries."""

    @property
    def width(self) -> int:
        """Width F of a feature."""

    @property
    def image_size(self) -> int:
        """Height and width of the images that it takes, in pixels."""

    def __call__(self, images: Tensor) -> Tensor:
        """Features `(B, F)` of CLIP-normalised images `(B, 3, S, S)`, on the images' device."""


class PixelPrompt(Protocol):
    """K ways to change the pixels of a mini-batch, applied lazily so that memory stays bounded.

    While a method trains, `apply` is given whole mini-batches: what a candidate does to an image
    may depend on the others (batch statistics). The one prompt of `best_prompt` treats each image
    by itself.
    """

    def __len__(self) -> int:
        """Number of candidates K."""

    def apply(self, images: Tensor, candidate: int) -> Tensor:
        """Changes CLIP-normalised images the way one candidate does.

        Args:
            images: `(B, 3, S, S)`, S being the method's `image_size`; left as they were.
            candidate: which of the K, from 0.

        Returns:
            A `(B, 3, H, H)` tensor, H being the black box's own image size.
        """


@dataclass(frozen=True)
class Prompts:
    """K candidate prompts; the parts that are None leave that input of the model as it is.

    Exactly one of `context` and `templates` says what the text tower reads.

    Attributes:
        context: soft text context, `(K, T, D)`: T token embeddings that stand between the
            start-of-text token and the class name.
        templates: hand-written prompts with one `{}` for the class name, the same for all K
            candidates; several are averaged as normalised features.
        visual_tokens: `(K, V, W)` tokens appended to the image tower's sequence.
        pixels: how each candidate changes the images.
    """

    context: Tensor | None = None
    templates: tuple[str, ...] | None = None
    visual_tokens: Tensor | None = None
    pixels: PixelPrompt | None = None

    def __post_init__(self) -> None:
        if (self.context is None) == (self.templates is None):
            raise ValueError("a prompt needs either `context` or `templates`, and not both")
        sizes = {
            len(part)
            for part in (self.context, self.visual_tokens, self.pixels)
            if part is not None
        }
        if len(sizes) > 1:
            raise ValueError(
                f"the parts of a prompt disagree on the number of candidates: {sorted(sizes)}"
            )

    @property
    def count(self) -> int:
        """Number of candidates K (1 for hand-written templates alone)."""
        for part in (self.context, self.visual_tokens, self.pixels):
            if part is not None:
                return len(part)
        return 1

    @property
    def touches_images(self) -> bool:
        """Whether the image tower sees anything but the plain image."""
        return self.visual_tokens is not None or self.pixels is not None


@dataclass(frozen=True)
class PromptSpace:
    """The shapes and scales of what a black box accepts.

    Attributes:
        text_width: width D of a token embedding.
        context_tokens: the most soft context tokens that fit beside the longest class name.
        vision_width: width W of a visual token; 0 when the image tower takes none.
        image_size: height and width of an image, in pixels.
        token_embedding_std: standard deviation of the token embedding table.
        patch_weight_mean: mean of the patch convolution's weights.
        patch_weight_std: their standard deviation.
        pixel_mean: subtracted from each channel of an image with values from 0 to 1.
        pixel_std: divides each channel after that.
    """

    text_width: int
    context_tokens: int
    vision_width: int
    image_size: int
    token_embedding_std: float
    patch_weight_mean: float = 0.0
    patch_weight_std: float = 0.02
    pixel_mean: tuple[float, float, float] = (0.48145466, 0.4578275, 0.40821073)
    pixel_std: tuple[float, float, float] = (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True)
class Problem:
    """What a method knows of its task: never images, labels or weights.

    Attributes:
        space: what the black box accepts.
        classes: number of classes C.
        templates: the dataset's hand-written prompts; the first is its own.
        batches_per_epoch: mini-batches in one pass of the training split.
        budget: how many queries may be spent.
        seed: drives every random draw of the method.
        encoder: the frozen network that the method's `encoder_name` asked for.
    """

    space: PromptSpace
    classes: int
    templates: tuple[str, ...]
    batches_per_epoch: int
    budget: int
    seed: int
    encoder: ImageEncoder | None = None


@dataclass(frozen=True)
class Scores:
    """The black box's answer to one `ask`.

    Attributes:
        logits: `(K, B, C)` class scores of each candidate on the mini-batch.
        labels: `(B,)` true classes of the mini-batch.
    """

    logits: Tensor
    labels: Tensor


@dataclass(frozen=True)
class State:
    """All that a method needs to go on: tensors and plain JSON values."""

    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)


class Settings(BaseModel):
    """Base of every method's settings: frozen, and strict about names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def number(self, field: str) -> float | None:
        """The number behind a setting, to draw it on an axis; None where there is none.

        Settings whose named values stand for numbers override this.
        """
        value = getattr(self, field)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if is_number else None


Variants = Mapping[str, Mapping[str, Any]]
"""Settings by the name of a variant."""


class SettingsError(ValueError):
    """Settings that can't work on this problem: what was given, what is allowed, what to do."""


class Method(ABC):
    """An ask/tell optimiser of prompts, without a loop, a budget or files of its own.

    Same problem and settings, same first k prompts. `state` after any `tell` and `load` on a new
    instance go on exactly as if nothing had happened.

    Args:
        problem: what is to be solved.
        settings: an instance of the class's own `Settings`.

    Raises:
        SettingsError: the settings can't work on this problem.
    """

    name: ClassVar[str]
    """The name that specs use."""
    version: ClassVar[int]
    """Goes up whenever the same settings propose other prompts; part of every cell's key."""
    settings_type: ClassVar[type[Settings]]
    trains: ClassVar[bool] = True
    """False for methods that never ask: shots, seed and budget don't matter to them."""
    variants: ClassVar[Variants] = MappingProxyType({})
    """Settings that a spec takes by name, as in `bar@zip-port`: other defaults, same code."""

    @classmethod
    def image_size(cls, space: PromptSpace, settings: Any) -> int:
        """Height and width at which images are to be prepared for this method, in pixels.

        Both the training and the test transform end at this size. Only methods that change pixels
        may ask for another one than the black box's own, and then return images of that size.
        """
        del settings
        return space.image_size

    @classmethod
    def encoder_name(cls, settings: Any) -> str | None:
        """The frozen image encoder that the method wants to be given; None for none."""
        del settings
        return None

    @abstractmethod
    def __init__(self, problem: Problem, settings: Any) -> None: ...

    @abstractmethod
    def ask(self) -> Prompts | None:
        """The next candidates, all for one mini-batch; None when the method is done."""

    @property
    def candidates(self) -> int:
        """Candidates K of the next `ask`, which a plan must know; 0 when the method is done.

        Methods that take long to draw their candidates override this.
        """
        prompts = self.ask()
        return 0 if prompts is None else prompts.count

    @abstractmethod
    def tell(self, scores: Scores) -> Mapping[str, float]:
        """Takes the answer to the last `ask`; returns measurements worth plotting over queries."""

    @abstractmethod
    def best_prompt(self) -> Prompts:
        """The one prompt (K = 1) that the method would deploy now."""

    @abstractmethod
    def state(self) -> State:
        """Everything needed to go on from here."""

    @abstractmethod
    def load(self, state: State) -> None:
        """Goes on from `state`.

        Raises:
            SettingsError: the state has other shapes than these settings need.
        """
