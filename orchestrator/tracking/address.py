"""Where MLflow is: what may be given as its address, and what it is without one."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.places import PlaceError, check_readable, is_address, local_path
from benchmarks.s3_address import AddressError, S3Address
from orchestrator.errors import UserError
from orchestrator.masking import masked
from orchestrator.store.sqlite_address import absolute_url, sqlite_url

DATABASE = "mlflow.db"
_SERVERS = ("http", "https")
_DATABASES = ("postgresql", "mysql", "mssql")
_EXPECTED = "expected a server's http://HOST:PORT, or sqlite:////FOLDER/mlflow.db"


def tracking_address(given: str | None, store: str) -> str:
    """MLflow's address: the given one, made absolute, or a database in the store.

    Where the store is not a folder, the database lies in the present one.

    Args:
        given: `--tracking-uri`; None without one.
        store: `--store`.

    Raises:
        UserError: the given address can't be one.
    """
    if given is not None:
        return _checked(given)
    try:
        if not is_address(store):
            return sqlite_url(local_path(store) / DATABASE)
        S3Address.parse(store)
    except (AddressError, PlaceError) as error:
        raise UserError(f"--store: {error}") from None
    return sqlite_url(Path(DATABASE))


def _checked(given: str) -> str:
    try:
        check_readable(given)
    except PlaceError as error:
        raise UserError(f"--tracking-uri: {error}") from None
    kind = given.partition(":")[0].partition("+")[0].lower() if ":" in given else ""
    if kind == "sqlite":
        url = absolute_url(given)
        if url is None:
            raise UserError(f"--tracking-uri: {given} names no file; {_EXPECTED}.")
        return url
    try:
        served = kind in _SERVERS and bool(urlsplit(given).hostname)
    except ValueError:
        served = False
    if served or kind == "databricks" or (kind in _DATABASES and "://" in given):
        return given
    hint = ""
    if kind in ("", "file") and given:
        path = Path(given.removeprefix("file://"))
        file = path if path.suffix == ".db" else path / DATABASE
        hint = f" (MLflow no longer writes to folders). For a database there: {sqlite_url(file)}"
    raise UserError(f"--tracking-uri: got {masked(given)!r}, {_EXPECTED}{hint}.")
