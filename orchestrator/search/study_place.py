"""Where a study is kept, and what is said when it can't be read or written."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, RDBStorage
from sqlalchemy.exc import SQLAlchemyError

from benchmarks.quoting import cut, one_line
from orchestrator.errors import UserError
from orchestrator.store.sqlite_address import sqlite_file

_DATABASE = (SQLAlchemyError, StorageInternalError)
_CONTENT = (OSError, ImportError, RuntimeError, ValueError, TypeError, LookupError, AssertionError)
"""What SQLAlchemy and Optuna raise for tables of other versions, and for odd values in them."""


@dataclass(frozen=True)
class StudyPlace:
    """Where a study is kept.

    Attributes:
        url: SQLAlchemy URL of Optuna's storage.
        name: the study's; differs whenever anything but the number of trials does.
    """

    url: str
    name: str

    @property
    def exists(self) -> bool:
        """Whether there may be a study; of a database on a server, one can't tell.

        Raises:
            UserError: its folder can't be read.
        """
        with self.readable():
            return self._file is None or self._file.is_file()

    def storage(self) -> BaseStorage:
        """Opens the storage, making it if need be.

        Raises:
            UserError: it can't be opened.
        """
        with self.readable():
            if self._file is not None:
                self._file.parent.mkdir(parents=True, exist_ok=True)
            return RDBStorage(self.url)

    @contextmanager
    def readable(self) -> Iterator[None]:
        """While the block reads the study, all that its content may raise is a `UserError`."""
        try:
            yield
        except (*_DATABASE, *_CONTENT) as error:
            raise self._unusable(error) from None

    @contextmanager
    def usable(self) -> Iterator[None]:
        """While the block uses the study among other things, its database's errors are the same."""
        try:
            yield
        except _DATABASE as error:
            raise self._unusable(error) from None

    def _unusable(self, error: Exception) -> UserError:
        cause = error.__cause__ if isinstance(error, StorageInternalError) else error
        said = str(getattr(cause, "orig", None) or cause or error)
        reason = cut(one_line(said), 240).rstrip(".") or type(error).__name__
        remedy = "Give an SQLAlchemy URL in search.storage, such as sqlite:////path/study.db."
        if isinstance(error, PermissionError):
            reason, remedy = "Permission denied", "Correct the permissions of its folder."
        elif self._file is not None and self._file.is_file():
            remedy = (
                "Where no other run holds it, move the file away: a new search finds what the "
                "store has measured."
            )
        return UserError(f"the search's study can't be used at {self.url}: {reason}. {remedy}")

    @property
    def _file(self) -> Path | None:
        return sqlite_file(self.url)
