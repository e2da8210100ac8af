"""What a method is: a state machine that asks the black box about prompts and is told scores."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from methods.lazy_torch import Tensor


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


class Readout(Protocol):
    """A function of the scores that the black box returns, kept on the client.

    The black box knows nothing of it. What is measured is what it returns.
    """

    def __call__(self, logits: Tensor) -> Tensor:
        """The scores `(B, C)` that count, of the logits `(K, B, C)` of the K deployed prompts.

        It treats each image by itself, and never sees labels.
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


@dataclass(frozen=True)
class Named:
    """Images of the method's own training set that it asks about, by their ids.

    Attributes:
        examples: ids of at least one and at most `Problem.batch_size` images, in order.
        view: which augmented view of them; None takes them as testing would see them. A view is
            always the same, so that it can be asked about again. Cells that don't augment images
            have a single view.
    """

    examples: tuple[int, ...]
    view: int | None = None


ImageChoice = Literal["next", "same"] | Named
"""The next mini-batch of the training images, the one before again (with its augmentation), or
images that are named."""


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
        augmented: whether training images are augmented, so that they have different views.
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
    augmented: bool = False

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
class Demand:
    """What one step of a method asks of the black box.

    Attributes:
        candidates: candidate prompts K; 0 for methods that never ask.
        touches_images: whether the image tower must encode images for every candidate.
        soft_text: whether the text tower must encode classes for every candidate.
        templates: hand-written prompts that it uses, so that a plan can see whether they fit; they
            say nothing of what a step costs, so demands that differ in them alone are equal.
    """

    candidates: int = 0
    touches_images: bool = False
    soft_text: bool = False
    templates: tuple[str, ...] = field(default=(), compare=False)


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


Input = Literal["text", "pixels", "soft context", "visual tokens", "inner layers"]
"""What of a black box a method sets, from what every service takes to what hardly one does: strings
(be it the dataset's own template), changed images, token embeddings before the class name, tokens
beside the patches, hidden states."""


@dataclass(frozen=True)
class Access:
    """What a method needs of a black box, and what it keeps on the client.

    Attributes:
        inputs: what it sets.
        readout: whether a function of the returned scores is deployed with the prompt. It knows the
            classes that it was trained on and no others.
        unlabelled_test_images: whether it learns from test images, without their labels.
    """

    inputs: frozenset[Input] = frozenset()
    readout: bool = False
    unlabelled_test_images: bool = False

    @property
    def track(self) -> Literal["plain box", "translucent box"]:
        """A black box whose inner layers can be changed is a translucent one."""
        return "translucent box" if "inner layers" in self.inputs else "plain box"


@dataclass(frozen=True)
class Scores:
    """The black box's answer to one `ask`.

    Example:
        Two candidates on three images of two classes; the second one is right about all three:

        >>> logits = torch.tensor([[[0.0, 1.0]] * 3, [[1.0, 0.0]] * 3])
        >>> scores = Scores(logits, labels=torch.tensor([0, 0, 0]), examples=torch.arange(3))
        >>> (scores.logits.argmax(dim=-1) == scores.labels).sum(dim=-1)
        tensor([0, 3])

    Attributes:
        logits: `(K, B, C)` class scores of each candidate on the mini-batch.
        labels: `(B,)` true classes of the mini-batch.
        examples: `(B,)` ids of its images, from 0 to `Problem.examples` - 1: an image has the same
            id whenever it is asked about.
    """

    logits: Tensor
    labels: Tensor
    examples: Tensor


@dataclass(frozen=True)
class State:
    """All that a method needs to go on: tensors and plain JSON values."""

    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)


class Settings(BaseModel):
    """Base of every method's settings: frozen, and strict about names."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def number(self, field: str) -> float | None:
        """The number that a setting stands for, to draw it on an axis; None if it has none.

        Settings with named values that stand for numbers override this.
        """
        value = getattr(self, field)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return float(value) if is_number else None


Variants = Mapping[str, Mapping[str, Any]]
"""Settings by the name of a variant."""


class SettingsError(ValueError):
    """Settings that can't work on this problem; the message says what is allowed instead."""


class Method(ABC):
    """An ask/tell optimiser of prompts, without a loop, a budget or files of its own.

    `ask` proposes candidates, the caller queries the black box with them, and `tell` takes the
    scores. Every `tell` answers the last `ask`; asking again before it proposes the same. Equal
    problem and settings give equal prompts. A new instance that loads what `state` returned after
    any `tell` goes on exactly as the old one would have.

    Example:
        Ten steps on a black box, and the prompt to deploy:

        >>> from methods.zip import Zip, ZipSettings
        >>> method = Zip(problem, ZipSettings(pairs=2))
        >>> for _ in range(10):
        ...     prompts = method.ask()
        ...     logits = oracle.query(prompts, batch)
        ...     measured = method.tell(Scores(logits, batch.labels, batch.examples))
        >>> prompts.count  # two candidates per pair
        4
        >>> method.best_prompt().context.shape
        torch.Size([1, 8, 64])

    Args:
        problem: what is to be solved.
        settings: an instance of `settings_type`.

    Raises:
        SettingsError: the settings can't work on this problem.
    """

    name: ClassVar[str]
    """The name that specs use."""
    version: ClassVar[int]
    """Raised whenever the same settings propose other prompts; part of every cell's key."""
    settings_type: ClassVar[type[Settings]]
    trains: ClassVar[bool] = True
    """False for methods that never ask; shots, seed and budget make no difference to them."""
    variants: ClassVar[Variants] = {}
    """Sets of defaults that a spec takes by name, as in `bar@zip-port`."""

    @classmethod
    def image_size(cls, space: PromptSpace, settings: Any) -> int:
        """Height and width at which images are prepared for this method, in pixels.

        Both the training and the test transform end at this size. Only a method that changes pixels
        may want another size than the black box takes; its `PixelPrompt` then resizes them.
        """
        del settings
        return space.image_size

    @classmethod
    def encoder_name(cls, settings: Any) -> str | None:
        """Name of the frozen image encoder that the method needs as `problem.encoder`, or None."""
        del settings
        return None

    @classmethod
    def averages_templates(cls, settings: Any) -> bool:
        """Whether it deploys the dataset's ensemble, which then belongs to the key."""
        del settings
        return False

    @classmethod
    def access(cls, settings: Any) -> Access:
        """What the method needs of a black box; tables group methods by it."""
        del settings
        return Access(frozenset({"soft context"}))

    @classmethod
    def demand(cls, problem: Problem, settings: Any) -> Demand:
        """What the first step asks, which a plan must know.

        It is found by building the method. Methods that say it themselves are planned without the
        time and memory that PyTorch takes.

        Raises:
            SettingsError: the settings can't work on this problem.
        """
        prompts = cls(problem, settings).ask() if cls.trains else None
        if prompts is None:
            return Demand()
        soft = prompts.context is not None
        return Demand(prompts.count, prompts.touches_images, soft, prompts.templates or ())

    @classmethod
    def step_queries(cls, settings: Any, demand: Demand, size: TrainingSize) -> int:
        """Queries of one step, of which the method first learns; with fewer nothing is trained.

        They are those of one `ask`, unless a step of the method takes more.

        Args:
            settings: of the method.
            demand: what `demand` said.
            size: of the training set.
        """
        del settings, size
        return demand.candidates

    @classmethod
    def most_queries(cls, settings: Any, demand: Demand, size: TrainingSize) -> int | None:
        """Queries after which the method stops, whatever its budget; None if it uses that up.

        Args:
            settings: of the method.
            demand: what `demand` said.
            size: of the training set.
        """
        del settings, demand, size
        return None

    @abstractmethod
    def __init__(self, problem: Problem, settings: Any) -> None: ...

    @abstractmethod
    def ask(self) -> Prompts | None:
        """The next K candidates, to be evaluated on one mini-batch; None when it is done."""

    def images(self) -> ImageChoice:
        """Which training images the prompts of `ask` are asked about; called after it.

        A query costs the same whichever they are.
        """
        return "next"

    @abstractmethod
    def tell(self, scores: Scores) -> Mapping[str, float]:
        """Takes the answer to the last `ask`.

        Args:
            scores: logits `(K, B, C)` of the candidates in the order of `ask`, and labels `(B,)`.

        Returns:
            Measurements worth plotting over queries, by name.

        Raises:
            RuntimeError: nothing had been asked, and the method can't take scores without that.
        """

    @abstractmethod
    def best_prompt(self) -> Prompts:
        """The prompt that the method would deploy now; also before any `tell`.

        One (K = 1), unless `readout` makes one answer of several.
        """

    def readout(self) -> Readout | None:
        """The function of scores that is deployed with `best_prompt`; None deploys none.

        Methods that may return one say so in `access`.
        """
        return None

    def transferred_prompt(self) -> Prompts:
        """The one prompt (K = 1) for classes and datasets that it was not trained on.

        It is `best_prompt` unless a method says otherwise, which only those need that repeat what
        other code has deployed there.
        """
        return self.best_prompt()

    @abstractmethod
    def state(self) -> State:
        """Everything that `load` needs to go on from here; later steps don't change it."""

    @abstractmethod
    def load(self, state: State) -> None:
        """Goes on from `state`, on an instance that has not asked yet.

        Raises:
            SettingsError: the state has other shapes than these settings need.
        """
