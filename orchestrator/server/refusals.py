"""Why a request isn't answered, as HTTP says it: a status, and an error in JSON."""

import math
from collections.abc import Mapping
from typing import Any

from orchestrator.oracle.remote.service import ImagesUnknown


class Refusal(Exception):
    """A request that isn't answered; nothing was charged for it, unless the message says so.

    Attributes:
        status: of the HTTP response.
        code: names the reason, for programs.
        message: says what was expected and what to do, for people.
        details: more fields of the error.
        retry_after: seconds after which the request may pass; None where waiting doesn't help.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: Mapping[str, Any] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.details = dict(details or {})
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        """Exceptions are otherwise made again of their message."""
        parts = (self.status, self.code, self.message, self.details, self.retry_after)
        return Refusal, parts

    @property
    def headers(self) -> dict[str, str]:
        """Headers of the response, such as whole seconds to wait, as HTTP has it."""
        asked = {"www-authenticate": "Bearer"} if self.status == 401 else {}
        if self.retry_after is None:
            return asked
        return {**asked, "retry-after": str(max(1, math.ceil(self.retry_after)))}

    @property
    def body(self) -> dict[str, Any]:
        """The JSON document of the response."""
        return {"error": {"code": self.code, "message": self.message, **self.details}}


def bad_message(message: str) -> Refusal:
    """A body or an address that can't be read."""
    return Refusal(400, "bad_message", message)


def too_large(message: str) -> Refusal:
    """A request beyond the service's limits."""
    return Refusal(413, "too_large", message)


def refused(message: str) -> Refusal:
    """A request that the model can't answer."""
    return Refusal(422, "refused", message)


def unknown_images(error: ImagesUnknown) -> Refusal:
    """A question about images that must be sent first."""
    message = "the service doesn't have these sets of images, or no longer: send them, then ask"
    return Refusal(404, "images_unknown", message, {"digests": list(error.digests)})


def overloaded(message: str, retry_after: float = 1.0) -> Refusal:
    """A request for which there is no room now."""
    return Refusal(503, "overloaded", message, retry_after=retry_after)
