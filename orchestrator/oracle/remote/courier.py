"""Carries the parts of a question to a service, several at once, with the images that it lacks."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Lock

from orchestrator.oracle.remote.images.image_sets import ImageSet
from orchestrator.oracle.remote.in_flight import in_flight
from orchestrator.oracle.remote.request import Charge, Question, Reply
from orchestrator.oracle.remote.service import (
    ImagesUnknown,
    ModelChanged,
    Service,
    ServiceError,
)

_MEMORY = 512 * 2**20
"""Bytes of messages that are under way at once, unless one alone is larger."""
_TRIES = 5
"""How often a question is asked whose images the service says it lacks."""


@dataclass(frozen=True)
class Errand:
    """A part of a question to carry.

    Attributes:
        question: makes it; called when its turn has come, so that few are in memory.
        sets: the stored images that it names, by digest.
        size: bytes of its message, at most.
    """

    question: Callable[[], Question]
    sets: Mapping[str, ImageSet]
    size: int


class Courier:
    """Asks a service; shared by all oracles of an actor.

    Args:
        service: the service.
        in_flight: the most questions under way at once.
    """

    def __init__(self, service: Service, in_flight: int) -> None:
        self._service, self._in_flight = service, in_flight
        self._planned = service.capabilities.fingerprint
        self._sending = Lock()
        self._sent: dict[str, int] = {}

    def replies(
        self, errands: Sequence[Errand], paid: Callable[[Sequence[Charge]], None]
    ) -> list[Reply]:
        """The reply to each part, in order.

        Args:
            errands: the parts.
            paid: told what was charged, also if some of them failed.

        Raises:
            ModelChanged: another model has answered.
            ServiceError: the service doesn't answer, or refuses.
            Stopped: the caller was asked to stop.
        """
        largest = max(errand.size for errand in errands)
        threads = max(1, min(self._in_flight, _MEMORY // largest))
        replies: dict[int, Reply] = {}

        def carry(number: int) -> None:
            replies[number] = self._reply(errands[number])
            self._check(replies[number])

        try:
            in_flight([partial(carry, number) for number in range(len(errands))], threads)
        finally:  # in the order of parts, so that sums of money are always equal
            paid([replies[number].charge for number in sorted(replies)])
        return [replies[number] for number in sorted(replies)]

    def _reply(self, errand: Errand) -> Reply:
        question = errand.question()
        for _ in range(_TRIES):
            before = dict(self._sent)
            try:
                return self._service.score(question)
            except ImagesUnknown as unknown:
                self._send(unknown, errand.sets, before)
        raise ServiceError(
            f"the service of {self._service.capabilities.model!r} forgets images as soon as they "
            f"are sent: it has too little memory for those of one request"
        )

    def _send(
        self, unknown: ImagesUnknown, sets: Mapping[str, ImageSet], before: Mapping[str, int]
    ) -> None:
        """Sends sets that the service lacks, unless another part has sent them meanwhile."""
        lacking = [digest for digest in unknown.digests if digest in sets]
        if not lacking:
            raise ServiceError(
                f"the service of {self._service.capabilities.model!r} asks for images that no "
                f"question names"
            )
        with self._sending:
            for digest in lacking:
                if self._sent.get(digest, 0) == before.get(digest, 0):
                    self._service.store(sets[digest].images())
                    self._sent[digest] = self._sent.get(digest, 0) + 1

    def _check(self, reply: Reply) -> None:
        if reply.fingerprint != self._planned:
            raise ModelChanged(
                f"the service of {self._service.capabilities.model!r} has another model now: "
                f"{reply.fingerprint} has answered, and {self._planned} was planned with. Results "
                f"of both don't belong together: start the run again, which makes new cells."
            )
