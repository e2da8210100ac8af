"""What every storage must do; a test class inherits it and says how to make one."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.store.storage import BlobMissing, Storage, Version, open_storage

NAMES = st.sampled_from(["r/a", "r/b", "s/a.parquet"])
DATA = st.binary(max_size=64)
SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.differing_executors]
OPERATIONS = st.one_of(
    st.tuples(st.just("write"), NAMES, DATA),
    st.tuples(st.just("write_new"), NAMES, DATA),
    st.tuples(st.just("replace current"), NAMES, DATA),
    st.tuples(st.just("replace stale"), NAMES, DATA),
    st.tuples(st.just("delete"), NAMES, st.just(b"")),
)


class StorageSuite:
    """Inherit it and override the fixture `storage` with an empty one."""

    @pytest.fixture
    def storage(self) -> Storage:
        raise NotImplementedError

    def pass_time(self, storage: Storage, name: str) -> None:
        """Makes two seconds pass since a blob was written."""
        time.sleep(2.1)  # the clocks of S3 have no parts of a second

    def test_what_was_written_is_read(self, storage: Storage) -> None:
        storage.write("results/a.bin", b"one")
        storage.write("results/a.bin", b"two")
        assert storage.read("results/a.bin") == b"two"
        assert storage.look("results/a.bin").data == b"two"

    def test_a_missing_blob_is_said_to_be_missing(self, storage: Storage) -> None:
        for request in (storage.read, storage.look):
            with pytest.raises(BlobMissing):
                request("results/a.bin")
        assert storage.names("results") == ()

    def test_names_are_those_directly_in_a_folder(self, storage: Storage) -> None:
        for name in ("r/b", "r/a", "r/deeper/c", "rr/d"):
            storage.write(name, b"")
        assert storage.names("r") == ("r/a", "r/b")

    def test_sizes_are_known_without_reading(self, storage: Storage) -> None:
        storage.write("r/a", b"four")
        storage.write("r/b", b"")
        assert storage.sizes("r") == {"r/a": 4, "r/b": 0}
        assert storage.sizes("s") == {}

    def test_deleting_twice_is_fine(self, storage: Storage) -> None:
        storage.write("x/a", b"")
        storage.delete("x/a")
        storage.delete("x/a")
        storage.delete("x/a", "no such version")
        assert storage.names("x") == ()

    def test_a_writable_storage_passes_its_check_and_stays_empty(self, storage: Storage) -> None:
        storage.check_writable()
        assert storage.names("") == ()

    def test_only_one_of_many_writers_of_a_new_blob_wins(self, storage: Storage) -> None:
        with ThreadPoolExecutor(8) as threads:
            versions = list(threads.map(lambda n: storage.write_new("r/k", b"%d" % n), range(16)))
        _assert_one_won(storage, versions)

    def test_only_one_of_many_replacements_of_a_version_wins(self, storage: Storage) -> None:
        version = storage.write_new("r/k", b"first")
        assert version is not None
        with ThreadPoolExecutor(8) as threads:
            versions = list(
                threads.map(lambda n: storage.replace("r/k", b"%d" % n, version), range(16))
            )
        _assert_one_won(storage, versions)

    def test_what_is_not_there_is_not_replaced(self, storage: Storage) -> None:
        version = storage.write_new("r/k", b"first")
        assert version is not None
        storage.delete("r/k")
        assert storage.replace("r/k", b"second", version) is None
        assert storage.names("r") == ()

    def test_age_is_counted_from_the_last_write(self, storage: Storage) -> None:
        storage.write("r/k", b"old")
        self.pass_time(storage, "r/k")
        assert storage.look("r/k").age >= 1
        first = storage.times("r")
        start = time.monotonic()
        storage.write("r/k", b"new")
        assert storage.times("r")["r/k"] >= first["r/k"] + 1
        assert storage.times("s") == {}
        assert storage.look("r/k").age <= 1 + time.monotonic() - start

    def test_the_location_opens_the_same_place(self, storage: Storage) -> None:
        storage.write("r/k", b"here")
        assert open_storage(storage.location).read("r/k") == b"here"

    @settings(suppress_health_check=SHARED, max_examples=10)
    @given(operations=st.lists(OPERATIONS, max_size=12))
    def test_any_sequence_leaves_what_a_dictionary_would_hold(
        self, storage: Storage, operations: list[tuple[str, str, bytes]]
    ) -> None:
        for name in ("r/a", "r/b", "s/a.parquet"):
            storage.delete(name)
        model: dict[str, bytes] = {}
        for number, (operation, name, data) in enumerate(operations):
            _apply(storage, model, operation, name, b"%d " % number + data)
            found = {n: storage.read(n) for folder in ("r", "s") for n in storage.names(folder)}
            assert found == model


def _assert_one_won(storage: Storage, versions: list[Version | None]) -> None:
    """Of several writers of `r/k`, writer n with the text of n."""
    (won,) = [n for n, version in enumerate(versions) if version is not None]
    found = storage.look("r/k")
    assert storage.read("r/k") == found.data == b"%d" % won
    assert found.version == versions[won]


def _apply(
    storage: Storage, model: dict[str, bytes], operation: str, name: str, data: bytes
) -> None:
    if operation == "write":
        storage.write(name, data)
        model[name] = data
    elif operation == "write_new":
        assert (storage.write_new(name, data) is not None) == (name not in model)
        model.setdefault(name, data)
    elif operation == "delete":
        storage.delete(name)
        model.pop(name, None)
    elif name in model:
        version = storage.look(name).version
        if operation == "replace stale":
            storage.write(name, model[name] + b"!")
            assert storage.replace(name, data, version) is None
            model[name] += b"!"
        else:
            assert storage.replace(name, data, version) is not None
            model[name] = data
