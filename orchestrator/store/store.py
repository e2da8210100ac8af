"""The result store: one immutable Parquet file per finished cell, named by its key.

results/<key>.parquet       traces of finished cells, never rewritten
failures/<key>.parquet      the last failed attempt of a cell, with its traceback
pruned/<key>.parquet        traces of cells that a search ended early
damaged/<key>-<digest>.parquet  traces that could not be read
checkpoints/<key>.<slot>.safetensors   running cells: the last two states of each
prompts/<key>.safetensors   final state of a trained cell's method, for other cells to test
leases/<name>.json          who runs a cell (by its key), a search or the MLflow writer right now
features/<digest>.safetensors   image features that cells share
calibration/<name>.json     measured seconds per image and per class, by backbone and machine
unreadable/<digest>.json    which images of a list can't be read
identity/store.json         a random name: hosts that read the same one see the same store

A store in a folder also holds what others write there: search/<spec>.db (the study of a search),
reports/<spec>/, mlflow.db and mlflow-artifacts/.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from orchestrator.store.storage import BlobMissing, Storage
from orchestrator.store.trace import Trace
from orchestrator.store.trace_file import (
    DamagedTrace,
    UnreadableTrace,
    decode,
    decode_header,
    encode,
)

__all__ = ["DamagedTrace", "Store", "UnreadableTrace"]

_ENDINGS = {"checkpoints": ".safetensors", "prompts": ".safetensors", "calibration": ".json"}
"""Of the store's own files, by folder; people and their systems leave others beside them."""

CHECKPOINTS = 2
"""Checkpoints kept per running cell: if the last is damaged, the one before is used."""


@dataclass(frozen=True)
class Store:
    """Traces, checkpoints, prompts and features by key.

    For example:

        store = Store(open_storage("results"))
        for trace in store.traces():
            print(trace.key, trace.last("test_accuracy"))
    """

    storage: Storage

    def identity(self) -> str:
        """The store's random name, which the first caller creates."""
        name = "identity/store.json"
        self.storage.write_new(name, json.dumps({"id": uuid4().hex}).encode())
        return str(json.loads(self.storage.read(name))["id"])

    def save(self, trace: Trace) -> None:
        """Stores a trace; an existing finished trace of the key is never replaced."""
        data = encode(trace)
        if trace.status == "finished":
            self.storage.write_new(f"results/{trace.key}.parquet", data)
            self.storage.delete(f"failures/{trace.key}.parquet")
            self.storage.delete(f"pruned/{trace.key}.parquet")
            self.forget_checkpoints(trace.key)
        else:
            folder = "failures" if trace.status == "failed" else "pruned"
            self.storage.write(f"{folder}/{trace.key}.parquet", data)

    def finished(self, key: str, metrics: Collection[str] | None = None) -> Trace:
        """The finished trace of a key.

        Args:
            key: the cell's key.
            metrics: metrics to read; infinite and NaN points are always kept. None reads all.

        Raises:
            BlobMissing: the key has none.
            UnreadableTrace: the file is damaged or of an unknown schema version.
        """
        return self._load(f"results/{key}.parquet", metrics)

    def is_finished(self, key: str) -> bool:
        """Whether a cell has a result."""
        return self._optional(f"results/{key}.parquet") is not None

    def failed(self, key: str) -> Trace:
        """The last failed trace of a key; raises like `finished`."""
        return self._load(f"failures/{key}.parquet")

    def pruned(self, key: str) -> Trace:
        """The trace of a cell that a search ended early; raises like `finished`."""
        return self._load(f"pruned/{key}.parquet")

    def header(self, key: str) -> Trace:
        """The finished trace of a key, or else the failed one, without its points.

        Raises:
            BlobMissing: the key has neither.
            UnreadableTrace: its header is damaged or of an unknown schema version.
        """
        for folder in ("results", "failures"):
            name = f"{folder}/{key}.parquet"
            data = self._optional(name)
            if data is not None:
                return decode_header(data, f"{self.storage.location}/{name}")
        raise BlobMissing(key)

    def written(self, keys: Collection[str]) -> dict[str, float]:
        """When the finished or failed traces of keys were written, in seconds since 1970."""
        times = {**self.storage.times("failures"), **self.storage.times("results")}
        known = {_key(name): time for name, time in times.items()}
        return {key: known.get(key, 0.0) for key in keys}

    def finished_keys(self) -> frozenset[str]:
        """Keys of all finished cells."""
        return self._keys("results")

    def failed_keys(self) -> frozenset[str]:
        """Keys of cells whose last attempt failed."""
        return self._keys("failures")

    def pruned_keys(self) -> frozenset[str]:
        """Keys of cells that a search ended early."""
        return self._keys("pruned")

    def running_keys(self) -> frozenset[str]:
        """Keys of cells that have a checkpoint and no result."""
        return self._keys("checkpoints") - self.finished_keys()

    def set_aside_damaged(self, key: str) -> tuple[str, ...]:
        """Moves traces of a cell that can't be read to `damaged/`; returns a message about each.

        Raises:
            UnreadableTrace: a trace has a schema version that this release doesn't know.
        """
        folders = ("results", "failures", "pruned")
        return tuple(filter(None, (self._set_aside(folder, key) for folder in folders)))

    def _set_aside(self, folder: str, key: str) -> str:
        name = f"{folder}/{key}.parquet"
        try:
            blob = self.storage.look(name)
            decode(blob.data, f"{self.storage.location}/{name}", metrics=())
        except BlobMissing:
            return ""
        except DamagedTrace as error:
            aside = f"damaged/{key}-{hashlib.sha256(blob.data).hexdigest()[:8]}.parquet"
            self.storage.write(aside, blob.data)
            self.storage.delete(name, blob.version)
            return f"{error} It was set aside as {aside}."
        return ""

    def traces(self, left_out: Callable[[str], None] | None = None) -> Iterator[Trace]:
        """All finished traces, in order of keys; raises like `finished`.

        `left_out` is told of each that can't be read; None refuses it.
        """
        for key in sorted(self.finished_keys()):
            try:
                yield self.finished(key)
            except UnreadableTrace as error:
                if left_out is None:
                    raise
                left_out(f"left out: {error}")

    def save_checkpoint(self, key: str, slot: int, data: bytes) -> None:
        """Replaces the checkpoint in a slot of a running cell, from 0 to `CHECKPOINTS - 1`."""
        self.storage.write(_checkpoint_name(key, slot), data)

    def checkpoint(self, key: str, slot: int) -> bytes | None:
        """The checkpoint in a slot of a cell; None if there is none."""
        return self._optional(_checkpoint_name(key, slot))

    def forget_checkpoints(self, key: str) -> None:
        """Removes all checkpoints of a cell, so that it starts afresh."""
        for slot in range(CHECKPOINTS):
            self.storage.delete(_checkpoint_name(key, slot))

    def save_prompt(self, key: str, data: bytes) -> None:
        """Stores the final prompt of a cell; writing the same one again is harmless."""
        self.storage.write(f"prompts/{key}.safetensors", data)

    def prompt(self, key: str) -> bytes | None:
        """The final prompt of a cell; None if there is none."""
        return self._optional(f"prompts/{key}.safetensors")

    def forget_prompt(self, key: str) -> None:
        """Removes the final prompt of a cell, so that it is trained again."""
        self.storage.delete(f"prompts/{key}.safetensors")

    def prompt_keys(self) -> frozenset[str]:
        """Keys of cells whose final prompt is stored."""
        return self._keys("prompts")

    def save_features(self, digest: str, data: bytes) -> None:
        """Stores image features; writing the same ones again is harmless."""
        self.storage.write(f"features/{digest}.safetensors", data)

    def features(self, digest: str) -> bytes | None:
        """Stored image features; None if there are none."""
        return self._optional(f"features/{digest}.safetensors")

    def forget_features(self) -> int:
        """Removes all image features; returns the number of splits.

        Only time is lost: images are encoded again when they are needed.
        """
        names = self.storage.names("features")
        for name in names:
            self.storage.delete(name)
        return len(names)

    def feature_sizes(self) -> tuple[int, ...]:
        """Size in bytes of the features of each split."""
        return tuple(self.storage.sizes("features").values())

    def save_unreadable_images(self, digest: str, references: Sequence[str]) -> None:
        """Stores which images of a list can't be read; the digest names the whole list."""
        self.storage.write(f"unreadable/{digest}.json", json.dumps(list(references)).encode())

    def unreadable_images(self, digest: str) -> list[str] | None:
        """Which images of a list can't be read; None if they were never checked."""
        data = self._optional(f"unreadable/{digest}.json")
        return None if data is None else [str(reference) for reference in json.loads(data)]

    def save_calibration(self, name: str, values: dict[str, Any]) -> None:
        """Stores measured costs of this kind of machine."""
        self.storage.write(f"calibration/{name}.json", json.dumps(values, indent=1).encode())

    def calibrated(self) -> bool:
        """Whether any machine's measured seconds are kept."""
        return bool(self._keys("calibration"))

    def calibration(self, name: str) -> dict[str, Any] | None:
        """Measured costs of this kind of machine; None if nothing was measured."""
        data = self._optional(f"calibration/{name}.json")
        return None if data is None else dict(json.loads(data))

    def _optional(self, name: str) -> bytes | None:
        try:
            return self.storage.read(name)
        except BlobMissing:
            return None

    def _keys(self, folder: str) -> frozenset[str]:
        ending = _ENDINGS.get(folder, ".parquet")
        return frozenset(_key(name) for name in self.storage.names(folder) if name.endswith(ending))

    def _load(self, name: str, metrics: Collection[str] | None = None) -> Trace:
        return decode(self.storage.read(name), f"{self.storage.location}/{name}", metrics)


def _key(name: str) -> str:
    return name.rsplit("/", 1)[1].split(".", 1)[0]


def _checkpoint_name(key: str, slot: int) -> str:
    return f"checkpoints/{key}.{slot}.safetensors"
