"""The result store, which is the truth: one immutable Parquet file a finished cell, by key.

results/<key>.parquet       finished traces, never rewritten
failures/<key>.parquet      the last failed attempt of a cell, with its traceback
pruned/<key>.parquet        cells that a search ended early, as far as they came
damaged/<key>-<digest>.parquet  traces that could not be read, set aside
checkpoints/<key>.<slot>.safetensors   running cells: the last two states of each
prompts/<key>.safetensors   last state of a trained cell's method, for others to test
leases/<key>.json           who runs a cell right now; of searches and MLflow, by other names
features/<digest>.safetensors   image features shared by cells
calibration/<host>.json     measured seconds per query
unreadable/<digest>.json    which of some images can't be read
identity/store.json         a random name, by which hosts know that they see the same store
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from orchestrator.store.storage import BlobMissing, Storage
from orchestrator.store.trace import Trace
from orchestrator.store.trace_file import DamagedTrace, UnreadableTrace, decode, encode

__all__ = ["DamagedTrace", "Store", "UnreadableTrace"]

CHECKPOINTS = 2
"""Kept of a running cell: should the last be damaged, the one before is used."""


@dataclass(frozen=True)
class Store:
    """Traces, checkpoints and features by key.

    Args:
        storage: where the blobs lie.
    """

    storage: Storage

    def identity(self) -> str:
        """The store's random name; given to it by whoever asks first."""
        name = "identity/store.json"
        self.storage.write_new(name, json.dumps({"id": uuid4().hex}).encode())
        return str(json.loads(self.storage.read(name))["id"])

    def save(self, trace: Trace) -> None:
        """Stores a trace; a finished one is kept as it is if the key has one already."""
        data = encode(trace)
        if trace.status == "finished":
            self.storage.write_new(f"results/{trace.key}.parquet", data)
            self.storage.delete(f"failures/{trace.key}.parquet")
            self.storage.delete(f"pruned/{trace.key}.parquet")
            for slot in range(CHECKPOINTS):
                self.storage.delete(_checkpoint_name(trace.key, slot))
        else:
            folder = "failures" if trace.status == "failed" else "pruned"
            self.storage.write(f"{folder}/{trace.key}.parquet", data)

    def finished(self, key: str, metrics: Collection[str] | None = None) -> Trace:
        """The finished trace of a key.

        Args:
            key: the cell's key.
            metrics: keeps only points of these, and points that are no numbers; None keeps all.

        Raises:
            BlobMissing: there is none.
            UnreadableTrace: the file is damaged or of an unknown schema version.
        """
        return self._load(f"results/{key}.parquet", metrics)

    def is_finished(self, key: str) -> bool:
        """Whether a cell has a result, looked up by itself."""
        return self._optional(f"results/{key}.parquet") is not None

    def failed(self, key: str) -> Trace:
        """The last failed trace of a key; raises like `finished`."""
        return self._load(f"failures/{key}.parquet")

    def pruned(self, key: str) -> Trace:
        """The trace of a cell that a search ended early; raises like `finished`."""
        return self._load(f"pruned/{key}.parquet")

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
        """Moves traces of a cell that can't be read to `damaged/`; says what was wrong with each.

        Raises:
            UnknownVersion: a trace of a schema version that this release doesn't know.
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

    def save_unreadable_images(self, digest: str, references: Sequence[str]) -> None:
        """Remembers which of some images can't be read; the digest names them all."""
        self.storage.write(f"unreadable/{digest}.json", json.dumps(list(references)).encode())

    def unreadable_images(self, digest: str) -> list[str] | None:
        """What was remembered; None when the images were never looked at."""
        data = self._optional(f"unreadable/{digest}.json")
        return None if data is None else [str(reference) for reference in json.loads(data)]

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
        return decode(self.storage.read(name), f"{self.storage.location}/{name}", metrics)


def _checkpoint_name(key: str, slot: int) -> str:
    return f"checkpoints/{key}.{slot}.safetensors"
