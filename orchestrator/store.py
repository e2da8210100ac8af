"""The result store, which is the truth: one immutable Parquet file a finished cell, by key.

results/<key>.parquet       finished traces, never rewritten
failures/<key>.parquet      the last failed attempt of a cell, with its traceback
checkpoints/<key>.<slot>.safetensors   running cells: the last two states of each
prompts/<key>.safetensors   last state of a trained cell's method, for others to test
leases/<key>.json           who runs a cell right now
features/<digest>.safetensors   image features shared by cells
calibration/<host>.json     measured seconds per query
"""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestrator.errors import UserError
from orchestrator.storage import BlobMissing, Storage
from orchestrator.trace import Point, Trace

SCHEMA_VERSION = "1"

CHECKPOINTS = 2
"""Kept of a running cell: should the last be damaged, the one before is used."""

_META = b"promptbench"
_COLUMNS = pa.schema(
    [
        ("queries", pa.int64()),
        ("images", pa.int64()),
        ("metric", pa.dictionary(pa.int32(), pa.string())),
        ("value", pa.float64()),
    ]
)


class UnreadableTrace(UserError):
    """A trace file that is corrupt or of a schema version this release doesn't know."""


@dataclass(frozen=True)
class Store:
    """Traces, checkpoints and features by key.

    Args:
        storage: where the blobs lie.
    """

    storage: Storage

    def save(self, trace: Trace) -> None:
        """Stores a trace; a finished one is kept as it is if the key has one already."""
        data = _encode(trace)
        if trace.status == "finished":
            self.storage.write_new(f"results/{trace.key}.parquet", data)
            self.storage.delete(f"failures/{trace.key}.parquet")
            for slot in range(CHECKPOINTS):
                self.storage.delete(_checkpoint_name(trace.key, slot))
        else:
            self.storage.write(f"failures/{trace.key}.parquet", data)

    def finished(self, key: str, metrics: Collection[str] | None = None) -> Trace:
        """The finished trace of a key.

        Args:
            key: the cell's key.
            metrics: keeps only points of these, and points that are no numbers; None keeps all.

        Raises:
            BlobMissing: there is none.
            UnreadableTrace: the file is corrupt or of an unknown schema version.
        """
        return self._load(f"results/{key}.parquet", metrics)

    def is_finished(self, key: str) -> bool:
        """Whether a cell has a result, looked up by itself."""
        return self._optional(f"results/{key}.parquet") is not None

    def failed(self, key: str) -> Trace:
        """The last failed trace of a key; raises like `finished`."""
        return self._load(f"failures/{key}.parquet")

    def finished_keys(self) -> frozenset[str]:
        """Keys of all finished cells."""
        return self._keys("results")

    def failed_keys(self) -> frozenset[str]:
        """Keys of cells whose last attempt failed."""
        return self._keys("failures")

    def running_keys(self) -> frozenset[str]:
        """Keys of cells that have a checkpoint and no result."""
        return self._keys("checkpoints") - self.finished_keys()

    def traces(self) -> Iterator[Trace]:
        """All finished traces, in order of key."""
        return (self.finished(key) for key in sorted(self.finished_keys()))

    def save_checkpoint(self, key: str, slot: int, data: bytes) -> None:
        """Replaces one of the checkpoints of a running cell."""
        self.storage.write(_checkpoint_name(key, slot), data)

    def checkpoint(self, key: str, slot: int) -> bytes | None:
        """One of the checkpoints of a cell; None when there is none."""
        return self._optional(_checkpoint_name(key, slot))

    def save_prompt(self, key: str, data: bytes) -> None:
        """Keeps the final prompt of a cell; writing the same one again is harmless."""
        self.storage.write(f"prompts/{key}.safetensors", data)

    def prompt(self, key: str) -> bytes | None:
        """The final prompt of a cell; None when there is none."""
        return self._optional(f"prompts/{key}.safetensors")

    def forget_prompt(self, key: str) -> None:
        """Removes the final prompt of a cell, so that it is trained again."""
        self.storage.delete(f"prompts/{key}.safetensors")

    def prompt_keys(self) -> frozenset[str]:
        """Keys of cells whose final prompt is there."""
        return self._keys("prompts")

    def save_features(self, digest: str, data: bytes) -> None:
        """Stores image features; writing the same ones again is harmless."""
        self.storage.write(f"features/{digest}.safetensors", data)

    def features(self, digest: str) -> bytes | None:
        """Stored image features; None when there are none."""
        return self._optional(f"features/{digest}.safetensors")

    def forget_features(self) -> int:
        """Removes all image features, so that images are encoded anew; how many splits' there were.

        Nothing is lost but time.
        """
        names = self.storage.names("features")
        for name in names:
            self.storage.delete(name)
        return len(names)

    def feature_sizes(self) -> tuple[int, ...]:
        """Bytes of the features of each split."""
        return tuple(self.storage.sizes("features").values())

    def save_calibration(self, host: str, values: dict[str, Any]) -> None:
        """Remembers measured costs of this kind of machine."""
        self.storage.write(f"calibration/{host}.json", json.dumps(values, indent=1).encode())

    def calibration(self, host: str) -> dict[str, Any] | None:
        """Measured costs of this kind of machine; None when nothing was measured."""
        data = self._optional(f"calibration/{host}.json")
        return None if data is None else dict(json.loads(data))

    def _optional(self, name: str) -> bytes | None:
        try:
            return self.storage.read(name)
        except BlobMissing:
            return None

    def _keys(self, folder: str) -> frozenset[str]:
        return frozenset(
            name.rsplit("/", 1)[1].split(".", 1)[0] for name in self.storage.names(folder)
        )

    def _load(self, name: str, metrics: Collection[str] | None = None) -> Trace:
        return _decode(self.storage.read(name), f"{self.storage.location}/{name}", metrics)


@dataclass(frozen=True)
class StoredCheckpoints:
    """The checkpoints of one cell, as `Checkpoints` needs them.

    Attributes:
        store: where they lie.
        key: the cell's key.
    """

    store: Store
    key: str
    slots: int = CHECKPOINTS

    def read(self, slot: int) -> bytes | None:
        """See `CheckpointFiles.read`."""
        return self.store.checkpoint(self.key, slot)

    def write(self, slot: int, data: bytes) -> None:
        """See `CheckpointFiles.write`."""
        self.store.save_checkpoint(self.key, slot, data)


def _checkpoint_name(key: str, slot: int) -> str:
    return f"checkpoints/{key}.{slot}.safetensors"


def _encode(trace: Trace) -> bytes:
    table = pa.Table.from_pydict(
        {
            "queries": [p.queries for p in trace.points],
            "images": [p.images for p in trace.points],
            "metric": pa.array([p.metric for p in trace.points], pa.string()).dictionary_encode(),
            "value": [p.value for p in trace.points],
        },
        schema=_COLUMNS,
    )
    header = {
        "schema_version": SCHEMA_VERSION,
        "key": trace.key,
        "cell": dict(trace.cell),
        "status": trace.status,
        "ledgers": dict(trace.ledgers),
        "timing": dict(trace.timing),
        "provenance": dict(trace.provenance),
        "error": trace.error,
    }
    table = table.replace_schema_metadata({_META: json.dumps(header).encode()})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def _decode(data: bytes, where: str, metrics: Collection[str] | None) -> Trace:
    try:
        table = pq.read_table(io.BytesIO(data))
        header = json.loads((table.schema.metadata or {})[_META])
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise UnreadableTrace(
            f"{where} is not a readable trace ({type(error).__name__}: {error}). "
            f"Move it away; its cell will run again."
        ) from None
    version = header.get("schema_version")
    if version != SCHEMA_VERSION:
        raise UnreadableTrace(
            f"{where} has trace schema version {version!r}; this release reads version "
            f"{SCHEMA_VERSION!r}. Read it with the release that wrote it, or use another store."
        )
    if metrics is not None:
        table = table.filter(
            pc.field("metric").cast(pa.string()).isin(list(metrics))
            | ~pc.is_finite(pc.field("value"))
        )
    rows = zip(*(table.column(name).to_pylist() for name in _COLUMNS.names), strict=True)
    return Trace(
        key=header["key"],
        cell=header["cell"],
        status=header["status"],
        points=tuple(Point(*row) for row in rows),
        ledgers=header["ledgers"],
        timing=header["timing"],
        provenance=header["provenance"],
        error=header["error"],
    )
