"""What each client was charged, in an SQLite file that survives whatever ends the process."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from threading import Lock

from orchestrator.errors import UserError
from orchestrator.oracle.remote.request import Charge

MEMORY = ":memory:"
"""In place of a file: forgotten when the process ends."""

_APPLICATION = 0x51434C47
"""Marks a database as such a ledger."""
_VERSION = 1
_PATIENCE = 10.0
"""Seconds to wait for another process that writes to the same file."""
_TABLE = """
CREATE TABLE charges (
    client TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    label TEXT NOT NULL,
    requests INTEGER NOT NULL,
    queries INTEGER NOT NULL,
    images INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    money REAL,
    time TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ')),
    PRIMARY KEY (client, id)
) WITHOUT ROWID
"""
_SUMS = "sum(requests), sum(queries), sum(images), sum(tokens), sum(money)"


class LedgerDown(Exception):
    """The ledger can't be read or written now; nothing was charged."""


class IdReused(Exception):
    """A client has used an id before, for a request with another body."""


@dataclass(frozen=True)
class Entry:
    """A request for scores.

    Attributes:
        client: who sent it.
        id: names it among the client's.
        body: SHA-256 of its body.
        label: what the client wants it listed under.
    """

    client: str
    id: str
    body: str
    label: str


@dataclass(frozen=True)
class Sum:
    """What a client was charged under a label, in all."""

    client: str
    label: str
    charge: Charge
    first: str
    last: str


class ServiceLedger:
    """Charges by client and request id. Safe for use by several threads.

    What `charge` has returned from is on the disk. Several processes may share a file.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = Lock()

    @classmethod
    def open(cls, place: str, *, new: bool = True) -> "ServiceLedger":
        """The ledger in a file, or `:memory:`.

        Args:
            place: path of the file.
            new: whether it is made if it isn't there.

        Raises:
            UserError: it isn't there, can't be opened, or is another kind of file.
        """
        if place != MEMORY:
            _check_file(Path(place), new=new)
        try:
            return cls(_opened(place))
        except sqlite3.Error as error:
            raise UserError(f"the ledger {place} can't be opened: {error}.") from None

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._connection.close()

    def find(self, entry: Entry) -> Charge | None:
        """What the same request was charged before; None if it is new.

        Raises:
            IdReused: the client has used its id for another body.
            LedgerDown: the ledger can't be read.
        """
        with self._using() as connection:
            row = connection.execute(
                "SELECT body, requests, queries, images, tokens, money FROM charges "
                "WHERE client = ? AND id = ?",
                (entry.client, entry.id),
            ).fetchone()
        if row is None:
            return None
        if row[0] != entry.body:
            raise IdReused
        return Charge(*row[1:])

    def charge(self, entry: Entry, charge: Charge) -> bool:
        """Charges a request unless it was charged before, in a single step that no crash splits.

        Returns:
            Whether it was charged now.

        Raises:
            LedgerDown: the ledger can't be written.
        """
        values = (entry.client, entry.id, entry.body, entry.label, *astuple(charge))
        with self._using() as connection:
            done = connection.execute(
                "INSERT INTO charges "
                "(client, id, body, label, requests, queries, images, tokens, money) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                values,
            )
            return done.rowcount > 0

    def usage(self, client: str, label: str = "") -> Charge:
        """What a client was charged in all, or under a label.

        Raises:
            LedgerDown: the ledger can't be read.
        """
        with self._using() as connection:
            row = connection.execute(
                f"SELECT {_SUMS} FROM charges WHERE client = ? AND (? = '' OR label = ?)",
                (client, label, label),
            ).fetchone()
        return _charge(row)

    def sums(self) -> tuple[Sum, ...]:
        """What all clients were charged, by label.

        Raises:
            LedgerDown: the ledger can't be read.
        """
        with self._using() as connection:
            rows = connection.execute(
                f"SELECT client, label, min(time), max(time), {_SUMS} FROM charges "
                "GROUP BY client, label ORDER BY client, min(time), label"
            ).fetchall()
        return tuple(Sum(row[0], row[1], _charge(row[4:]), row[2], row[3]) for row in rows)

    @contextmanager
    def _using(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._lock:
                yield self._connection
        except sqlite3.Error as error:
            raise LedgerDown(str(error)) from error


def _charge(row: tuple[int | float | None, ...]) -> Charge:
    """A charge of its sums, which are NULL where there is nothing."""
    requests, queries, images, tokens = (int(number or 0) for number in row[:4])
    return Charge(requests, queries, images, tokens, row[4])


def _opened(place: str) -> sqlite3.Connection:
    """A connection to a ledger, with its table; closed again where it is none."""
    connection = sqlite3.connect(
        place, timeout=_PATIENCE, check_same_thread=False, isolation_level=None
    )
    try:
        _prepare(connection, place)
        # A committed charge must outlast a loss of power, too.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def _check_file(path: Path, *, new: bool) -> None:
    if path.is_dir():
        raise UserError(f"the ledger {path} is a folder. Give the path of a file.")
    if path.exists():
        return
    if not new:
        raise UserError(f"there is no ledger {path}. Give its path with --ledger.")
    if not path.absolute().parent.is_dir():
        raise UserError(f"the ledger {path} can't be made: its folder isn't there. Make it first.")


def _prepare(connection: sqlite3.Connection, place: str) -> None:
    """Makes the table in a new file, and refuses a file of another kind."""
    connection.execute("BEGIN IMMEDIATE")
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    held = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if not held and not application:
        connection.execute(_TABLE)
        connection.execute("CREATE INDEX charges_by_label ON charges (client, label)")
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(f"PRAGMA user_version = {_VERSION}")
    elif (application, version) != (_APPLICATION, _VERSION):
        connection.execute("ROLLBACK")
        raise UserError(
            f"{place} is no ledger of this release's services. Give another file with --ledger."
        )
    connection.execute("COMMIT")
