"""What a method is: a state machine that asks the black box about prompts and is told scores."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from methods.lazy_torch import Tensor
from methods.problem import (
    ImageEncoder,
    Problem,
    PromptSpace,
    SettingsError,
    TrainingSize,
    Words,
)
from methods.prompts import DeepPrompts, Ensemble, PixelPrompt, Prompts

__all__ = [
    "Access",
    "AnswerKind",
    "DeepPrompts",
    "Demand",
    "Ensemble",
    "ImageChoice",
    "ImageEncoder",
    "Input",
    "Method",
    "Named",
    "PixelPrompt",
    "Problem",
    "PromptSpace",
    "Prompts",
    "Readout",
    "Scores",
    "Settings",
    "SettingsError",
    "State",
    "TrainingSize",
    "Variants",
    "Words",
]


class Readout(Protocol):
    """A function of the scores that the black box returns, kept on the client.

    The black box knows nothing of it. What is measured is what it returns.
    """

    def __call__(self, logits: Tensor) -> Tensor:
        """The scores `(B, C)` that count, of the logits `(K, B, C)` of the K deployed prompts.

        It treats each image by itself, and never sees labels.
        """


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
class Demand:
    """What one step of a method asks of the black box.

    Attributes:
        candidates: candidate prompts K; 0 for methods that never ask.
        touches_images: whether the image tower must encode images for every candidate.
        soft_text: whether the text tower must encode classes for every candidate.
        templates: hand-written prompts that it uses, so that a plan can see whether they fit; they
            say nothing of what a step costs, so demands that differ in them alone are equal.
        context_tokens: soft tokens T before each class name; 0 without a soft context. Like the
            next, it is known so that use can be priced, and makes no demand another one.
        deployed: the most queries that the answer to a test image costs: the templates of an
            ensemble, or the prompts whose scores a readout reads.
    """

    candidates: int = 0
    touches_images: bool = False
    soft_text: bool = False
    templates: tuple[str, ...] = field(default=(), compare=False)
    context_tokens: int = field(default=0, compare=False)
    deployed: int = field(default=1, compare=False)


Input = Literal["text", "pixels", "soft context", "visual tokens", "inner layers"]
"""What of a black box a method sets, from what every service takes to what hardly one does: strings
(be it the dataset's own template), changed images, token embeddings before the class name, tokens
beside the patches, hidden states."""


AnswerKind = Literal["logits", "log_probabilities", "top", "label"]
"""What a black box returns of an image, from the richest to the poorest: scores of all classes, the
log-probabilities of all or of the most probable ones, or the most probable class alone."""


@dataclass(frozen=True)
class Access:
    """What a method needs of a black box, and what it keeps on the client.

    Attributes:
        inputs: what it sets.
        readout: whether a function of the returned scores is deployed with the prompt. It knows the
            classes that it was trained on and no others.
        unlabelled_test_images: whether it learns from test images, without their labels.
        answer: the poorest answer that it can learn from. Scores that an answer lacks are filled
            in before a method is told of them, so most methods make do with a label.
        because: why it can't learn from poorer ones; empty if it needs no more than a label.
    """

    inputs: frozenset[Input] = frozenset()
    readout: bool = False
    unlabelled_test_images: bool = False
    answer: AnswerKind = "label"
    because: str = ""

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
        logits: `(K, B, C)` class scores of each candidate on the mini-batch: logits, or
            log-probabilities; where the black box returned fewer, the others are filled in.
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
        method = cls(problem, settings)
        prompts, deployed = method.ask() if cls.trains else None, method.best_prompt().queries
        if prompts is None:
            return Demand(deployed=deployed)
        return Demand(
            prompts.count,
            prompts.touches_images,
            soft_text=prompts.context is not None,
            templates=prompts.templates or (),
            context_tokens=0 if prompts.context is None else prompts.context.shape[1],
            deployed=deployed,
        )

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
