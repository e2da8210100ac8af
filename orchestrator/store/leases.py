"""Leases keep two runs on one store from doing the same work at the same time.

A lease is a blob that its holder writes anew every few seconds. It has ended when it is released,
when it has not been written for `Terms.lasts` seconds by the store's own clock (so clocks of hosts
may disagree), or when its holder is known to be dead. Whoever takes an ended lease replaces exactly
the blob that was seen, so that only one can.

A holder that is cut off from the store for longer than a lease lasts may lose it and learn of that
late. Then two runs do the same work for a while; results are still kept once, since the store never
replaces one.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from uuid import uuid4

from orchestrator.errors import UserError
from orchestrator.store.storage import Blob, BlobMissing, Storage, StorageUnavailable, Version

_PROC = Path("/proc")


@dataclass(frozen=True)
class ProcessIdentity:
    """A process, told from all others on all machines.

    Attributes:
        host: name of its machine, for people.
        machine: the machine since its last boot, and the space that process ids count in; empty
            where that can't be known.
        pid: process id.
        started: when it started, in the kernel's ticks; tells it from a later process of its id.
    """

    host: str
    machine: str
    pid: int
    started: str

    @classmethod
    def own(cls) -> ProcessIdentity:
        """This process."""
        pid = os.getpid()
        return cls(socket.gethostname(), _machine(), pid, _started(pid))

    def is_surely_dead(self) -> bool:
        """True only where it ran in this very machine and space, and is no more."""
        if not self.machine or self.machine != _machine():
            return False
        return _started(self.pid) != self.started


@cache
def _machine() -> str:
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {(_PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Field 22 of the kernel's line on a process; empty when there is none."""
    try:
        line = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return ""
    fields = line.rpartition(")")[2].split()  # the name before it may hold anything
    return "" if fields[0] == "Z" else fields[19]


class LeaseLost(Exception):
    """Somebody else has taken a lease that its holder could not renew in time."""


@dataclass(frozen=True)
class Terms:
    """How leases end.

    Attributes:
        lasts: seconds without renewal after which a lease has ended.
        renewal: seconds between two renewals.
    """

    lasts: float = 60.0
    renewal: float = 15.0


DEFAULT_TERMS = Terms()


@dataclass(frozen=True)
class Holder:
    """Who holds a lease.

    Attributes:
        run: the run that it works for; a run may take leases over from itself, since it knows
            which of its processes are dead.
        process: the process that renews it.
    """

    run: str
    process: ProcessIdentity


class Lease:
    """A lease that is held; see `Leases.take`."""

    def __init__(self, storage: Storage, name: str, content: _Content, version: Version) -> None:
        self._storage = storage
        self._name = name
        self._content = content
        self._version = version
        self._lost = False

    @property
    def lost(self) -> bool:
        """Whether somebody else has taken it."""
        return self._lost

    def renew(self) -> None:
        """Makes it last anew, or finds that it is lost."""
        content = self._content.renewed()
        version = self._storage.replace(self._name, content.to_bytes(), self._version)
        if version is None:
            self._lost = True
            return
        self._content, self._version = content, version

    def release(self) -> None:
        """Ends it, unless it is lost."""
        if self._lost:
            return
        try:
            self._storage.delete(self._name, self._version)
        except (StorageUnavailable, UserError):
            return  # it ends by itself, and what was done under it must not fail for that


@dataclass(frozen=True)
class Leases:
    """Takes leases by name on behalf of one process.

    Attributes:
        storage: where all runs look.
        holder: who takes them.
        terms: how they end.
    """

    storage: Storage
    holder: Holder
    terms: Terms = DEFAULT_TERMS

    @classmethod
    def of_process(cls, storage: Storage, run: str, terms: Terms = DEFAULT_TERMS) -> Leases:
        """Leases for this process, which works for a run."""
        return cls(storage, Holder(run, ProcessIdentity.own()), terms)

    def take(self, name: str) -> Lease | None:
        """Takes a lease that nobody holds; None when somebody does, or was faster.

        Args:
            name: of the work, fit for a file name.
        """
        path = f"leases/{name}.json"
        content = _Content(self.holder)
        version = self.storage.write_new(path, content.to_bytes())
        if version is None:
            try:
                blob = self.storage.look(path)
            except BlobMissing:
                return None
            if not self._has_ended(blob):
                return None
            version = self.storage.replace(path, content.to_bytes(), blob.version)
        return None if version is None else Lease(self.storage, path, content, version)

    def held_by(self, name: str) -> Holder | None:
        """Who holds a lease or lost it by silence; None when nobody does, or it can't be read."""
        try:
            return _Content.holder_in(self.storage.look(f"leases/{name}.json").data)
        except BlobMissing:
            return None

    @contextmanager
    def held(self, name: str) -> Iterator[Lease | None]:
        """Holds a lease for as long as the block lasts; None when somebody else holds it."""
        lease = self.take(name)
        if lease is None:
            yield None
            return
        stop = threading.Event()
        renewing = threading.Thread(target=self._renew, args=(lease, stop), daemon=True)
        renewing.start()
        try:
            yield lease
        finally:
            stop.set()
            renewing.join()
            lease.release()

    def _renew(self, lease: Lease, stop: threading.Event) -> None:
        while not stop.wait(self.terms.renewal) and not lease.lost:
            try:
                lease.renew()
            except (StorageUnavailable, UserError):
                continue  # the work itself meets the same store, and says what is wrong

    def _has_ended(self, blob: Blob) -> bool:
        if blob.age > self.terms.lasts:
            return True
        holder = _Content.holder_in(blob.data)
        if holder is None:
            return False
        return holder.run == self.holder.run or holder.process.is_surely_dead()


class _Content:
    """What a lease's blob says; differs between any two leases and renewals."""

    def __init__(self, holder: Holder, nonce: str = "", renewals: int = 0) -> None:
        self._holder = holder
        self._nonce = nonce or uuid4().hex
        self._renewals = renewals

    def renewed(self) -> _Content:
        return _Content(self._holder, self._nonce, self._renewals + 1)

    def to_bytes(self) -> bytes:
        values = {"holder": asdict(self._holder), "nonce": self._nonce, "renewals": self._renewals}
        return json.dumps(values).encode()

    @staticmethod
    def holder_in(data: bytes) -> Holder | None:
        """Who wrote it; None when that can't be read."""
        try:
            values = json.loads(data)["holder"]
            return Holder(values["run"], ProcessIdentity(**values["process"]))
        except (ValueError, KeyError, TypeError):
            return None
