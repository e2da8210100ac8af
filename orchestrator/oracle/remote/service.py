"""What every service can be asked, whatever way leads to it.

Who plans, and who gives cells to others, imports this module; it loads no PyTorch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from orchestrator.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

    from methods.interface import PromptSpace
    from orchestrator.oracle.remote.description import Capabilities
    from orchestrator.oracle.remote.request import Charge, Question, Reply


class ServiceError(UserError):
    """A service can't be used: it doesn't answer, refuses, or answers what makes no sense."""


class ModelChanged(ServiceError):
    """A service answers with another model than the one that was planned."""


class ImagesUnknown(Exception):
    """A question names images that the service doesn't have, or no longer; nothing was charged.

    Attributes:
        digests: of their sets.
    """

    def __init__(self, digests: tuple[str, ...]) -> None:
        super().__init__(f"the service doesn't have the images {', '.join(digests)}")
        self.digests = digests

    def __reduce__(self) -> tuple[type, tuple[tuple[str, ...]]]:
        """Exceptions are otherwise made again of their message."""
        return ImagesUnknown, (self.digests,)


class Stopped(Exception):
    """The caller was asked to stop while it waited for a service; nothing is wrong with either."""


def never() -> bool:
    """Nobody was asked to stop."""
    return False


class Gate(Protocol):
    """Lets requests of a whole run pass, as many as its limits allow."""

    def enter(self, *, free: bool = False, stopped: Callable[[], bool] = never) -> None:
        """Waits until a request may be sent; every `enter` is followed by a `leave`.

        Args:
            free: whether it counts among the requests under way alone, not among those of a minute.
            stopped: whether the caller was asked to stop meanwhile.

        Raises:
            Stopped: it was, and hasn't entered.
            ServiceError: the gate is gone.
        """

    def leave(self) -> None:
        """A request has ended."""

    def pause(self, seconds: float) -> None:
        """Nobody may send for so long, as the service has said."""


class Open:
    """A gate without limits."""

    def enter(self, *, free: bool = False, stopped: Callable[[], bool] = never) -> None:
        """Lets everybody pass."""
        del free, stopped

    def leave(self) -> None:
        """Does nothing, for nobody is counted."""

    def pause(self, seconds: float) -> None:
        """Does nothing: whoever was put off waits by itself."""
        del seconds


@dataclass(frozen=True)
class Caller:
    """Who asks a service, and how patiently.

    Attributes:
        gate: lets requests pass.
        tell: told what a person who waits should know, such as that the service doesn't answer.
        patience: seconds to go on asking a service that doesn't answer.
        stopped: whether the caller was asked to stop, so that it must not wait any longer.
    """

    gate: Gate = field(default_factory=Open)
    tell: Callable[[str], None] = lambda _: None
    patience: float = 60.0
    stopped: Callable[[], bool] = never


class Service(ABC):
    """A black box behind some interface. Safe for use by several threads.

    Attributes:
        capabilities: what it offers.
    """

    capabilities: Capabilities

    @abstractmethod
    def space(self, classes: Sequence[str]) -> PromptSpace:
        """The prompt space for some classes; free of charge.

        Raises:
            UserError: the model can't take these class names.
            ServiceError: it doesn't answer.
        """

    @abstractmethod
    def score(self, question: Question) -> Reply:
        """Answers a question; asked again with the same id, it charges nothing.

        Raises:
            ImagesUnknown: it doesn't have the stored images that the question names.
            ModelChanged: it has another model now.
            ServiceError: it doesn't answer, or refuses.
        """

    def store(self, images: Tensor) -> None:
        """Sends a set of plain images `(N, 3, S, S)` uint8, to be named by digest; free of charge.

        Raises:
            ServiceError: it doesn't store images, or doesn't answer.
        """
        del images
        raise ServiceError(f"the service of {self.capabilities.model!r} stores no images")

    def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without those that mark its start and end; free of charge.

        Raises:
            ServiceError: it doesn't count, or doesn't answer.
        """
        del texts
        raise ServiceError(f"the service of {self.capabilities.model!r} counts no tokens")

    def embed(self, text: str) -> Tensor:
        """Token embeddings `(T, D)` float32 of a text; free of charge.

        Raises:
            ServiceError: it looks up no embeddings, or doesn't answer.
        """
        del text
        raise ServiceError(f"the service of {self.capabilities.model!r} has no token embeddings")

    def usage(self, label: str = "") -> Charge | None:
        """What it has charged this client in all, or under a label; None if it doesn't say."""
        del label
        return None

    @abstractmethod
    def close(self) -> None:
        """Closes what leads to it; it can't be asked any more."""
