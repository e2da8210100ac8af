"""What a service says of itself: which model, which inputs and answers, and its limits."""

from typing import Annotated, Self

from pydantic import Field

from benchmarks.frozen import Frozen
from benchmarks.preprocessing import Interpolation, Preprocessing, ResizeMode
from methods.interface import Input, PromptSpace
from orchestrator.answers import ALL, Answers

PROTOCOL = 1
"""Version of the protocol. A service that speaks another one is refused."""

Color = tuple[float, float, float]
Scale = Annotated[float, Field(gt=0)]
Width = Annotated[int, Field(ge=0, le=2**16)]
Count = Annotated[int, Field(ge=0, le=2**12)]
"""Bounds far above those of any model: clients make arrays of what a service says of itself."""


class Limits(Frozen):
    """The most that a service takes.

    Attributes:
        request_bytes: bytes of a request's body.
        images: images in one request, and in one set of stored images.
        stored_images: stored images that one request may name.
        classes: class names.
        prompts: candidate prompts in one request; each template of an ensemble counts.
        text: characters of a class name or template.
        work: what the model may have to encode for one request: the prompts times the class names,
            and the candidates times the images that they change.
        scores: numbers in one answer before it is narrowed: candidates times images times classes.
        requests_per_minute: requests for scores in a minute; None for no limit.
        concurrency: requests at the same time; None for no limit.
    """

    request_bytes: int = Field(default=256 * 2**20, ge=1024)
    images: int = Field(default=1024, ge=1)
    stored_images: int = Field(default=8192, ge=1)
    classes: int = Field(default=10_000, ge=1)
    prompts: int = Field(default=4096, ge=1)
    text: int = Field(default=2000, ge=1)
    work: int = Field(default=2**20, ge=1)
    scores: int = Field(default=2**26, ge=1)
    requests_per_minute: Annotated[float, Field(gt=0)] | None = None
    concurrency: Annotated[int, Field(ge=1)] | None = None


class ImageForm(Frozen):
    """How images must be prepared, as in `benchmarks.preprocessing.Preprocessing`."""

    size: Annotated[int, Field(ge=1, le=4096)]
    mean: Color
    std: tuple[Scale, Scale, Scale]
    interpolation: Interpolation = "bicubic"
    resize_mode: ResizeMode = "shortest"
    fill_color: tuple[int, int, int] = (0, 0, 0)

    @classmethod
    def of(cls, preprocessing: Preprocessing) -> Self:
        """The form of a test transform."""
        return cls(**{name: getattr(preprocessing, name) for name in cls.model_fields})

    @property
    def preprocessing(self) -> Preprocessing:
        """The test transform."""
        return Preprocessing(**dict(self))


class SpaceForm(Frozen):
    """The shapes and scales of prompts, as in `methods.interface.PromptSpace`."""

    text_width: Width = 0
    context_tokens: Annotated[int, Field(ge=0, le=2**16)] = 0
    vision_width: Width = 0
    token_embedding_std: Annotated[float, Field(ge=0)] = 0.0
    patch_weight_mean: float = 0.0
    patch_weight_std: Annotated[float, Field(ge=0)] = 0.0
    text_layers: Count = 0
    vision_layers: Count = 0

    @classmethod
    def of(cls, space: PromptSpace) -> Self:
        """The form of a prompt space, without what is known of its images."""
        return cls(**{name: getattr(space, name) for name in cls.model_fields})

    def space(self, images: ImageForm) -> PromptSpace:
        """The prompt space of a service that takes such images."""
        return PromptSpace(
            **dict(self), image_size=images.size, pixel_mean=images.mean, pixel_std=images.std
        )


class Capabilities(Frozen):
    """What a service offers.

    Attributes:
        protocol: version of the protocol.
        model: name under which it offers the model.
        fingerprint: names the model, its arithmetic and what else its answers depend on. Equal
            fingerprints mean equal answers.
        inputs: what it takes.
        answers: the richest answer that it gives.
        images: how images must be prepared.
        space: of its prompts, with the most context tokens that fit beside any class name.
        limits: the most that it takes.
        float_pixels: whether it takes images as float32, as a method changed them; otherwise they
            are rounded to 8 bits.
        stores_images: whether images can be sent once, and named afterwards.
        words: whether it counts tokens and looks up their embeddings.
        images_per_call: the most images of a call of its interface, which it charges for; None
            where a query is a call whatever it holds, as in our own protocol.
    """

    protocol: int = PROTOCOL
    model: str
    fingerprint: str = Field(pattern=r"^[A-Za-z0-9_.:/-]{1,200}$")
    inputs: tuple[Input, ...] = ("text",)
    answers: Answers = ALL
    images: ImageForm
    space: SpaceForm = SpaceForm()
    limits: Limits = Limits()
    float_pixels: bool = False
    stores_images: bool = False
    words: bool = False

    @property
    def looks_up_words(self) -> bool:
        """Whether words can be put into soft contexts: it looks them up, and takes contexts."""
        return self.words and "soft context" in self.inputs

    images_per_call: Annotated[int, Field(ge=1)] | None = None

    def means_the_same_as(self, other: "Capabilities") -> bool:
        """Whether results with both belong together: limits alone may differ."""
        return self.model_copy(update={"limits": other.limits}) == other
