"""Tables of features, encoded by the plain image tower of a loaded model."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from orchestrator.oracle.features import Encoder, FeatureTable
from orchestrator.oracle.tables import Images
from orchestrator.pixels.split import CHUNK, ImageSplit
from orchestrator.trial.not_finite import check_features


@dataclass(frozen=True)
class EncodedTables:
    """Makes tables of features; see `tables.TableMaker`.

    Attributes:
        encoder: the plain image tower.
    """

    encoder: Encoder

    def __call__(self, images: Images, labels: Sequence[int], split: ImageSplit) -> FeatureTable:
        """The features of all images, encoded in equal portions so that they are always equal."""
        starts = range(0, len(labels), CHUNK)
        rows = (range(start, min(start + CHUNK, len(labels))) for start in starts)
        features = torch.cat([self.encoder(images(some)).float().cpu() for some in rows])
        table = FeatureTable(features.numpy(), np.array(labels, dtype=np.int64))
        check_features(table.features, split.name, split.dataset.card.name)
        return table
