"""From what a person writes after `--store` to a storage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from orchestrator.errors import UserError
from orchestrator.store.storage.interface import Storage
from orchestrator.store.storage.local import LocalStorage
from orchestrator.store.storage.patient import DEFAULT_PATIENCE, Patience, PatientStorage
from orchestrator.store.storage.s3_location import S3Location


def open_storage(
    location: str,
    patience: Patience = DEFAULT_PATIENCE,
    say: Callable[[str], None] = lambda _: None,
) -> Storage:
    """The storage at a folder's path or an `s3://` location.

    Args:
        location: see `S3Location` for what may follow `s3://`.
        patience: how long to wait while it can't serve.
        say: told when the waiting begins and ends.

    Raises:
        UserError: there can be no storage at such a location.
    """
    return PatientStorage(_open(location), patience, say)


def _open(location: str) -> Storage:
    scheme, separator, _ = location.partition("://")
    if not separator:
        return LocalStorage(Path(location).expanduser())
    if scheme != "s3":
        raise UserError(
            f"a store at {scheme}:// is not supported: give a folder or s3://BUCKET/PREFIX with "
            f"--store."
        )
    from orchestrator.store.storage.s3 import S3Storage

    return S3Storage(S3Location.parse(location))
