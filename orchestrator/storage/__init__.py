"""Named blobs in a folder or an S3 bucket: the store's only contact with the outside."""

from orchestrator.storage.interface import (
    Blob,
    BlobMissing,
    Storage,
    StorageUnavailable,
    Version,
)
from orchestrator.storage.local import LocalStorage
from orchestrator.storage.location import open_storage
from orchestrator.storage.patient import Patience, PatientStorage, StorageDown

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
