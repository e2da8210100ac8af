"""Features of a split's images without any prompt, computed once and shared by all trials.

They depend on weights, images, preprocessing and precision, and on nothing else; only prompts that
change the images need more. Tables are NumPy's: the driver passes them on to actors without torch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from benchmarks.preprocessing import Preprocessing
from orchestrator.oracle.tables import BATCH
from orchestrator.pixels.split import ImageSplit
from orchestrator.precision import ROUNDING, Precision

if TYPE_CHECKING:
    from torch import Tensor

    from orchestrator.oracle.interface import Batch

Encoder = Callable[["Tensor"], "Tensor"]
"""From `(B, 3, S, S)` pixels to `(B, E)` normalised features of the plain image tower."""

_FORMAT = 1
_DIGEST = "sha256"


@dataclass(frozen=True)
class FeatureTable:
    """Normalised image features and labels of a split, in order; see `tables.Table`.

    The array may lie in memory that other processes see, so it is read-only; `batches` hands out
    copies.

    Attributes:
        features: `(N, E)` float32.
        labels: `(N,)` int64.
    """

    features: NDArray[np.float32]
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        self.features.flags.writeable = False
        self.labels.flags.writeable = False

    def __len__(self) -> int:
        return len(self.labels)

    def batches(self, size: int = BATCH) -> Iterator[Batch]:
        """The whole table as batches of features `(<= size, E)`, in order."""
        for start in range(0, len(self), size):
            yield self.rows(np.arange(start, min(start + size, len(self))))

    def rows(self, index: NDArray[np.int64]) -> Batch:
        """The rows with numbers `index` `(B,)` as one batch of features `(B, E)`."""
        import torch

        from orchestrator.oracle.interface import Batch

        return Batch(
            labels=torch.from_numpy(self.labels[index]),
            features=torch.from_numpy(self.features[index]),
        )

    def part(self, rows: Sequence[int], labels: Sequence[int]) -> FeatureTable:
        """The rows with numbers `rows` as a new table `(len(rows), E)` with new `labels`."""
        chosen = self.features[np.array(rows, dtype=np.int64)]
        return FeatureTable(chosen, np.array(labels, dtype=np.int64))

    def to_bytes(self) -> bytes:
        """The table as a safetensors file."""
        arrays: dict[str, NDArray[Any]] = {"features": self.features, "labels": self.labels}
        return bytes(save(arrays, {_DIGEST: _digest(self.features, self.labels)}))

    @classmethod
    def from_bytes(cls, data: bytes) -> FeatureTable | None:
        """The table in a safetensors file; None when it is damaged or has NaN or infinity.

        Files of earlier releases have no digest, so that not every damage shows.
        """
        try:
            arrays, stated = load(data), _stated_digest(data)
        except (SafetensorError, ValueError):
            return None
        features, labels = arrays.get("features"), arrays.get("labels")
        if features is None or labels is None or not _is_table(features, labels):
            return None
        if stated not in (None, _digest(features, labels)):
            return None
        return cls(features, labels)


def _is_table(features: NDArray[Any], labels: NDArray[Any]) -> bool:
    """Whether arrays are finite features, each with a label."""
    if features.dtype != np.float32 or labels.dtype != np.int64:
        return False
    matching = features.ndim == 2 and labels.shape == (len(features),)
    return matching and bool(np.isfinite(features).all())


def _digest(features: NDArray[Any], labels: NDArray[Any]) -> str:
    digest = hashlib.sha256(np.ascontiguousarray(features).data)
    digest.update(np.ascontiguousarray(labels).data)
    return digest.hexdigest()


def _stated_digest(data: bytes) -> str | None:
    """The digest in the header of a sound safetensors file: 8 bytes of length, then JSON."""
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    stated: str | None = header.get("__metadata__", {}).get(_DIGEST)
    return stated


def feature_digest(
    weights: str, split: str, preprocessing: Preprocessing, precision: Precision
) -> str:
    """Names a feature table by all that it depends on.

    `weights` and `split` are digests of the model's weights and of the images.
    """
    arithmetic = precision if precision == "fp32" else f"{precision}/{ROUNDING}"
    parts = (str(_FORMAT), weights, split, preprocessing.digest(), arithmetic)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def encode_split(split: ImageSplit, encoder: Encoder) -> FeatureTable:
    """The table of all N images' features, `(N, E)`, in order.

    Raises:
        ImageUnreadable: an image is missing or corrupt.
    """
    import torch

    encoded = [encoder(images).float().cpu() for images in split.pixels()]
    features = torch.cat(encoded) if encoded else torch.empty(0, 0)
    return FeatureTable(features.numpy(), np.array(split.labels, dtype=np.int64))
