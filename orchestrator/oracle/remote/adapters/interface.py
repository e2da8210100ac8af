"""What the two kinds of adapters, YAML and Python, have in common."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from methods.interface import Input
from orchestrator.answers import Answers
from orchestrator.oracle.remote.adapters.adapter import Scale
from orchestrator.oracle.remote.adapters.calls import Call, Called
from orchestrator.oracle.remote.adapters.images import ImageSettings
from orchestrator.oracle.remote.description import Limits


@dataclass(frozen=True)
class Description:
    """What an adapter says of its service.

    Attributes:
        digest: of all of it on which answers depend.
        kind: what scores are.
        answers: the richest answer.
        inputs: what the service takes.
        image: how images are sent.
        images_per_call: the most images of a call; None for no limit.
        limits: of the service.
    """

    digest: str
    kind: Scale
    answers: Answers
    inputs: tuple[Input, ...]
    image: ImageSettings
    images_per_call: int | None
    limits: Limits


class Interface(ABC):
    """Asks a service in its own way.

    Attributes:
        description: what the adapter says of it.
    """

    description: Description

    @abstractmethod
    def call(self, call: Call) -> Called:
        """Makes a call. Safe for use by several threads.

        Raises:
            ModelChanged: the service has another model now.
            ServiceError: it doesn't answer, refuses, or answers what makes no sense.
        """

    def stated(self) -> str:
        """What the service says of its model, free of charge; "" if it can't be asked.

        Raises:
            ServiceError: it doesn't answer, or says nothing.
        """
        return ""

    def check(self, classes: tuple[str, ...]) -> None:
        """Checks whether the adapter can ask about such classes.

        Raises:
            UserError: it can't.
        """
        del classes

    @abstractmethod
    def close(self) -> None:
        """Closes all connections."""
