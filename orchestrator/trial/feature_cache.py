"""Image features in the store: encoded once for all cells, actors and runs that share it."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator.oracle.features import Encoder, FeatureTable, ImageSplit, feature_digest
from orchestrator.precision import Precision
from orchestrator.store.store import Store


@dataclass(frozen=True)
class FeatureCache:
    """Features of the plain image tower, named by all that they depend on.

    Any number of processes may read and write at once: a table is written whole or not at all, and
    two that encode the same images write the same table.

    Attributes:
        store: where tables lie.
        weights: digest of the model's weights.
        precision: number format of the image tower.
    """

    store: Store
    weights: str
    precision: Precision

    def table(self, images: str, split: ImageSplit, encoder: Encoder) -> FeatureTable:
        """The features of a split, encoded now if they are not there, damaged, or of other images.

        Args:
            images: digest of the split's images.
            split: opens them.
            encoder: the plain image tower.

        Raises:
            ImageUnreadable: an image is missing or corrupt.
        """
        digest = feature_digest(self.weights, images, split.preprocessing, self.precision)
        return self.stored(digest, split) or self.encode(digest, split, encoder)

    def encode(self, digest: str, split: ImageSplit, encoder: Encoder) -> FeatureTable:
        """Encodes a split and stores its features under their digest; raises like `table`."""
        table = split.encode(encoder)
        self.store.save_features(digest, table.to_bytes())
        return table

    def stored(self, digest: str, split: ImageSplit) -> FeatureTable | None:
        """The stored features of a split; None unless they are whole."""
        data = self.store.features(digest)
        table = None if data is None else FeatureTable.from_bytes(data)
        whole = table is not None and table.labels.tolist() == split.labels
        return table if whole else None
