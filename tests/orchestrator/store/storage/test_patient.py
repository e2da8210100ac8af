"""A storage that fails for a while is waited for, in words, up to a limit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from orchestrator.errors import UserError
from orchestrator.store.storage import (
    BlobMissing,
    LocalStorage,
    Patience,
    PatientStorage,
    Storage,
    StorageDown,
    StorageUnavailable,
    Version,
)
from tests.conformance.storage_suite import StorageSuite
from tests.orchestrator.store.storage.test_local import set_back

_Value = TypeVar("_Value")
QUICK = Patience(limit=5, first_wait=0.001, longest_wait=0.01, quiet=0)


class Flaky(LocalStorage):
    """Fails a number of times: before it has done what was asked, or after."""

    failures = 0
    after = False
    error: Exception = StorageUnavailable("503 Slow Down")

    def write_new(self, name: str, data: bytes) -> Version | None:
        return self._flaky(lambda: super(Flaky, self).write_new(name, data))

    def replace(self, name: str, data: bytes, version: Version) -> Version | None:
        return self._flaky(lambda: super(Flaky, self).replace(name, data, version))

    def read(self, name: str) -> bytes:
        return self._flaky(lambda: super(Flaky, self).read(name))

    def _flaky(self, request: Callable[[], _Value]) -> _Value:
        done = request() if self.after else None
        if self.failures:
            self.failures -= 1
            raise self.error
        return request() if done is None else done


class TestPatientStorage(StorageSuite):
    @pytest.fixture
    def storage(self, tmp_path: Path) -> Storage:
        flaky = Flaky(tmp_path)
        flaky.failures = 3
        return PatientStorage(flaky, QUICK)

    def pass_time(self, storage: Storage, name: str) -> None:
        set_back(Path(storage.location) / name)


def test_waiting_is_told_once_and_so_is_its_end(tmp_path: Path) -> None:
    said: list[str] = []
    flaky = Flaky(tmp_path)
    storage = PatientStorage(flaky, QUICK, said.append)
    storage.write("r/k", b"data")
    flaky.failures = 5
    assert storage.read("r/k") == b"data"
    assert len(said) == 2
    assert "can't serve (503 Slow Down); waiting for it" in said[0]
    assert "answers again" in said[1]


def test_a_short_hiccup_is_not_worth_a_word(tmp_path: Path) -> None:
    said: list[str] = []
    flaky = Flaky(tmp_path)
    flaky.failures = 2
    PatientStorage(flaky, Patience(first_wait=0.001), said.append).write_new("r/k", b"data")
    assert said == []


def test_patience_ends_with_what_to_do(tmp_path: Path) -> None:
    flaky = Flaky(tmp_path)
    storage = PatientStorage(flaky, Patience(limit=0.05, first_wait=0.001, quiet=0))
    flaky.failures = 10_000
    with pytest.raises(StorageDown, match="the same command goes on from there"):
        storage.write_new("r/k", b"data")


def test_growing_waits_do_not_exceed_a_short_limit_by_much(tmp_path: Path) -> None:
    flaky = Flaky(tmp_path)
    flaky.failures = 10_000
    storage = PatientStorage(flaky, Patience(limit=0.2, first_wait=0.001, quiet=0))
    with pytest.raises(StorageDown):
        storage.read("r/k")
    assert 10_000 - flaky.failures > 8  # doubled each time, they would be eight


@pytest.mark.parametrize("error", [UserError("no permission"), BlobMissing("r/k"), ValueError("x")])
def test_what_does_not_pass_is_not_waited_for(error: Exception, tmp_path: Path) -> None:
    flaky = Flaky(tmp_path)
    flaky.failures, flaky.error = 1, error
    with pytest.raises(type(error)):
        PatientStorage(flaky, QUICK).read("r/k")


def test_a_write_whose_answer_was_lost_counts_as_done(tmp_path: Path) -> None:
    flaky = Flaky(tmp_path)
    flaky.after = True
    storage = PatientStorage(flaky, QUICK)
    flaky.failures = 1
    version = storage.write_new("r/k", b"one")
    assert version == flaky.look("r/k").version
    flaky.failures = 1
    assert storage.replace("r/k", b"two", version) == flaky.look("r/k").version
    assert flaky.look("r/k").data == b"two"


def test_a_lost_answer_is_not_taken_for_somebody_elses_win(tmp_path: Path) -> None:
    flaky = Flaky(tmp_path)
    flaky.write("r/k", b"theirs")
    flaky.failures = 1
    assert PatientStorage(flaky, QUICK).write_new("r/k", b"ours") is None
    assert flaky.read("r/k") == b"theirs"
