"""Retries requests while a storage doesn't answer, says so, and gives up after a set time."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import stamina

from benchmarks.places import is_address
from orchestrator.errors import UserError
from orchestrator.store.storage.interface import (
    Blob,
    BlobMissing,
    Storage,
    StorageUnavailable,
    Version,
)

# The user is told once, in words, instead of a log line per retry.
logging.getLogger("stamina").setLevel(logging.ERROR)

_Value = TypeVar("_Value")

_LATER = (
    "Nothing that was stored is lost: the same command goes on from there once it answers again."
)
_NEVER = "It has not answered once: check its address, AWS_ENDPOINT_URL and the network."


class StorageDown(UserError):
    """The storage didn't answer within the time that the user allows."""


@dataclass(frozen=True)
class Patience:
    """How long to wait for a storage.

    Attributes:
        limit: seconds for which one request is retried.
        introduction: the same before the first answer: a location that has never answered is more
            likely misspelt than down.
        first_wait: seconds before the first retry; doubled for every further one.
        longest_wait: most seconds between two retries.
        quiet: seconds after which the user is told.
    """

    limit: float = 3600.0
    introduction: float = 20.0
    first_wait: float = 0.2
    longest_wait: float = 15.0
    quiet: float = 2.0


DEFAULT_PATIENCE = Patience()


class PatientStorage(Storage):
    """Passes every request on, and retries with growing waits while the storage can't serve.

    If the answer of a conditional write is lost, the write may still have happened. So when a
    repeated write is refused, the stored content is compared with what was to be written. (Writers
    that compete for a blob write different bytes.)

    `say` is called with a message when waiting begins, and when it ends.
    """

    def __init__(
        self,
        inner: Storage,
        patience: Patience = DEFAULT_PATIENCE,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._inner = inner
        self._patience = patience
        self._say = say
        self._known = False
        self.location = inner.location

    def check_writable(self) -> None:
        self._patiently(self._inner.check_writable)

    def read(self, name: str) -> bytes:
        return self._patiently(lambda: self._inner.read(name))

    def look(self, name: str) -> Blob:
        return self._patiently(lambda: self._inner.look(name))

    def write(self, name: str, data: bytes) -> None:
        self._patiently(lambda: self._inner.write(name, data))

    def write_new(self, name: str, data: bytes) -> Version | None:
        return self._conditionally(name, data, lambda: self._inner.write_new(name, data))

    def replace(self, name: str, data: bytes, version: Version) -> Version | None:
        return self._conditionally(name, data, lambda: self._inner.replace(name, data, version))

    def names(self, folder: str) -> tuple[str, ...]:
        return self._patiently(lambda: self._inner.names(folder))

    def sizes(self, folder: str) -> dict[str, int]:
        return self._patiently(lambda: self._inner.sizes(folder))

    def times(self, folder: str) -> dict[str, float]:
        return self._patiently(lambda: self._inner.times(folder))

    def delete(self, name: str, version: Version | None = None) -> None:
        self._patiently(lambda: self._inner.delete(name, version))

    def _conditionally(
        self, name: str, data: bytes, put: Callable[[], Version | None]
    ) -> Version | None:
        tries = 0

        def attempt() -> Version | None:
            nonlocal tries
            tries += 1
            version = put()
            if version is None and tries > 1:
                with suppress(BlobMissing):
                    blob = self._inner.look(name)
                    return blob.version if blob.data == data else None
            return version

        return self._patiently(attempt)

    def _patiently(self, request: Callable[[], _Value]) -> _Value:
        patience = self._patience
        limit = patience.limit if self._known else min(patience.limit, patience.introduction)
        start, told = time.monotonic(), False

        def seconds() -> float:
            return time.monotonic() - start

        def may_pass(error: Exception) -> bool:
            nonlocal told
            if not isinstance(error, StorageUnavailable):
                return False
            if not told and seconds() >= patience.quiet:
                told = True
                self._say(
                    f"the store {self.location} can't serve ({error}); waiting for it, for at most "
                    f"{limit:.0f} s"
                )
            return True

        caller = stamina.RetryingCaller(
            attempts=None,
            timeout=limit,
            wait_initial=patience.first_wait,
            # Waits that grew too long would go on far beyond a short limit.
            wait_max=min(patience.longest_wait, limit / 10),
            wait_jitter=patience.first_wait,
        )
        try:
            value = caller(may_pass, request)
        except StorageUnavailable as error:
            likely_wrong = is_address(self.location) and not self._known
            advice = _NEVER if likely_wrong else _LATER
            raise StorageDown(
                f"the store {self.location} did not answer for {seconds():.0f} s ({error}). "
                f"{advice}"
            ) from None
        self._known = True
        if told:
            self._say(f"the store {self.location} answers again after {seconds():.0f} s")
        return value
