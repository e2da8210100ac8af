"""From what a person writes after `--store` to a storage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks.s3_address import AddressError, S3Address
from orchestrator.errors import UserError
from orchestrator.store.storage.interface import Storage
from orchestrator.store.storage.local import LocalStorage
from orchestrator.store.storage.patient import DEFAULT_PATIENCE, Patience, PatientStorage


def open_storage(
    location: str,
    patience: Patience = DEFAULT_PATIENCE,
    say: Callable[[str], None] = lambda _: None,
) -> Storage:
    """The storage at a folder's path or an `s3://` location.

    Args:
        location: see `S3Address` for what may follow `s3://`.
        patience: how long to wait while it can't serve.
        say: told when the waiting begins and ends.

    Raises:
        UserError: there can be no storage at such a location.
    """
    return PatientStorage(_open(location), patience, say)


def _open(location: str) -> Storage:
    if "://" not in location:
        return LocalStorage(Path(location).expanduser())
    try:
        address = S3Address.parse(location)
    except AddressError as error:
        raise UserError(f"--store: {error}") from None
    from orchestrator.store.storage.s3 import S3Storage

    return S3Storage(address)
