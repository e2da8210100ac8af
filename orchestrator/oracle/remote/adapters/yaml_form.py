"""The YAML file of an adapter, typed and checked."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from benchmarks.frozen import Frozen
from methods.interface import Input
from orchestrator.answers import Answers
from orchestrator.oracle.remote.adapters.adapter import Scale
from orchestrator.oracle.remote.adapters.environment import TOKEN
from orchestrator.oracle.remote.adapters.file import VARIABLE
from orchestrator.oracle.remote.adapters.images import ImageSettings
from orchestrator.oracle.remote.adapters.options import Marks
from orchestrator.oracle.remote.adapters.paths import PathText

By = Literal["position", "text", "class", "mark", "index"]
"""How a score's class is known: by its place in the list; or its name is the filled text, the class
name, the mark of the option, or the number of the class from 0."""

_SECRET = re.compile(r"(authorization|cookie|.*(api[-_]?key|token|secret).*)", re.IGNORECASE)
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_OURS = ("content-length", "content-type", "host", "idempotency-key", "transfer-encoding")


class PerRequest(Frozen):
    """What one request holds.

    Attributes:
        images: the most images, or `all` of a question.
    """

    images: Annotated[int, Field(ge=1)] | Literal["all"] = 1


class AnswerPlace(Frozen):
    """Where the scores are in an answer.

    Attributes:
        kind: what the numbers are: `logits`, `log_probabilities` or `probabilities`. `label` has
            none, but the name of one class.
        top: how many classes have a score; left out if all have one.
        images: path to a list of one part for each image; left out where a request has one image,
            whose part is the whole answer.
        entries: path, from an image's part, to its scores: a list with an entry for each class, or
            a mapping from names to scores.
        score: path, from an entry, to its number; left out where it is the number.
        name: path, from an entry, to its name. Of `label`, path from an image's part.
        by: what names are.
        scale: the numbers are multiplied by it; `percent` divides them by 100.
        unknown: whether an answer that names no class at all is an `error`, or taken as `even` over
            all classes.
    """

    kind: Scale
    top: Annotated[int, Field(ge=1, le=10_000)] | None = None
    images: PathText | None = None
    entries: PathText = "$"
    score: PathText | None = None
    name: PathText | None = None
    by: By = "position"
    scale: Annotated[float, Field(gt=0)] | Literal["percent"] = 1.0
    unknown: Literal["error", "even"] = "error"

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if self.top is not None and self.kind not in ("log_probabilities", "probabilities"):
            raise ValueError(f"top goes with probabilities, got kind {self.kind}")
        if self.by == "position" and (self.name is not None or self.top is not None):
            raise ValueError("by: say what the names are: text, class, mark or index")
        if self.kind == "label":
            self._check_label()
        return self

    def _check_label(self) -> None:
        if self.name is None:
            raise ValueError("name: say where the label is, such as choices[0].message.content")
        surplus = [one for one in ("entries", "score") if one in self.model_fields_set]
        if surplus:
            raise ValueError(f"{surplus[0]}: a label has no scores; leave it out")
        if self.unknown == "even":
            raise ValueError("unknown: a label is one class, so it can't be even")

    @property
    def factor(self) -> float:
        """By which numbers are multiplied."""
        return 0.01 if self.scale == "percent" else self.scale

    @property
    def offered(self) -> Answers:
        """The richest answer that the service gives."""
        return offered_answers(self.kind, self.top)


class Options(Frozen):
    """How options are listed for a chat model.

    Attributes:
        marks: letters, or numbers.
    """

    marks: Marks = "auto"


class Usage(Frozen):
    """Where an answer says what it cost.

    Attributes:
        tokens: path to a number of tokens.
        money: path to an amount.
    """

    tokens: PathText | None = None
    money: PathText | None = None


class OwnLimits(Frozen):
    """The most that the service takes, as far as that is known.

    Attributes:
        classes: that it can choose from.
        requests_per_minute: requests in a minute.
        concurrency: requests at the same time.
    """

    classes: Annotated[int, Field(ge=1, le=10_000)] = 10_000
    requests_per_minute: Annotated[float, Field(gt=0)] | None = None
    concurrency: Annotated[int, Field(ge=1)] | None = None


class Probe(Frozen):
    """A request, free of charge, that says which model there is.

    Attributes:
        url: its address.
        fingerprint: path to what names the model.
    """

    url: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    fingerprint: PathText


class AdapterForm(Frozen):
    """The YAML file of an adapter.

    Attributes:
        version: of this form.
        url: where scores are asked for. May hold `{service}`, the address in the spec, `{model}`,
            and environment variables such as `${NAME}`.
        method: of HTTP.
        headers: may hold environment variables, and `{token}`, the one that `token_from` names.
        body: JSON with placeholders; see `body`.
        image: how images are sent.
        per_request: what one request holds.
        options: how options are listed.
        inputs: what the service takes.
        answer: where the scores are.
        usage: where an answer says what it cost.
        fingerprint: path, in an answer, to what names the model. It must not change.
        errors: path, in an answer, to what the service says of an error.
        limits: the most that it takes.
        probe: asks which model there is.
    """

    version: Literal[1]
    url: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    method: Literal["POST", "PUT"] = "POST"
    headers: dict[str, str] = Field(default_factory=dict)
    body: Any
    image: ImageSettings = ImageSettings()
    per_request: PerRequest = PerRequest()
    options: Options = Options()
    inputs: Annotated[tuple[Input, ...], Field(min_length=1)] = ("text", "pixels")
    answer: AnswerPlace
    usage: Usage = Usage()
    fingerprint: PathText | None = None
    errors: PathText | None = None
    limits: OwnLimits = OwnLimits()
    probe: Probe | None = None

    @field_validator("url")
    @classmethod
    def _address(cls, url: str) -> str:
        if not url.startswith(("http://", "https://", "{service}", "${")):
            raise ValueError(
                f"expected an address with http:// or https://, or behind {{service}}, got {url!r}"
            )
        return url

    @field_validator("headers")
    @classmethod
    def _no_secrets(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if not _HEADER.fullmatch(name) or name.lower() in _OURS:
                raise ValueError(f"{name[:40]!r} can't be set here; leave it out")
            if _SECRET.fullmatch(name) and TOKEN not in value and not VARIABLE.search(value):
                raise ValueError(
                    f"{name}: a secret has no place in a file: put it into an environment "
                    f"variable, and write {TOKEN} or ${{NAME}} in its place"
                )
        return headers

    @field_validator("inputs")
    @classmethod
    def _possible(cls, inputs: tuple[Input, ...]) -> tuple[Input, ...]:
        if strange := set(inputs) - {"text", "pixels"}:
            raise ValueError(f"an adapter takes text and pixels, not {strange.pop()}")
        return inputs

    @model_validator(mode="after")
    def _one_part_for_each_image(self) -> Self:
        if self.per_request.images != 1 and self.answer.images is None:
            raise ValueError(
                "answer.images: say where the parts of the images are, for a request has several"
            )
        return self


def offered_answers(kind: Scale, top: int | None) -> Answers:
    """The richest answer of a service with such scores."""
    if top is not None:
        return Answers(kind="top", top=top)
    return Answers(kind="log_probabilities" if kind == "probabilities" else kind)
