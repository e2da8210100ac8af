"""Digests of all that a dataset holds: by fingerprints, and by every byte of every image."""

import hashlib
import json
from collections.abc import Mapping, Sequence

from benchmarks.datasets.interface import SPLITS, Dataset, Identity, Item, Split


class FullDigest:
    """SHA-256 over split, reference, label and SHA-256 of the file of every image, in order.

    Images are added split after split, as `SPLITS` has them; the same for a dataset and its pack.
    """

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, split: Split, item: Item, sha256: str) -> None:
        """Adds the next image, given the SHA-256 of its bytes."""
        row = json.dumps([split, item.reference, item.label, sha256])
        self._digest.update(f"{row}\n".encode())

    def hexdigest(self) -> str:
        """The digest of what was added so far, as 64 hex digits."""
        return self._digest.hexdigest()


def fingerprint_of(data: bytes, identity: Identity) -> str:
    """The fingerprint of an image whose file has these bytes."""
    if identity == "sha256":
        return hashlib.sha256(data).hexdigest()
    return str(len(data)) if identity == "size" else ""


def contents_digest(
    dataset: Dataset, fingerprints: Mapping[Split, Sequence[str]] | None = None
) -> str:
    """SHA-256 over what a dataset's results depend on, as far as it is known without reading it.

    That is its card's name and templates, class names, revision, orientation and what is shuffled
    before a draw, and the reference, label and fingerprint of every image.

    Args:
        dataset: the dataset.
        fingerprints: those of each split's images, if they are known; None looks at the files.

    Raises:
        DatasetError: the dataset can't be read.
    """
    card = dataset.card
    revision, shuffled = dataset.revision(), dataset.shuffled_before_draw()
    prompts = [card.name, card.templates, card.ensemble, dataset.class_names()]
    head = [*prompts, revision, dataset.upright, shuffled]
    digest = hashlib.sha256(json.dumps(head).encode())
    for split in SPLITS:
        items = dataset.items(split)
        found = dataset.fingerprints(items) if fingerprints is None else fingerprints[split]
        rows = [[i.reference, i.label, what] for i, what in zip(items, found, strict=True)]
        digest.update(json.dumps([split, rows]).encode())
    return digest.hexdigest()


def state_digest(dataset: Dataset) -> str:
    """SHA-256 that changes whenever any image may have, on this machine; reads no image.

    Raises:
        DatasetError: the dataset can't be read.
    """
    return contents_digest(dataset, {s: dataset.stamps(dataset.items(s)) for s in SPLITS})
