"""A loaded model as a service, before HTTP: it answers questions, and charges nothing."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from threading import Lock

import torch
from torch import Tensor

from methods.interface import Input, Prompts, PromptSpace, Words
from orchestrator.answers import ALL, Answers
from orchestrator.cell import canonical_json
from orchestrator.errors import UserError
from orchestrator.oracle.backbone import preprocessing_of
from orchestrator.oracle.clip import ClipOracle, LoadedClip
from orchestrator.oracle.interface import Asking, Batch
from orchestrator.oracle.ledger import Ledger
from orchestrator.oracle.remote.description import (
    PROTOCOL,
    Capabilities,
    ImageForm,
    Limits,
    SpaceForm,
)
from orchestrator.oracle.remote.pixels import normalised
from orchestrator.oracle.remote.request import Charge, Images, Question, Reply, StoredRows
from orchestrator.oracle.remote.service import ImagesUnknown, Service
from orchestrator.oracle.remote.wire import image_digest
from orchestrator.precision import ROUNDING, Precision

_CLASS_SETS_KEPT = 8
"""Oracles, one for each list of class names, in memory at once."""


@dataclass(frozen=True)
class Offer:
    """How a model is offered.

    Attributes:
        name: the service's name of it.
        precision: number format of its arithmetic.
        answers: the richest answer that it gives.
        limits: the most that it takes.
        stored_bytes: memory for the features of stored images.
    """

    name: str
    precision: Precision = "fp32"
    answers: Answers = ALL
    limits: Limits = field(default_factory=Limits)
    stored_bytes: int = 2**30


class ServedModel(Service):
    """A loaded CLIP model as a service.

    Answers equal those of a `ClipOracle` in memory bit for bit where images come in equal portions.
    """

    def __init__(self, clip: LoadedClip, offer: Offer) -> None:
        self._clip, self._offer = clip, offer
        self._oracles: OrderedDict[tuple[str, ...], ClipOracle] = OrderedDict()
        self._features = _Features(offer.stored_bytes)
        self._lock = Lock()
        self._form = _image_form(clip)
        plain = self._oracle(("x",))
        self._words = plain.words
        self.capabilities = Capabilities(
            model=offer.name,
            fingerprint=_fingerprint(clip, offer),
            inputs=_inputs(plain),
            answers=offer.answers,
            images=self._form,
            space=_space_form(plain.space),
            limits=offer.limits,
            float_pixels=True,
            stores_images=True,
            words=self._words is not None,
        )

    def space(self, classes: Sequence[str]) -> PromptSpace:
        """See `Service`."""
        with self._lock:
            return self._oracle(tuple(classes)).space

    def count(self, texts: Sequence[str]) -> list[int]:
        """See `Service`."""
        with self._lock:
            return [self._known_words.count(text) for text in texts]

    def embed(self, text: str) -> Tensor:
        """See `Service`."""
        with self._lock:
            return self._known_words.embed(text)

    def store(self, images: Tensor) -> None:
        """See `Service`."""
        with self._lock:
            self._encoded(images)

    def score(self, question: Question) -> Reply:
        """See `Service`; what it would charge is in the reply.

        Raises:
            UserError: the model can't take such prompts or images, or doesn't give such an answer.
            ImagesUnknown: stored images are unknown.
        """
        offered = self._offer.answers
        if not question.answers.can_be_made_of(offered):
            raise UserError(f"answers: this service gives {offered}, not {question.answers}")
        with self._lock:
            oracle = self._oracle(question.classes)
            batch, prompts = self._batch(question.images), question.prompts
            pixels = question.images.pixels
            if pixels is not None and len(pixels) > 1:
                prompts = _with_pixels(prompts, pixels)
            due = Answers.model_validate(offered.model_dump() | question.answers.model_dump())
            asking = Asking(due, "method", 0, _number(question.id))
            answer = oracle.asker(prompts)(batch, asking)
            charge = self._charge(question)
        return Reply(answer, charge, self.capabilities.fingerprint)

    @property
    def _known_words(self) -> Words:
        if self._words is None:
            raise UserError("this service's model takes no soft context, so it counts no tokens")
        return self._words

    def _charge(self, question: Question) -> Charge:
        """One request, its queries with their images, and the text tokens that were read."""
        queries = max(question.prompts.queries, question.candidates)
        return Charge(1, queries, queries * question.images.count, self._tokens(question))

    def _tokens(self, question: Question) -> int:
        """Tokens of all texts, without those that mark their start and end; 0 if uncounted."""
        if self._words is None:
            return 0
        count, names, prompts = self._words.count, question.classes, question.prompts
        if prompts.context is not None:
            candidates, context, _ = prompts.context.shape
            return candidates * sum(context + count(name) for name in names)
        each = prompts.ensembles or ()
        templates = [t for one in each for t in one.templates] or list(prompts.templates or ())
        read = sum(count(t.replace("{}", name)) for t in templates for name in names)
        return read if prompts.ensembles is not None else read * question.candidates

    def _batch(self, images: Images) -> Batch:
        """The images as a mini-batch; of plain ones, their features."""
        labels = torch.zeros(images.count, dtype=torch.long)
        if images.plain is not None:
            return Batch(labels, normalised(images.plain, self._form), self._encoded(images.plain))
        if images.pixels is not None:
            return Batch(labels, images.pixels[0])
        found = {one.digest: self._features.get(one.digest) for one in images.stored}
        missing = tuple(digest for digest, features in found.items() if features is None)
        if missing:
            raise ImagesUnknown(missing)
        rows = [_rows(found[one.digest], one) for one in images.stored]
        return Batch(labels, features=torch.cat(rows))

    def _encoded(self, images: Tensor) -> Tensor:
        """Features `(N, E)` of plain images, encoded together unless they are known."""
        digest = image_digest(images)
        known = self._features.get(digest)
        if known is None:
            known = self._oracle(("x",)).encode_images(normalised(images, self._form)).float().cpu()
            self._features.put(digest, known)
        return known

    def _oracle(self, classes: tuple[str, ...]) -> ClipOracle:
        """The oracle of some class names; the last few are kept."""
        if classes not in self._oracles:
            self._oracles[classes] = ClipOracle(self._clip, classes, Ledger(), Ledger())
        self._oracles.move_to_end(classes)
        if len(self._oracles) > _CLASS_SETS_KEPT:
            self._oracles.popitem(last=False)
        return self._oracles[classes]


@dataclass
class _Features:
    """Features of sets of images by digest, the least recently used forgotten first.

    Attributes:
        limit: bytes of all features together.
    """

    limit: int
    _kept: OrderedDict[str, Tensor] = field(default_factory=OrderedDict)
    _bytes: int = 0

    def get(self, digest: str) -> Tensor | None:
        """The features `(N, E)` of a set; None if it is unknown."""
        if digest in self._kept:
            self._kept.move_to_end(digest)
        return self._kept.get(digest)

    def put(self, digest: str, features: Tensor) -> None:
        """Keeps the features of a set, and forgets others where they are too many."""
        self._kept[digest] = features
        self._bytes += features.nbytes
        while self._bytes > self.limit and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= oldest.nbytes


@dataclass(frozen=True)
class _Given:
    """Images that a client has changed for each of K candidates, `(K, B, 3, H, H)`."""

    images: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def apply(self, images: Tensor, candidate: int) -> Tensor:
        """One candidate's images `(B, 3, H, H)`, whatever they were made of."""
        return self.images[candidate].to(images.device)


def _with_pixels(prompts: Prompts, pixels: Tensor) -> Prompts:
    return replace(prompts, pixels=_Given(pixels))


def _rows(features: Tensor | None, stored: StoredRows) -> Tensor:
    if features is None:
        raise ImagesUnknown((stored.digest,))
    if max(stored.rows) >= len(features):
        raise UserError(f"stored: the set has {len(features)} images, none with {max(stored.rows)}")
    return features[list(stored.rows)]


def _number(question: str) -> int:
    """A seed of the noise on a question's answer: asked again, it is answered as before."""
    return int.from_bytes(hashlib.sha256(question.encode()).digest()[:8], "big") >> 1


def _fingerprint(clip: LoadedClip, offer: Offer) -> str:
    """A digest of all that answers depend on."""
    rounding = None if offer.precision == "fp32" else ROUNDING
    parts = (
        PROTOCOL,
        clip.backbone.digest,
        offer.precision,
        rounding,
        preprocessing_of(clip.backbone, "none").digest(),
        offer.answers.model_dump(mode="json"),
    )
    return hashlib.sha256(canonical_json(parts).encode()).hexdigest()[:32]


def _image_form(clip: LoadedClip) -> ImageForm:
    plain = vars(preprocessing_of(clip.backbone, "none"))
    return ImageForm(**{name: plain[name] for name in ImageForm.model_fields})


def _space_form(space: PromptSpace) -> SpaceForm:
    return SpaceForm(**{name: getattr(space, name) for name in SpaceForm.model_fields})


def _inputs(oracle: ClipOracle) -> tuple[Input, ...]:
    """What the model takes."""
    space = oracle.space
    deep = space.text_layers or space.vision_layers
    offered: dict[Input, bool] = {
        "text": True,
        "pixels": True,
        "soft context": space.text_width > 0,
        "visual tokens": space.vision_width > 0,
        "inner layers": deep > 0,
    }
    return tuple(name for name, there in offered.items() if there)
