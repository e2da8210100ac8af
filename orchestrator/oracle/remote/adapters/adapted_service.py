"""A service that exists, as one that trials can ask."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from methods.interface import Prompts, PromptSpace
from orchestrator.errors import UserError
from orchestrator.oracle.remote.adapters.answers import answer_of
from orchestrator.oracle.remote.adapters.calls import (
    Call,
    Called,
    RecentCalls,
    call_id,
    portions,
)
from orchestrator.oracle.remote.adapters.images import SentImage, sent_images
from orchestrator.oracle.remote.adapters.interface import Interface
from orchestrator.oracle.remote.adapters.rows import Row
from orchestrator.oracle.remote.description import Capabilities
from orchestrator.oracle.remote.images.pixels import to_bytes
from orchestrator.oracle.remote.in_flight import in_flight
from orchestrator.oracle.remote.request import Charge, Images, Question, Reply
from orchestrator.oracle.remote.service import Service


class AdaptedService(Service):
    """Asks a service by an adapter: one call for each candidate, template and portion of images.

    A question that is repeated costs nothing as long as this object remembers its answer. After
    that it depends on the service, which is told the same `Idempotency-Key`.

    Args:
        interface: asks the service.
        model: the service's name of the model.
        in_flight: the most calls of one question under way at once.
    """

    def __init__(self, interface: Interface, model: str, in_flight: int) -> None:
        self._interface, self._in_flight = interface, in_flight
        self._recent = RecentCalls()
        about = interface.description
        self.capabilities = Capabilities(
            model=model,
            fingerprint=_fingerprint(about.digest, model, interface.stated()),
            inputs=about.inputs,
            answers=about.answers,
            images=about.image.form,
            limits=about.limits,
            images_per_call=about.images_per_call,
        )

    def space(self, classes: Sequence[str]) -> PromptSpace:
        """See `Service`: such a service takes no soft prompts."""
        most = self.capabilities.limits.classes
        if len(classes) > most:
            raise UserError(
                f"the service of {self.capabilities.model!r} can choose from {most} classes, not "
                f"from {len(classes)}"
            )
        self._interface.check(tuple(classes))
        return self.capabilities.space.space(self.capabilities.images)

    def score(self, question: Question) -> Reply:
        """See `Service`.

        Raises:
            UserError: the service takes no such prompts, or gives no such answer.
            ModelChanged: it has another model now.
            ServiceError: it doesn't answer, refuses, or answers what makes no sense.
        """
        self._check(question)
        texts = _templates(question.prompts, question.candidates)
        pictures = self._pictures(question.images)
        plan = _Plan(question, texts, pictures, self._interface.description.images_per_call)
        called = in_flight([partial(self._call, one) for one in plan.calls()], self._in_flight)
        about, charge = self._interface.description, sum((one.charge for one in called), Charge())
        queries = sum(len(one) for one in texts)
        return Reply(
            answer_of(plan.sorted(called), len(question.classes), about.kind, question.answers),
            charge + Charge(queries=queries, images=queries * question.images.count),
            self.capabilities.fingerprint,
            all(one.repeated for one in called),
        )

    def close(self) -> None:
        """See `Service`."""
        self._interface.close()

    def _call(self, call: Call) -> Called:
        known = self._recent.get(call.id)
        if known is not None:
            return known
        called = self._interface.call(call)
        self._recent.put(call.id, called)
        return called

    def _check(self, question: Question) -> None:
        offered, prompts = self.capabilities.answers, question.prompts
        if not question.answers.can_be_made_of(offered):
            raise UserError(f"answers: this service gives {offered}, not {question.answers}")
        if prompts.context is not None or prompts.visual_tokens is not None or prompts.deep:
            raise UserError(
                f"the service of {self.capabilities.model!r} takes texts and images alone, no soft "
                f"prompts"
            )
        if any(one.weights is not None for one in prompts.ensembles or ()):
            raise UserError(
                f"the service of {self.capabilities.model!r} returns scores, of which no ensemble "
                f"with weights for each class can be made"
            )
        if question.images.stored:
            raise UserError(f"the service of {self.capabilities.model!r} stores no images")

    def _pictures(self, images: Images) -> list[tuple[SentImage, ...]]:
        """The images of each candidate, or of all."""
        settings = self._interface.description.image
        if images.plain is not None:
            return [sent_images(images.plain, settings)]
        changed = images.pixels
        if changed is None:  # excluded by `_check`, said again for the type checker
            raise UserError("a question needs images")
        form = self.capabilities.images
        return [sent_images(to_bytes(one, form), settings) for one in changed]


@dataclass(frozen=True)
class _Plan:
    """The calls of a question.

    Attributes:
        question: that is asked.
        templates: of each candidate.
        pictures: of each candidate, or of all.
        most: images of a call.
    """

    question: Question
    templates: Sequence[tuple[str, ...]]
    pictures: Sequence[tuple[SentImage, ...]]
    most: int | None

    def calls(self) -> list[Call]:
        """All calls: candidate after candidate, of each its templates, of each the images."""
        classes = self.question.classes
        return [
            Call(
                call_id(self.question.id, candidate, number, portion),
                classes,
                tuple(template.replace("{}", name) for name in classes),
                images,
            )
            for candidate, templates in enumerate(self.templates)
            for number, template in enumerate(templates)
            for portion, images in enumerate(portions(self._of(candidate), self.most))
        ]

    def sorted(self, called: Sequence[Called]) -> list[list[list[Row]]]:
        """The rows by candidate, template and image."""
        left = iter(called)
        portion_count = len(list(portions(self.pictures[0], self.most)))
        return [
            [[row for _ in range(portion_count) for row in next(left).rows] for _ in templates]
            for templates in self.templates
        ]

    def _of(self, candidate: int) -> tuple[SentImage, ...]:
        return self.pictures[candidate if len(self.pictures) > 1 else 0]


def _templates(prompts: Prompts, candidates: int) -> list[tuple[str, ...]]:
    """The templates of each candidate."""
    if prompts.ensembles is None:
        return [prompts.templates or ()] * candidates
    each = [one.templates for one in prompts.ensembles]
    return each if len(each) == candidates else each * candidates


def _fingerprint(digest: str, model: str, stated: str) -> str:
    """Names the adapter, the model, and what the service says of it."""
    text = "\n".join((digest, model, stated))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
