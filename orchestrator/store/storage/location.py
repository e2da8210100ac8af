"""Opens the storage that `--store` names."""

from collections.abc import Callable
from pathlib import Path

from benchmarks.places import PlaceError, is_address, local_path
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
    """The storage at a folder's path or an `s3://` address; reads nothing yet.

    For example:

        storage = open_storage("s3://my-bucket/results?region=eu-west-1")

    Args:
        location: a path, or an address as `S3Address` describes it.
        patience: how long to retry while it can't serve.
        say: called with a message when waiting begins, and when it ends.

    Raises:
        UserError: the address is invalid, or the path is that of a file.
    """
    return PatientStorage(_open(location), patience, say)


def _open(location: str) -> Storage:
    try:
        if not is_address(location):
            return LocalStorage(_folder(location))
        address = S3Address.parse(location).here()
    except (AddressError, PlaceError) as error:
        raise UserError(f"--store: {error}") from None
    from orchestrator.store.storage.s3 import S3Storage

    return S3Storage(address)


def _folder(location: str) -> Path:
    path = local_path(location)
    try:
        if not path.exists() or path.is_dir():
            return path
    except OSError as error:  # a name that is too long
        raise UserError(f"--store: {path}: {error.strerror or error}.") from None
    raise UserError(f"--store: {path} is a file: give a folder.")
