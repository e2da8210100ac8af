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
from orchestrator.oracle.answering import Answer
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
from orchestrator.oracle.remote.images.pixels import normalised
from orchestrator.oracle.remote.images.recent_tensors import RecentTensors
from orchestrator.oracle.remote.protocol.lone_tensors import image_digest
from orchestrator.oracle.remote.request import Charge, Images, Question, Reply, StoredRows
from orchestrator.oracle.remote.service import ImagesUnknown, Service
from orchestrator.precision import ROUNDING, Precision
from orchestrator.server.shapes import check_images, check_question
from orchestrator.server.text_tokens import TextTokens, forget_words

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
        inline_bytes: memory for the features of mini-batches, in case that they come again.
        text_bytes: memory for what was computed of class names and templates.
    """

    name: str
    precision: Precision = "fp32"
    answers: Answers = ALL
    limits: Limits = field(default_factory=Limits)
    stored_bytes: int = 2**30
    inline_bytes: int = 2**26
    text_bytes: int = 2**31


class ServedModel(Service):
    """A loaded CLIP model as a service.

    Answers equal those of a `ClipOracle` in memory bit for bit where images come in equal portions.
    """

    def __init__(self, clip: LoadedClip, offer: Offer) -> None:
        self._clip, self._offer = clip, offer
        self._oracles: OrderedDict[tuple[str, ...], ClipOracle] = OrderedDict()
        self._stored = RecentTensors(offer.stored_bytes)
        self._inline = RecentTensors(offer.inline_bytes)
        self._lock = Lock()
        self._form = ImageForm.of(preprocessing_of(clip.backbone, "none"))
        self._plain = ClipOracle(clip, ("x",), Ledger(), Ledger())
        self._words = self._plain.words
        self._tokens = None if self._words is None else TextTokens(self._words)
        self.remarks = self._plain.remarks
        self.capabilities = Capabilities(
            model=offer.name,
            fingerprint=_fingerprint(clip, offer),
            inputs=_inputs(self._plain),
            answers=offer.answers,
            images=self._form,
            space=SpaceForm.of(self._plain.space),
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
            counts = [self._known_words.count(text) for text in texts]
            forget_words(self._clip.tokenizer)
            return counts

    def embed(self, text: str) -> Tensor:
        """See `Service`."""
        with self._lock:
            return self._known_words.embed(text)

    def store(self, images: Tensor, digest: str | None = None) -> None:
        """See `Service`.

        Raises:
            UserError: they have another size than the model takes.
        """
        check_images(Images(plain=images), self.capabilities)
        with self._lock:
            self._encoded(images, self._stored, digest)

    def missing(self, images: Images) -> tuple[str, ...]:
        """Digests of the stored sets that a question names and the service doesn't have."""
        digests = dict.fromkeys(one.digest for one in images.stored)
        return tuple(digest for digest in digests if digest not in self._stored)

    def score(self, question: Question) -> Reply:
        """See `Service`; what it would charge is in the reply.

        Raises:
            UserError: the model can't take such prompts or images, or doesn't give such an answer.
            ImagesUnknown: stored images are unknown.
        """
        check_question(question, self.capabilities)
        with self._lock:
            missing = self.missing(question.images)
            if missing:
                raise ImagesUnknown(missing)
            oracle = self._oracle(question.classes)
            prompts = _with_pixels(question)
            asking = Asking(self._due(question), "method", 0, _number(question.id))
            answer = oracle.asker(prompts)(self._batch(question.images, prompts), asking)
            charge = self._charge(question)
            self._forget_texts()
        _check_finite(answer)
        return Reply(answer, charge, self.capabilities.fingerprint)

    def close(self) -> None:
        """See `Service`; nothing leads to a model in memory."""

    @property
    def _known_words(self) -> Words:
        if self._words is None:
            raise UserError("this service's model takes no soft context, so it counts no tokens")
        return self._words

    def _due(self, question: Question) -> Answers:
        """The answer that was asked for, with the noise and the rounding of the service."""
        wanted, offered = question.answers, self._offer.answers
        digits = None if wanted.kind == "label" else offered.digits
        top = None if wanted.top is None else min(wanted.top, len(question.classes))
        return Answers(kind=wanted.kind, top=top, digits=digits, noise=offered.noise)

    def _charge(self, question: Question) -> Charge:
        """One request, its queries with their images, and the text tokens that were read."""
        prompts = question.prompts
        texts = max(1, len(prompts.templates or ()))
        queries = prompts.queries if prompts.ensembles else question.candidates * texts
        tokens = 0 if self._tokens is None else self._tokens.of(question)
        return Charge(1, queries, queries * question.images.count, tokens)

    def _batch(self, images: Images, prompts: Prompts) -> Batch:
        """The images as a mini-batch: their features alone where prompts leave images as they are.

        Plain ones are encoded together, as a mini-batch in memory is.
        """
        labels = torch.zeros(images.count, dtype=torch.long)
        if images.pixels is not None:
            return Batch(labels, images.pixels[0])
        if images.stored:
            rows = [_rows(self._stored.get(one.digest), one) for one in images.stored]
            return Batch(labels, features=torch.cat(rows))
        if images.plain is None:
            raise UserError("a question needs images")
        if prompts.touches_images:
            return Batch(labels, normalised(images.plain, self._form))
        return Batch(labels, features=self._encoded(images.plain, self._inline))

    def _encoded(self, images: Tensor, kept: RecentTensors, digest: str | None = None) -> Tensor:
        """Features `(N, E)` of plain images, encoded together unless they are known.

        Their digest is computed unless it is known already.
        """
        digest = digest or image_digest(images)
        known = kept.get(digest)
        if known is None:
            known = self._plain.encode_images(normalised(images, self._form)).float().cpu()
            kept.put(digest, known)
        return known

    def _oracle(self, classes: tuple[str, ...]) -> ClipOracle:
        """The oracle of some class names; the last few are kept."""
        if classes not in self._oracles:
            forget_words(self._clip.tokenizer)
            self._oracles[classes] = ClipOracle(self._clip, classes, Ledger(), Ledger())
        self._oracles.move_to_end(classes)
        if len(self._oracles) > _CLASS_SETS_KEPT:
            self._oracles.popitem(last=False)
        return self._oracles[classes]

    def _forget_texts(self) -> None:
        """Forgets what was computed of class names, the least recently used first."""
        kept = {names: one.remembered_bytes for names, one in self._oracles.items()}
        for names in list(self._oracles):
            if sum(kept.values()) <= self._offer.text_bytes:
                break
            del self._oracles[names], kept[names]


@dataclass(frozen=True)
class _Given:
    """Images that a client has changed for each of K candidates, `(K, B, 3, H, H)`."""

    images: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def apply(self, images: Tensor, candidate: int) -> Tensor:
        """One candidate's images `(B, 3, H, H)`, whatever they were made of."""
        return self.images[candidate].to(images.device)


def _with_pixels(question: Question) -> Prompts:
    """The prompts, with the images that candidates have changed each for itself."""
    pixels, prompts = question.images.pixels, question.prompts
    if pixels is None or len(pixels) == 1:
        return prompts
    return replace(prompts, pixels=_Given(pixels))


def _rows(features: Tensor | None, stored: StoredRows) -> Tensor:
    if features is None:
        raise ImagesUnknown((stored.digest,))
    if max(stored.rows) >= len(features):
        raise UserError(f"stored: the set has {len(features)} images, none with {max(stored.rows)}")
    return features[list(stored.rows)]


def _check_finite(answer: Answer) -> None:
    """Refuses to answer with what no client could use."""
    if answer.scores is not None and not bool(torch.isfinite(answer.scores).all()):
        raise UserError("the scores of these prompts aren't finite; use smaller numbers in them")


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
