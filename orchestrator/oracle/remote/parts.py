"""Splits a question into parts that a service's limits allow."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from torch import Tensor

from methods.interface import DeepPrompts, Prompts
from orchestrator.oracle.remote.batch_images import BatchImages
from orchestrator.oracle.remote.description import Capabilities
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
class _Sizes:
    """Bytes of a message with k candidates on b images."""

    fixed: int
    candidate: int
    images: BatchImages

    def of(self, k: int, b: int) -> int:
        return self.fixed + k * self.candidate + b * (self.images.shared + k * self.images.each)

    def mostly_candidates(self, k: int, b: int) -> bool:
        return bool(self.images.each) or k * self.candidate > b * self.images.shared


def parts_of(
    prompts: Prompts, images: BatchImages, classes: tuple[str, ...], capabilities: Capabilities
) -> tuple[Part, ...]:
    """The parts of a question, in order: all images of the first candidates, and so on.

    It is whole if the limits allow.

    Raises:
        ServiceError: a single candidate on a single image is too much.
    """
    limits, name, count = capabilities.limits, capabilities.model, prompts.count
    count = prompts.count
    sizes = _Sizes(_fixed(prompts, classes), _candidate_bytes(prompts), images)
    texts = _texts(prompts)
    if texts > limits.prompts:
        raise ServiceError(
            f"a prompt of {texts} templates counts as so many, and the service of {name!r} takes "
            f"{limits.prompts} in a request"
        )
    k = 1 if images.alone else min(count, limits.prompts // texts)
    most = limits.stored_images if images.stored else limits.images
    b = min(images.count, most)
    if images.each:  # the images of every candidate count
        k = min(k, max(1, most // b))
    while sizes.of(k, b) > limits.request_bytes:
        if k > 1 and (sizes.mostly_candidates(k, b) or b == 1):
            k = -(-k // 2)
        elif b > 1:
            b = -(-b // 2)
        else:
            raise ServiceError(
                f"one prompt on one image takes {sizes.of(1, 1):,} bytes, and the service of "
                f"{name!r} takes requests of {limits.request_bytes:,}"
            )
    return tuple(
        Part(some, rows, sizes.of(len(some), len(rows)))
        for some in _ranges(count, k)
        for rows in _ranges(images.count, b)
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


def _fixed(prompts: Prompts, classes: tuple[str, ...]) -> int:
    return _HEADER + _text_bytes(classes) + _text_bytes(prompts.templates or ())


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
