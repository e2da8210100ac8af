"""What all requests to a service know together of its not answering, so that it is told once."""

from threading import Lock

from orchestrator.oracle.remote.http.exchange import Unanswered
from orchestrator.oracle.remote.http.retries import Clock
from orchestrator.oracle.remote.service import Caller

QUIET = 2.0
"""Seconds of waiting from which people are told: where many requests are under way, some always
wait for a moment."""


class Outage:
    """Whether a service answers at present. Safe for use by several threads.

    Attributes:
        answers: how often it has answered.
    """

    def __init__(self, place: str, caller: Caller, clock: Clock) -> None:
        self.answers = 0
        self._place, self._tell, self._clock = place, caller.tell, clock
        self._lock = Lock()
        self._began: float | None = None
        self._told = False

    def failed(self, failure: Unanswered, wait: float) -> None:
        """A request failed, and waits for some seconds; says so once if that takes long.

        Waits for a quota aren't told here: they are the whole run's, and its display shows them.
        """
        if failure.quota:
            return
        with self._lock:
            now = self._clock.seconds()
            self._began = now if self._began is None else self._began
            news = now - self._began + wait >= QUIET and not self._told
            self._told = self._told or news
        if news:
            self._tell(
                f"the service at {self._place} doesn't answer ({failure.reason}); trying again"
            )

    def over(self) -> None:
        """A request was answered; says so if it was told that they aren't."""
        with self._lock:
            self.answers += 1
            told, began = self._told, self._began
            self._told, self._began = False, None
        if told and began is not None:
            seconds = self._clock.seconds() - began
            self._tell(f"the service at {self._place} answers again after {seconds:.0f} s")
