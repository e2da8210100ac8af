"""What a Python file derives from that asks a service for scores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

if TYPE_CHECKING:
    from PIL import Image

Scale = Literal["logits", "log_probabilities", "probabilities", "label"]
"""What a service's numbers are; `label` has none."""


class Http(Protocol):
    """Sends the requests of one call. They wait for quotas, and are sent again where they fail."""

    def get(self, url: str, *, headers: Mapping[str, str] | None = None, free: bool = False) -> Any:
        """The JSON at an address.

        Args:
            url: the address.
            headers: of the request.
            free: whether it costs nothing, so that neither limits nor charges count it.

        Raises:
            ServiceError: the service doesn't answer, refuses, or sends no JSON.
        """

    def post(
        self,
        url: str,
        json: Any,
        *,
        headers: Mapping[str, str] | None = None,
        free: bool = False,
    ) -> Any:
        """The JSON that is answered to other JSON.

        Raises:
            ServiceError: as `get`.
        """


class Adapter(ABC):
    """Asks a service for the scores of images. Each call has an object of its own.

    Attributes:
        http: sends requests.
        model: the service's name of the model.
        service: the address in the spec; "" if it has none.
        tokens: that this call has cost so far; see `spent`.
        money: likewise; None where the service doesn't say.
    """

    answers: ClassVar[Scale] = "probabilities"
    """What `score` returns."""
    top: ClassVar[int | None] = None
    """How many classes have a score; None if all have one. Goes with probabilities."""
    image_size: ClassVar[int] = 224
    """Height and width of an image, in pixels."""
    images_per_call: ClassVar[int | None] = 1
    """The most images that `score` is given at once; None for no limit."""
    most_classes: ClassVar[int] = 10_000
    """The most classes that the service can choose from."""

    def __init__(self, http: Http, model: str, service: str, environment: Environment) -> None:
        self.http, self.model, self.service = http, model, service
        self._environment = environment
        self.tokens = 0
        self.money: float | None = None

    @abstractmethod
    def score(self, images: list[Image.Image], texts: list[str]) -> Sequence[Any]:
        """Scores of images, one entry for each.

        Args:
            images: as they are to be sent.
            texts: one for each of the C classes, such as `a photo of a cat.`

        Returns:
            For each image C numbers, or a mapping from texts to numbers where only some are known;
            of `label`, the text itself or its number from 0.
        """

    def base64(self, image: Image.Image) -> str:
        """An image as a PNG file in base64."""
        file = BytesIO()
        image.save(file, "PNG")
        return b64encode(file.getvalue()).decode()

    def data_url(self, image: Image.Image) -> str:
        """An image as an address that holds a PNG file."""
        return f"data:image/png;base64,{self.base64(image)}"

    def secret(self, name: str) -> str:
        """An environment variable, which is kept out of all messages.

        Raises:
            ServiceError: it isn't set.
        """
        return self._environment.value(name)

    def spent(self, tokens: int = 0, money: float | None = None) -> None:
        """Notes what the service says that this call has cost."""
        self.tokens += tokens
        if money is not None:
            self.money = (self.money or 0.0) + money


class Environment(Protocol):
    """Reads environment variables."""

    def value(self, name: str) -> str:
        """One of them."""
