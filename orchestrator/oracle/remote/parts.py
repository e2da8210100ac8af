"""Splits a question into parts that a service's limits allow."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from torch import Tensor

from methods.interface import DeepPrompts, Prompts
from orchestrator.oracle.remote.description import Capabilities, Limits
from orchestrator.oracle.remote.images.batch_images import BatchImages
from orchestrator.oracle.remote.service import ServiceError

_HEADER = 4096
"""Bytes of a message beside its tensors and texts, at most."""
_QUOTES = 6
"""Bytes around a text in JSON."""


@dataclass(frozen=True)
class Part:
    """Some of the candidates on some of the images.

    Attributes:
        candidates: numbers of the candidates.
        rows: rows of the images in the mini-batch.
        size: bytes of its message, at most.
    """

    candidates: range
    rows: range
    size: int


@dataclass(frozen=True)
class _Room:
    """What of a question fits in a request, as k candidates on b images.

    Attributes:
        limits: of the service.
        images: the images.
        classes: number of classes.
        texts: texts of one candidate, at most.
        changes: whether each candidate changes the images.
        fixed: bytes of a message without candidates and images.
        candidate: bytes of one candidate.
    """

    limits: Limits
    images: BatchImages
    classes: int
    texts: int
    changes: bool
    fixed: int
    candidate: int

    def bytes(self, k: int, b: int) -> int:
        """Bytes of a message, at most."""
        return self.fixed + k * self.candidate + b * (self.images.shared + k * self.images.each)

    def candidates(self, count: int) -> int:
        """How many candidates fit whatever the images are; 1 even where a single one doesn't."""
        most = min(self.limits.prompts, self.limits.work // self.classes) // self.texts
        return max(1, min(count, 1 if self.images.alone else most))

    def rows(self) -> int:
        """How many images fit whatever the candidates are."""
        most = self.limits.stored_images if self.images.stored else self.limits.images
        return min(self.images.count, most)

    def fits(self, k: int, b: int) -> bool:
        """Whether so much fits together."""
        encoded = b * (k if self.changes else 1)
        return (
            max(k * self.texts * self.classes, encoded) <= self.limits.work
            and k * b * self.classes <= self.limits.scores
            and self.bytes(k, b) <= self.limits.request_bytes
        )

    def mostly_candidates(self, k: int, b: int) -> bool:
        """Whether fewer candidates save more of a message than fewer images."""
        return bool(self.images.each) or k * self.candidate > b * self.images.shared


def parts_of(
    prompts: Prompts, images: BatchImages, classes: tuple[str, ...], capabilities: Capabilities
) -> tuple[Part, ...]:
    """The parts of a question, in order: all images of the first candidates, and so on.

    It is whole if the limits allow.

    Raises:
        ServiceError: a single candidate on a single image is too much.
    """
    room = _room(prompts, images, classes, capabilities.limits)
    k, b = room.candidates(prompts.count), room.rows()
    while not room.fits(k, b):
        if k > 1 and (b == 1 or room.mostly_candidates(k, b)):
            k = -(-k // 2)
        elif b > 1:
            b = -(-b // 2)
        else:
            break
    if not room.fits(k, b) or room.texts > room.limits.prompts:
        raise ServiceError(
            f"a single prompt on a single image is more than the service of "
            f"{capabilities.model!r} takes in a request: {room.bytes(1, 1):,} bytes (it takes "
            f"{room.limits.request_bytes:,}), {room.texts:,} templates ({room.limits.prompts:,}), "
            f"{room.texts * room.classes:,} texts to encode ({room.limits.work:,})"
        )
    return tuple(
        Part(some, rows, room.bytes(len(some), len(rows)))
        for some in _ranges(prompts.count, k)
        for rows in _ranges(images.count, b)
    )


def _room(prompts: Prompts, images: BatchImages, classes: tuple[str, ...], limits: Limits) -> _Room:
    return _Room(
        limits,
        images,
        len(classes),
        _texts(prompts),
        images.each > 0 or prompts.visual_tokens is not None,
        _HEADER + _text_bytes(classes) + _text_bytes(prompts.templates or ()),
        _candidate_bytes(prompts),
    )


def some_of(prompts: Prompts, candidates: range) -> Prompts:
    """Some of the candidates, without what they do to pixels."""
    chosen = slice(candidates.start, candidates.stop)
    deep = prompts.deep
    return replace(
        prompts,
        context=_cut(prompts.context, chosen),
        visual_tokens=_cut(prompts.visual_tokens, chosen),
        pixels=None,
        ensembles=None if prompts.ensembles is None else prompts.ensembles[chosen],
        deep=deep and DeepPrompts(_cut(deep.text, chosen), _cut(deep.visual, chosen)),
    )


def _texts(prompts: Prompts) -> int:
    """Texts of one candidate, at most."""
    if prompts.ensembles is not None:
        return max(len(one.templates) for one in prompts.ensembles)
    return max(1, len(prompts.templates or ()))


def _candidate_bytes(prompts: Prompts) -> int:
    """Bytes of one candidate, without its images, at most."""
    deep = prompts.deep or DeepPrompts()
    tensors = (prompts.context, prompts.visual_tokens, deep.text, deep.visual)
    ensembles = [
        _text_bytes(one.templates) + (0 if one.weights is None else one.weights.nbytes + 100)
        for one in prompts.ensembles or ()
    ]
    return sum(one[0].nbytes for one in tensors if one is not None) + max(ensembles, default=0)


def _text_bytes(texts: Iterable[str]) -> int:
    """Bytes of texts in JSON, at most: a sign may be escaped."""
    return sum(6 * len(text) + _QUOTES for text in texts)


def _ranges(count: int, size: int) -> list[range]:
    """Numbers from 0, as equally divided as whole numbers are, into runs of at most `size`."""
    parts = -(-count // size)
    return [range(a, b) for a, b in pairwise(i * count // parts for i in range(parts + 1))]


def _cut(tensor: Tensor | None, chosen: slice) -> Tensor | None:
    return None if tensor is None else tensor[chosen]
