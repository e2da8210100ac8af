"""What a method knows of its task: the black box, the classes, how much there is to train on."""

from dataclasses import dataclass
from typing import Protocol

from methods.lazy_torch import Tensor


class SettingsError(ValueError):
    """Settings that can't work on this problem; the message says what is allowed instead."""


class ImageEncoder(Protocol):
    """A frozen network that belongs to the method; its forwards are not queries."""

    @property
    def width(self) -> int:
        """Width F of a feature."""

    @property
    def image_size(self) -> int:
        """Height and width of the images that it takes, in pixels."""

    def __call__(self, images: Tensor) -> Tensor:
        """Features `(B, F)` of CLIP-normalised images `(B, 3, S, S)`, on their device."""


@dataclass(frozen=True)
class PromptSpace:
    """The shapes and scales of what a black box accepts.

    Example:
        A soft prompt that fits a black box with token embeddings of width 64:

        >>> space = PromptSpace(
        ...     text_width=64, context_tokens=12, vision_width=0, image_size=8,
        ...     token_embedding_std=0.02,
        ... )
        >>> context = space.token_embedding_std * torch.randn(1, 12, space.text_width)

    Attributes:
        text_width: width D of a token embedding; 0 if the text tower takes no soft context.
        context_tokens: the most soft context tokens that fit beside the longest class name.
        vision_width: width W of a visual token; 0 if the image tower takes none.
        image_size: height and width of an image, in pixels.
        token_embedding_std: standard deviation of the token embedding table.
        patch_weight_mean: mean of the patch convolution's weights.
        patch_weight_std: their standard deviation.
        pixel_mean: per channel, subtracted from an image with values from 0 to 1.
        pixel_std: per channel, the result is divided by it.
        text_layers: blocks of the text tower; 0 if nothing can be added between them.
        vision_layers: blocks of the image tower; 0 if nothing can be added between them.
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
    text_layers: int = 0
    vision_layers: int = 0


class Words(Protocol):
    """Looks up token embeddings of words: public data, so no query."""

    def count(self, text: str) -> int:
        """Number of tokens T of a text, without those that mark its start and end."""

    def embed(self, text: str) -> Tensor:
        """Token embeddings `(T, D)` of a text, float32, on the CPU.

        A plan, which has no model in memory, can't tell them: methods call it when they are built.
        """


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
        ensemble: the templates that an ensemble averages; empty if it averages all of `templates`.
        examples: number of training images N; their ids are 0 to N - 1. 0 where nothing is trained.
        batch_size: the most images that a query takes.
        words: looks up the black box's token embeddings; None if it takes no soft context.
    """

    space: PromptSpace
    classes: int
    templates: tuple[str, ...]
    batches_per_epoch: int
    budget: int
    seed: int
    encoder: ImageEncoder | None = None
    ensemble: tuple[str, ...] = ()
    examples: int = 0
    batch_size: int = 0
    words: Words | None = None

    def word_context(self, text: str) -> Tensor:
        """Token embeddings `(T, D)` of given words, where a soft context may start; no query.

        Raises:
            SettingsError: the black box takes no soft context.
        """
        if self.words is None:
            raise SettingsError("this black box takes no soft context, so words have no embeddings")
        return self.words.embed(text)

    def whole_set(self) -> tuple[tuple[int, ...], ...]:
        """Ids of all training images in order, in as few mini-batches as hold them."""
        size = self.batch_size or self.examples
        starts = range(0, self.examples, max(1, size))
        return tuple(tuple(range(i, min(i + size, self.examples))) for i in starts)


@dataclass(frozen=True)
class TrainingSize:
    """How many images there are to train on, and how many fit a query.

    Attributes:
        examples: number of training images N.
        batch_size: images per mini-batch B.
    """

    examples: int
    batch_size: int

    @property
    def batches_per_epoch(self) -> int:
        """Mini-batches in one pass; an incomplete last one is left out, unless it is the only one.

        So the stream counts, from which `next` mini-batches come.
        """
        return max(1, self.examples // max(1, self.batch_size))

    @property
    def whole_set(self) -> int:
        """Queries of one candidate on every image once: `Problem.whole_set` has as many parts."""
        return max(1, -(-self.examples // max(1, self.batch_size)))
