"""Named blobs in a folder or an S3 bucket: the store's only contact with the outside."""

from orchestrator.store.storage.interface import (
    Blob,
    BlobMissing,
    Storage,
    StorageUnavailable,
    Version,
)
from orchestrator.store.storage.local import LocalStorage
from orchestrator.store.storage.location import open_storage
from orchestrator.store.storage.patient import Patience, PatientStorage, StorageDown

__all__ = [
    "Blob",
    "BlobMissing",
    "LocalStorage",
    "Patience",
    "PatientStorage",
    "Storage",
    "StorageDown",
    "StorageUnavailable",
    "Version",
    "open_storage",
]
