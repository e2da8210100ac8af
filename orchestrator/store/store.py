"""The result store: one immutable Parquet file per finished cell, named by its key.

results/<key>.parquet       traces of finished cells, never rewritten
failures/<key>.parquet      the last failed attempt of a cell, with its traceback
pruned/<key>.parquet        traces of cells that a search ended early
damaged/<key>-<digest>.parquet  traces that could not be read
checkpoints/<key>.<slot>.safetensors   running cells: the last two states of each
prompts/<key>.safetensors   final state of a trained cell's method, for other cells to test
prompts/<key>.json          what a cell's prompt is used with: class names, texts, preprocessing
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
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from orchestrator.errors import UserError
from orchestrator.store.json_blob import mapping_in, value_in
from orchestrator.store.storage import BlobMissing, Storage
from orchestrator.store.trace import Trace
from orchestrator.store.trace_file import (
    REMEDY,
    DamagedTrace,
    UnreadableTrace,
    decode,
    decode_header,
    encode,
)

__all__ = ["DamagedTrace", "Store", "UnreadableTrace"]

_TRIES = 10

CHECKPOINTS = 2
"""Checkpoints kept per running cell: if the last is damaged, the one before is used."""


_FILES = {
    folder: re.compile(rf"(?P<key>[^.]+){ending}")
    for folder, ending in {
        **dict.fromkeys(("results", "failures", "pruned"), r"\.parquet"),
        "checkpoints": r"\.[0-9]+\.safetensors",
        "prompts": r"\.safetensors",
        "calibration": r".*\.json",
    }.items()
}
"""What the files of each folder are called."""


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
        """The store's random name, which the first caller creates.

        Raises:
            UserError: the name changes each time it is read.
        """
        name = "identity/store.json"
        for _ in range(_TRIES):  # of hosts that find a damaged name at once, one names it anew
            named = json.dumps({"id": uuid4().hex}).encode()
            self.storage.write_new(name, named)
            blob = self.storage.look(name)
            known = (mapping_in(blob.data) or {}).get("id")
            if known and isinstance(known, str):
                return known
            self.storage.replace(name, named, blob.version)
        raise UserError(f"{self.storage.location}/{name} changes all the time. Remove it.")

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
                return self._own(name, decode_header(data, f"{self.storage.location}/{name}"))
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
            self._decoded(name, blob.data, metrics=())
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

    def save_surroundings(self, key: str, values: Mapping[str, Any]) -> None:
        """Stores what the prompt of a cell is used with; writing it again is harmless."""
        self.storage.write(f"prompts/{key}.json", json.dumps(values).encode())

    def surroundings(self, key: str) -> dict[str, Any] | None:
        """What the prompt of a cell is used with; None if that isn't kept, or can't be read."""
        data = self._optional(f"prompts/{key}.json")
        return None if data is None else mapping_in(data)

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
        """Which images of a list can't be read; None if that isn't known."""
        data = self._optional(f"unreadable/{digest}.json")
        found = None if data is None else value_in(data)
        whole = isinstance(found, list) and all(isinstance(entry, str) for entry in found)
        return found if whole else None

    def save_calibration(self, name: str, values: dict[str, Any]) -> None:
        """Stores measured costs of this kind of machine."""
        self.storage.write(f"calibration/{name}.json", json.dumps(values, indent=1).encode())

    def calibrated(self) -> bool:
        """Whether any machine's measured seconds are kept."""
        return bool(self._keys("calibration"))

    def calibration(self, name: str) -> dict[str, Any] | None:
        """Measured costs of this kind of machine; None if none can be read."""
        data = self._optional(f"calibration/{name}.json")
        return None if data is None else mapping_in(data)

    def _optional(self, name: str) -> bytes | None:
        try:
            return self.storage.read(name)
        except BlobMissing:
            return None

    def _keys(self, folder: str) -> frozenset[str]:
        """Keys that have a file in a folder; whatever else lies there is left alone."""
        names = (name.rsplit("/", 1)[1] for name in self.storage.names(folder))
        found = (_FILES[folder].fullmatch(name) for name in names)
        return frozenset(match["key"] for match in found if match)

    def _load(self, name: str, metrics: Collection[str] | None = None) -> Trace:
        return self._decoded(name, self.storage.read(name), metrics)

    def _decoded(self, name: str, data: bytes, metrics: Collection[str] | None) -> Trace:
        return self._own(name, decode(data, f"{self.storage.location}/{name}", metrics))

    def _own(self, name: str, trace: Trace) -> Trace:
        """The trace of a file, which is of the cell that the file is named by.

        Raises:
            DamagedTrace: it is another one's.
        """
        if trace.key != _key(name):
            where = f"{self.storage.location}/{name}"
            raise DamagedTrace(f"{where} holds the trace of another cell. {REMEDY}")
        return trace


def _key(name: str) -> str:
    return name.rsplit("/", 1)[1].split(".", 1)[0]


def _checkpoint_name(key: str, slot: int) -> str:
    return f"checkpoints/{key}.{slot}.safetensors"
