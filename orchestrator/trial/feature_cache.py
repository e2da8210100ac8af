"""Image features in the store, encoded once for all cells, actors and runs that use it."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.preprocessing import Preprocessing
from orchestrator.oracle.features import Encoder, FeatureTable, encode_split, feature_digest
from orchestrator.pixels.split import ImageSplit
from orchestrator.precision import Precision
from orchestrator.store.store import Store
from orchestrator.trial.not_finite import check_features


def _nothing() -> None:
    """Checks nothing."""


@dataclass(frozen=True)
class FeatureCache:
    """Features of the plain image tower, named by a digest of everything that they depend on.

    Any number of processes may use it at once: writes are atomic, and processes that encode the
    same images write the same table.

    Attributes:
        store: keeps the tables.
        weights: digest of the model's weights.
        precision: number format of the image tower.
    """

    store: Store
    weights: str
    precision: Precision

    def digest(self, images: str, preprocessing: Preprocessing) -> str:
        """Names the features of images that have the digest `images`."""
        return feature_digest(self.weights, images, preprocessing, self.precision)

    def table(
        self, images: str, split: ImageSplit, encoder: Encoder, check: Callable[[], None] = _nothing
    ) -> FeatureTable:
        """The features of a split, which is encoded if they are of no use.

        Args:
            images: digest of the split's images.
            split: the images.
            encoder: encodes them.
            check: called before features are stored; raises if the images have changed meanwhile.

        Raises:
            ImageUnreadable: an image is missing or corrupt.
            TrialError: the model's features are not finite; nothing is stored.
        """
        digest = self.digest(images, split.preprocessing)
        return self.stored(digest, split) or self.encode(digest, split, encoder, check)

    def encode(
        self, digest: str, split: ImageSplit, encoder: Encoder, check: Callable[[], None] = _nothing
    ) -> FeatureTable:
        """Encodes a split and stores its features under their digest; see `table`."""
        table = encode_split(split, encoder)
        check()
        check_features(table.features, split.name, split.dataset.card.name)
        self.store.save_features(digest, table.to_bytes())
        return table

    def stored(self, digest: str, split: ImageSplit) -> FeatureTable | None:
        """The stored features of a split; None if they are of no use.

        That is if they are missing, damaged, not finite, or of other images.
        """
        data = self.store.features(digest)
        table = None if data is None else FeatureTable.from_bytes(data)
        whole = table is not None and table.labels.tolist() == split.labels
        return table if whole else None
