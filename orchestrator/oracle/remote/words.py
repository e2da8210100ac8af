"""Token counts and embeddings that a service looks up, asked for once."""

from torch import Tensor

from orchestrator.oracle.remote.service import Service


class RemoteWords:
    """The words of a service; see `methods.interface.Words`."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._counts: dict[str, int] = {}
        self._embeddings: dict[str, Tensor] = {}

    def count(self, text: str) -> int:
        """Number of tokens of a text, without those that mark its start and end."""
        if text not in self._counts:
            (self._counts[text],) = self._service.count([text])
        return self._counts[text]

    def embed(self, text: str) -> Tensor:
        """Token embeddings `(T, D)` of a text, float32; changing them changes nothing here."""
        if text not in self._embeddings:
            self._embeddings[text] = self._service.embed(text)
        return self._embeddings[text].clone()
