"""An oracle that is a service."""

import weakref
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import torch

from methods.interface import Prompts, Words
from orchestrator.answers import Answers
from orchestrator.oracle.answering import Answer, remade
from orchestrator.oracle.interface import Ask, Asking, Batch, Ledgers, Oracle
from orchestrator.oracle.ledger import Ledger
from orchestrator.oracle.remote.courier import Courier, Errand
from orchestrator.oracle.remote.identity import Origin
from orchestrator.oracle.remote.images.batch_images import BatchImages, batch_images
from orchestrator.oracle.remote.parts import Part, parts_of, some_of
from orchestrator.oracle.remote.request import Images, Question, Reply
from orchestrator.oracle.remote.service import Service
from orchestrator.oracle.remote.tally import Tally
from orchestrator.oracle.remote.words import RemoteWords


@dataclass(frozen=True)
class SharedService:
    """A service as the oracles of an actor share it.

    Attributes:
        service: the service.
        courier: carries questions to it.
        words: looks up its words; None if it doesn't, or takes no soft context.
    """

    service: Service
    courier: Courier
    words: RemoteWords | None

    @classmethod
    def to(cls, service: Service, in_flight: int) -> "SharedService":
        """A service to share, with so many questions under way at most."""
        words = RemoteWords(service) if service.capabilities.looks_up_words else None
        return cls(service, Courier(service, in_flight), words)


@dataclass(frozen=True)
class Account:
    """On whose behalf a service is asked, and what it has charged for that.

    Attributes:
        origin: names the questions.
        tally: adds up the charges.
    """

    origin: Origin
    tally: Tally = field(default_factory=Tally)


class RemoteOracle(Oracle):
    """A service bound to class names and a budget.

    Images and prompts go to it whole where its limits allow. Noise and rounding are made here, of
    what it returns.

    Args:
        shared: the service.
        class_names: the classes.
        method: the method's ledger.
        observer: the observer's ledger.
        account: of the trial.

    Raises:
        UserError: the model can't take the class names, or the service doesn't answer.
    """

    waits = True

    def __init__(
        self,
        shared: SharedService,
        class_names: tuple[str, ...],
        method: Ledger,
        observer: Ledger,
        account: Account,
    ) -> None:
        self.method, self.observer = method, observer
        self.classes = len(class_names)
        self.space = shared.service.space(class_names)
        self._shared, self._class_names = shared, class_names
        self._told = shared.service.capabilities
        self._account = account
        self._plain: tuple[weakref.ref[Batch], BatchImages] | None = None

    def beside(self, class_names: tuple[str, ...]) -> "RemoteOracle":
        """The same service with other classes, measured for the same trial and never queried."""
        nothing = Ledger(limit=0)
        return RemoteOracle(self._shared, class_names, nothing, self.observer, self._account)

    @property
    def words(self) -> Words | None:
        """See `Oracle`."""
        return self._shared.words

    @property
    def ledgers(self) -> Ledgers:
        """See `Oracle`."""
        return {**super().ledgers, **self._account.tally.ledgers}

    def restore(self, ledgers: Ledgers) -> None:
        """See `Oracle`."""
        super().restore(ledgers)
        self._account.tally.restore(ledgers)

    @property
    def richest(self) -> Answers:
        """See `Oracle`: what the service offers, before it is rounded."""
        offered = self._told.answers
        return Answers(kind=offered.kind, top=offered.top)

    def asker(self, prompts: Prompts) -> Ask:
        """See `Oracle`."""

        def ask(batch: Batch, asking: Asking) -> Answer:
            images = self._images(batch, prompts)
            wanted = _asked_for(asking.answers, self._told.answers)
            whole = Question("", self._class_names, prompts, Images(), wanted, self._label)
            parts = parts_of(prompts, images, self._class_names, self._told)
            errands = [
                Errand(
                    partial(_part, whole, images, part, partial(self._name, asking, number)),
                    images.sets(part.rows),
                    part.size,
                )
                for number, part in enumerate(parts)
            ]
            paid = partial(self._account.tally.add, asking.party)
            replies = self._shared.courier.replies(errands, paid)
            answer, seeds = _joined(parts, replies), asking.noise_seeds(prompts.count)
            return remade(answer, wanted.kind, asking.answers, seeds)

        return ask

    @property
    def _label(self) -> str:
        return self._account.origin.cell

    def _name(self, asking: Asking, number: int, question: Question) -> str:
        return self._account.origin.name(question, asking, number)

    def _images(self, batch: Batch, prompts: Prompts) -> BatchImages:
        """The images to send; a method may ask about the same mini-batch again."""
        if prompts.touches_images:
            return batch_images(batch, prompts, self._told)
        if self._plain is None or self._plain[0]() is not batch:
            self._plain = weakref.ref(batch), batch_images(batch, prompts, self._told)
        return self._plain[1]


def _part(
    whole: Question, images: BatchImages, part: Part, name: Callable[[Question], str]
) -> Question:
    """One part of a question, with a name of its own."""
    shown = images.part(part.candidates, part.rows)
    question = replace(whole, prompts=some_of(whole.prompts, part.candidates), images=shown)
    return replace(question, id=name(question))


def _asked_for(due: Answers, offered: Answers) -> Answers:
    """What is asked of a service that is due, without rounding; noise needs all scores."""
    if not due.noise:
        return Answers(kind=due.kind, top=due.top)
    return Answers(kind="logits" if offered.kind == "logits" else "log_probabilities")


def _joined(parts: tuple[Part, ...], replies: list[Reply]) -> Answer:
    """The answer to a whole question: parts of the same candidates stand one after another."""
    rows: dict[range, list[Answer]] = {}
    for part, reply in zip(parts, replies, strict=True):
        rows.setdefault(part.candidates, []).append(reply.answer)
    whole = [_side_by_side(answers, dim=1) for answers in rows.values()]
    return _side_by_side(whole, dim=0)


def _side_by_side(answers: list[Answer], dim: int) -> Answer:
    if len(answers) == 1:
        return answers[0]
    scores = [one.scores for one in answers if one.scores is not None]
    classes = [one.classes for one in answers if one.classes is not None]
    return Answer(
        torch.cat(scores, dim) if scores else None, torch.cat(classes, dim) if classes else None
    )
