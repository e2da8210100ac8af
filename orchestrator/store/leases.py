"""Leases keep two runs on one store from doing the same work at the same time.

A lease is a blob that its holder rewrites every few seconds. It ends when it is released, when it
was not rewritten for `Leases.lasts` seconds by the clock of the store (clocks of hosts may
disagree), or when its holder is known to be dead. To take over an ended lease, a process replaces
exactly the version of the blob that it has seen, so only one process succeeds.

A holder that is cut off from the store for longer than a lease lasts may lose it, and notice only
later. Two runs then do the same work for a while. Each result is still stored once, because the
store never replaces a result.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from uuid import uuid4

from orchestrator.errors import UserError
from orchestrator.store.json_blob import mapping_in
from orchestrator.store.storage import Blob, BlobMissing, Storage, StorageUnavailable, Version

LASTS = 60.0
"""Seconds without renewal after which a lease has ended."""


class LeaseLost(Exception):
    """Another process has taken a lease that its holder could not renew in time."""


@dataclass(frozen=True)
class ProcessIdentity:
    """Tells a process from every other process, on any machine.

    Attributes:
        host: name of its machine, for people.
        machine: the machine since its last boot, with its process-id namespace; empty where these
            can't be known.
        pid: process id.
        started: when it started, in the kernel's ticks; a later process may have the same id.
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
        """True only if it ran on this machine, in this namespace, and has ended."""
        if not self.machine or self.machine != _machine():
            return False
        return _started(self.pid) != self.started


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


@dataclass(frozen=True)
class Leases:
    """Takes leases by name for one process.

    Attributes:
        storage: shared by all runs.
        holder: who takes them.
        lasts: seconds without renewal after which a lease has ended.
        renewal: seconds between two renewals.
    """

    storage: Storage
    holder: Holder
    lasts: float = LASTS
    renewal: float = 15.0

    @classmethod
    def of_process(cls, storage: Storage, run: str) -> Leases:
        """Leases for this process, which works for a run."""
        return cls(storage, Holder(run, ProcessIdentity.own()))

    def take(self, name: str) -> Lease | None:
        """Takes a lease that nobody holds; None when another process holds it, or was faster.

        Args:
            name: names the work; must be valid in a file name.
        """
        path = f"leases/{name}.json"
        content = _content(self.holder)
        version = self.storage.write_new(path, content)
        if version is None:
            try:
                blob = self.storage.look(path)
            except BlobMissing:
                return None
            if not self._has_ended(blob):
                return None
            version = self.storage.replace(path, content, blob.version)
        return None if version is None else Lease(self.storage, path, self.holder, version)

    def held_by(self, name: str) -> Holder | None:
        """Who wrote a lease last, ended or not; None when there is none, or it can't be read."""
        try:
            return _holder_in(self.storage.look(f"leases/{name}.json").data)
        except BlobMissing:
            return None

    @contextmanager
    def held(self, name: str) -> Iterator[Lease | None]:
        """Holds a lease, renewed by a thread, while the block runs; None when another holds it.

        For example:

            with leases.held(key) as lease:
                if lease is not None:
                    ...  # the work, which should stop once `lease.lost`
        """
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
        while not stop.wait(self.renewal) and not lease.lost:
            try:
                lease.renew()
            except (StorageUnavailable, UserError):
                continue  # the work uses the same store, and will say what is wrong

    def _has_ended(self, blob: Blob) -> bool:
        if blob.age > self.lasts:
            return True
        holder = _holder_in(blob.data)
        if holder is None:
            return False
        return holder.run == self.holder.run or holder.process.is_surely_dead()


@dataclass
class Lease:
    """A lease that is held; see `Leases.take`.

    Attributes:
        lost: whether another process has taken it.
    """

    _storage: Storage
    _path: str
    _holder: Holder
    _version: Version
    lost: bool = False

    def renew(self) -> None:
        """Extends it for `Leases.lasts` more seconds, or finds that it is lost."""
        version = self._storage.replace(self._path, _content(self._holder), self._version)
        if version is None:
            self.lost = True
        else:
            self._version = version

    def release(self) -> None:
        """Ends it, unless it is lost."""
        if self.lost:
            return
        try:
            self._storage.delete(self._path, self._version)
        except (StorageUnavailable, UserError):
            return  # it ends by itself; the finished work must not fail because of it


def living(storage: Storage, names: Collection[str], lasts: float = LASTS) -> frozenset[str]:
    """Those of some leases that somebody holds now; takes none, and writes nothing.

    Those of a run that was cut off on another machine count until they have ended.

    Args:
        storage: shared by all runs.
        names: of the leases.
        lasts: seconds without renewal after which one has ended.
    """
    there = set(storage.names("leases"))
    found = set()
    for name in names:
        path = f"leases/{name}.json"
        if path not in there:
            continue
        try:
            blob = storage.look(path)
        except BlobMissing:  # released since
            continue
        holder = _holder_in(blob.data)
        dead = holder is not None and holder.process.is_surely_dead()
        if blob.age <= lasts and not dead:
            found.add(name)
    return frozenset(found)


def _content(holder: Holder) -> bytes:
    """What a lease's blob holds: other bytes for each lease and each renewal."""
    return json.dumps({"holder": asdict(holder), "nonce": uuid4().hex}).encode()


_FIELDS = {"host": str, "machine": str, "pid": int, "started": str}


def _holder_in(data: bytes) -> Holder | None:
    """Who wrote a lease's blob; None when that can't be read."""
    values = (mapping_in(data) or {}).get("holder")
    if not isinstance(values, dict) or not isinstance(values.get("process"), dict):
        return None
    run, process = values.get("run"), values["process"]
    kinds = {name: type(process.get(name)) for name in (*process, *_FIELDS)}
    if not isinstance(run, str) or kinds != _FIELDS:
        return None
    return Holder(run, ProcessIdentity(**process))


_PROC = Path("/proc")


@cache
def _machine() -> str:
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {(_PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """When a process started (field 22 of its `stat`); empty when it has ended."""
    try:
        line = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return ""
    fields = line.rpartition(")")[2].split()  # the process's name comes before, and may hold blanks
    return "" if fields[0] == "Z" else fields[19]
