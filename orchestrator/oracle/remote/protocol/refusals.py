"""What a service's errors mean, in our protocol."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.errors import UserError
from orchestrator.oracle.remote.foreign_text import shown
from orchestrator.oracle.remote.http.exchange import BadReply, Response
from orchestrator.oracle.remote.service import ImagesUnknown, ModelChanged, ServiceError

_DIGEST = re.compile(r"^[0-9a-f]{64}$")
_MOST_DIGESTS = 100_000


@dataclass(frozen=True)
class Expected:
    """The model that a client means.

    Attributes:
        place: host and port of its service.
        model: the service's name of it.
        fingerprint: names the model with all that its answers depend on.
    """

    place: str
    model: str
    fingerprint: str

    def changed(self, now: object) -> ModelChanged:
        """The error that another model answers.

        Args:
            now: its fingerprint, as the service says.
        """
        return ModelChanged(
            f"the service at {self.place} has changed its model {self.model!r}: planned was the "
            f"one with fingerprint {self.fingerprint}, now it has {shown(now, 200)}. This cell "
            f"ended, for answers of two models don't belong together; what is finished is kept "
            f"under the old fingerprint. Start the run again to plan with the new one."
        )

    def gone(self) -> ModelChanged:
        """The error that no model of this name is offered any more."""
        return ModelChanged(
            f"the service at {self.place} doesn't offer the model {self.model!r} any more. This "
            f"cell ended; what is finished is kept. Start the run again once it is back."
        )


def refusal(response: Response, expected: Expected, message: str) -> Exception:
    """The exception that a response other than a success stands for.

    Args:
        response: what the service answered.
        expected: the model that was asked.
        message: what the response says, fit to be shown.
    """
    error = _error(response)
    code = error.get("code")
    if code == "images_unknown":
        return ImagesUnknown(_digests(error.get("digests")))
    if code == "model_changed":
        return expected.changed(error.get("fingerprint", "another one"))
    if code == "unknown_model":
        return expected.gone()
    if code == "refused":  # what is asked can't be had of this model, as of one in memory
        return UserError(f"the service at {expected.place} refuses a request: {message}")
    if not isinstance(code, str):
        return ServiceError(
            f"the service at {expected.place} answers {message}, and not as querycurve's protocol "
            f"has it. Check the address; for a service of another kind, write an adapter."
        )
    return ServiceError(f"the service at {expected.place} refuses a request: {message}")


def _error(response: Response) -> Mapping[str, Any]:
    """The JSON object `error` of a response; empty if it has none."""
    try:
        said = response.json()
    except BadReply:
        return {}
    error = said.get("error") if isinstance(said, dict) else None
    return error if isinstance(error, dict) else {}


def _digests(said: object) -> tuple[str, ...]:
    """The well-formed ones among digests that a service names."""
    if not isinstance(said, list):
        return ()
    named = [one for one in said[:_MOST_DIGESTS] if isinstance(one, str)]
    return tuple(one for one in named if _DIGEST.match(one) and not one.endswith("\n"))
