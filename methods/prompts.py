"""What a method submits: candidate prompts, of whatever parts a black box takes."""

from dataclasses import dataclass
from typing import Protocol

from methods.lazy_torch import Tensor


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
            images: `(B, 3, S, S)`, S being the method's `image_size`; not changed in place.
            candidate: which of the K, from 0.

        Returns:
            A `(B, 3, H, H)` tensor, H being the image size that the black box takes.
        """


@dataclass(frozen=True)
class Ensemble:
    """Hand-written prompts that act as one: their normalised text features are averaged.

    Attributes:
        templates: P prompts with one `{}` each for the class name.
        weights: `(P, C)` weight of each template for each class; None weighs all alike.
    """

    templates: tuple[str, ...]
    weights: Tensor | None = None


@dataclass(frozen=True)
class DeepPrompts:
    """What is added inside the towers: to the hidden states that enter their later blocks.

    The first of L - 1 entries is added before the second block, and so on; what enters the first
    block is the `context` and the `visual_tokens` of the prompt, at whose positions this is added.

    Attributes:
        text: `(K, L - 1, T, D)`, at the positions of the T context tokens.
        visual: `(K, L' - 1, V, W)`, at the positions of the V visual tokens.
    """

    text: Tensor | None = None
    visual: Tensor | None = None


@dataclass(frozen=True)
class Prompts:
    """K candidate prompts; a part that is None leaves that input of the model as it is.

    Exactly one of `context`, `templates` and `ensembles` says what the text tower reads.

    Example:
        Three candidates of four soft tokens of width 64, and one prompt written by hand:

        >>> Prompts(context=torch.zeros(3, 4, 64)).count
        3
        >>> Prompts(templates=("a photo of a {}.",)).count
        1

    Attributes:
        context: soft text context, `(K, T, D)`: T token embeddings that stand before the class
            name, after the start-of-text token if the black box has one.
        templates: hand-written prompts with one `{}` for the class name, the same for all K
            candidates; several are averaged as normalised features.
        visual_tokens: `(K, V, W)` tokens appended to the image tower's sequence.
        pixels: how each candidate changes the images.
        ensembles: K hand-written prompts, a different one for each candidate.
        deep: what is added inside the towers, which plain black boxes don't allow.

    Raises:
        ValueError: not exactly one of `context`, `templates` and `ensembles` is given, or the parts
            hold different numbers of candidates.
    """

    context: Tensor | None = None
    templates: tuple[str, ...] | None = None
    visual_tokens: Tensor | None = None
    pixels: PixelPrompt | None = None
    ensembles: tuple[Ensemble, ...] | None = None
    deep: DeepPrompts | None = None

    def __post_init__(self) -> None:
        texts = (self.context, self.templates, self.ensembles)
        if sum(text is not None for text in texts) != 1:
            raise ValueError(
                "a prompt needs exactly one of `context`, `templates` and `ensembles`, but got "
                f"{sum(text is not None for text in texts)}"
            )
        sizes = set(self._counts)
        if len(sizes) > 1:
            raise ValueError(
                f"the parts of a prompt disagree on the number of candidates: {sorted(sizes)}"
            )

    @property
    def count(self) -> int:
        """Number of candidates K (1 for hand-written templates alone)."""
        return next(iter(self._counts), 1)

    @property
    def queries(self) -> int:
        """Queries that asking them on one mini-batch costs: one for each text of each candidate.

        An ensemble of P templates is P prompts for a black box, which takes one text per class.
        """
        if self.ensembles is not None:
            return sum(len(one.templates) for one in self.ensembles)
        return self.count * max(1, len(self.templates or ()))

    @property
    def touches_images(self) -> bool:
        """Whether the image tower sees anything but the plain image."""
        return self.visual_tokens is not None or self.pixels is not None

    @property
    def _counts(self) -> list[int]:
        deep = (self.deep.text, self.deep.visual) if self.deep else ()
        parts = (self.context, self.visual_tokens, self.pixels, self.ensembles, *deep)
        return [len(part) for part in parts if part is not None]
