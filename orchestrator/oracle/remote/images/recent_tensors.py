"""Images or their features within a limit of memory, the least recently used forgotten first."""

from collections import OrderedDict
from threading import Lock

from torch import Tensor


class RecentTensors:
    """Tensors by the digest of a set of images. Safe for use by several threads.

    Args:
        limit: bytes of all tensors together; the last one that was put stays, however large.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[str, Tensor] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def __contains__(self, digest: str) -> bool:
        return digest in self._kept

    @property
    def bytes(self) -> int:
        """Memory of all tensors."""
        return self._bytes

    def get(self, digest: str) -> Tensor | None:
        """The tensor of a set, which is used now; None if there is none, or none any more."""
        with self._lock:
            if digest in self._kept:
                self._kept.move_to_end(digest)
            return self._kept.get(digest)

    def put(self, digest: str, tensor: Tensor) -> None:
        """Keeps the tensor of a set, once, and forgets others where there is no room."""
        with self._lock:
            replaced = self._kept.pop(digest, None)
            self._kept[digest] = tensor
            self._bytes += tensor.nbytes - (0 if replaced is None else replaced.nbytes)
            while self._bytes > self._limit and len(self._kept) > 1:
                _, oldest = self._kept.popitem(last=False)
                self._bytes -= oldest.nbytes
