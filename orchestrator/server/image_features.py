"""Features of images that clients have sent, the least recently used forgotten first."""

from collections import OrderedDict

from torch import Tensor


class ImageFeatures:
    """Features of sets of images by their digest, within a limit of memory.

    Args:
        limit: bytes of all features together; the last set that was put stays, however large.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[str, Tensor] = OrderedDict()
        self._bytes = 0

    def __contains__(self, digest: str) -> bool:
        return digest in self._kept

    @property
    def bytes(self) -> int:
        """Memory of all features."""
        return self._bytes

    def get(self, digest: str) -> Tensor | None:
        """The features `(N, E)` of a set, which is used now; None if it is unknown."""
        if digest in self._kept:
            self._kept.move_to_end(digest)
        return self._kept.get(digest)

    def put(self, digest: str, features: Tensor) -> None:
        """Keeps the features of a set, once, and forgets others where there is no room."""
        replaced = self._kept.pop(digest, None)
        self._kept[digest] = features
        self._bytes += features.nbytes - (0 if replaced is None else replaced.nbytes)
        while self._bytes > self._limit and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= oldest.nbytes
