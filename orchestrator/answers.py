"""What a black box answers with: all scores, the best few, a label; rounded or noisy."""

from collections.abc import Mapping
from typing import Annotated, Any, Self, get_args

from pydantic import Field, ValidationError, model_serializer, model_validator

from benchmarks.frozen import Frozen
from benchmarks.naming import did_you_mean
from benchmarks.quoting import cut
from methods.interface import AnswerKind

__all__ = ["ALL", "KINDS", "POOREST", "AnswerKind", "Answers", "words_of"]

KINDS: tuple[AnswerKind, ...] = get_args(AnswerKind)
"""From the richest to the poorest: each can be made of any before it."""

POOREST: Mapping[AnswerKind, str] = {
    "logits": "logits",
    "log_probabilities": "log_probabilities",
    "top": "{top: 1}",
    "label": "label",
}
"""The poorest answers of each kind, as they are written in a spec."""

_EXAMPLES = "logits, log_probabilities, {top: 5} or label"


class Answers(Frozen):
    """How a black box answers. In YAML: `logits`, `log_probabilities`, `label`, or a mapping.

    In YAML:

        answers: {top: 5}
        answers: {kind: log_probabilities, digits: 2}
        answers: {kind: label, noise: 0.5}

    Attributes:
        kind: what it returns of each image. `top` is the log-probabilities of the most probable
            classes, `label` the most probable class alone.
        top: how many classes `top` returns.
        digits: decimals to which the returned scores are rounded; None doesn't round.
        noise: standard deviation of the Gaussian noise that is added to the logits, in logits.
    """

    kind: AnswerKind = "logits"
    top: Annotated[int, Field(ge=1, le=10**6)] | None = None
    digits: Annotated[int, Field(ge=0, le=12)] | None = None
    noise: Annotated[float, Field(ge=0, le=10**6, allow_inf_nan=False)] = 0.0

    @model_validator(mode="before")
    @classmethod
    def _from_yaml(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"kind": _known(value)}
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping):
            as_written = str(value).lower() if isinstance(value, bool) else cut(repr(value))
            got = "nothing" if value is None else as_written
            # Of a TypeError pydantic would make no sentence.
            vary = ""
            if isinstance(value, list):
                vary = "; to compare several, write ablation: {vary: {answers: [...]}}"
            raise ValueError(f"expected {_EXAMPLES}, got {got}{vary}")  # noqa: TRY004
        if isinstance(value.get("kind"), str):
            _known(value["kind"])
        if nested := [kind for kind in KINDS if kind in value and kind != "top"]:
            raise ValueError(f"write {{kind: {nested[0]}, ...}}, got {cut(repr(dict(value)))}")
        if "top" in value and "kind" not in value:
            return {"kind": "top", **value}
        return value

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if self.kind == "top" and self.top is None:
            raise ValueError("say how many classes are returned, such as {top: 5}")
        if self.kind != "top" and self.top is not None:
            raise ValueError(
                f"top: {self.top} goes with no other kind, got kind {self.kind}: give "
                f"{{top: {self.top}}} without it, or leave top out"
            )
        if self.kind == "label" and self.digits is not None:
            raise ValueError("digits: a label has no score that could be rounded; leave it out")
        return self

    @model_serializer
    def _shortly(self) -> dict[str, Any]:
        """Only what was said, so that later fields leave keys alone."""
        said = {"kind": self.kind, "top": self.top, "digits": self.digits}
        noise = {"noise": self.noise} if self.noise else {}
        return {name: value for name, value in said.items() if value is not None} | noise

    @property
    def full(self) -> bool:
        """Whether it is the logits as they are."""
        return self == ALL

    def __str__(self) -> str:
        """In words, such as `top 5, 2 digits`."""
        parts = [f"top {self.top}" if self.kind == "top" else self.kind.replace("_", "-")]
        if self.digits is not None:
            parts.append(f"{self.digits} digit{'' if self.digits == 1 else 's'}")
        if self.noise:
            parts.append(f"noise {self.noise:.12g}")
        return ", ".join(parts)

    @property
    def richest(self) -> str:
        """As a spec asks for the richest answers that can be made of these."""
        return self.kind if self.top is None else f"{{top: {self.top}}}"

    def can_be_made_of(self, offered: "Answers") -> bool:
        """Whether they can be computed of what a service offers.

        Noise is added to the scores of all classes, so it needs these.
        """
        if self.noise and offered.kind not in ("logits", "log_probabilities"):
            return False
        if self.kind == offered.kind == "top":
            return (self.top or 0) <= (offered.top or 0)
        return KINDS.index(self.kind) >= KINDS.index(offered.kind)


ALL = Answers()
"""The logits as they are."""


def words_of(cell: Mapping[str, Any]) -> str:
    """The answers of a cell as it is stored, in words, also those of later releases."""
    stored = cell.get("answers", ALL)
    try:
        return str(Answers.model_validate(stored))
    except ValidationError:
        return str(stored)


def _known(kind: str) -> str:
    """The kind, if there is such a one.

    Raises:
        ValueError: there is none; names the nearest.
    """
    if kind not in KINDS:
        near = did_you_mean(kind, KINDS)
        raise ValueError(f"expected {_EXAMPLES}, got {cut(repr(kind))}. {near}")
    return kind
