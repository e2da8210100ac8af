"""The store keeps finished traces for good and refuses files it can't vouch for."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator.store.storage import BlobMissing, LocalStorage
from orchestrator.store.store import Store, UnreadableTrace
from orchestrator.store.trace import Point, Trace
from orchestrator.store.trace_file import decode, encode

TRACE = Trace(
    key="ab12",
    cell={"dataset": "pocket_dots", "method": {"name": "zip", "settings": {"rank": 5}}},
    status="finished",
    points=(Point(0, 0, "test_accuracy", 40.0), Point(10, 960, "train_loss", 1.25)),
    ledgers={"method": {"queries": 10, "images": 960}},
    timing={"total": 1.5},
    provenance={"packages": {"torch": "2"}},
)
FAILED = replace(TRACE, status="failed", points=(), error="Traceback ...\nValueError: no")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(LocalStorage(tmp_path))


def path_of(store: Store, name: str) -> Path:
    return Path(store.storage.location) / name


def test_a_trace_comes_back_as_it_was(store: Store) -> None:
    store.save(TRACE)
    assert store.finished("ab12") == TRACE
    assert list(store.traces()) == [TRACE]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(
    values=st.lists(
        st.tuples(
            st.integers(0, 10**9),
            st.integers(0, 10**12),
            st.text(min_size=1, max_size=20),
            st.floats(allow_nan=False),
        ),
        max_size=30,
    )
)
def test_any_points_come_back_as_they_were(
    tmp_path: Path, values: list[tuple[int, int, str, float]]
) -> None:
    key = str(hash(tuple(values)))
    trace = replace(TRACE, key=key, points=tuple(Point(*value) for value in values))
    store = Store(LocalStorage(tmp_path))
    store.save(trace)
    assert store.finished(key).points == trace.points


def test_a_finished_trace_is_never_replaced(store: Store) -> None:
    store.save(TRACE)
    store.save(replace(TRACE, timing={"total": 99.0}))
    assert store.finished("ab12").timing == {"total": 1.5}


def test_finishing_clears_failure_and_checkpoint(store: Store) -> None:
    store.save_checkpoint("ab12", 1, b"half")
    store.save(FAILED)
    assert store.failed_keys() == {"ab12"}
    assert store.running_keys() == {"ab12"}
    store.save(TRACE)
    assert store.failed_keys() == frozenset()
    assert store.running_keys() == frozenset()
    assert store.finished_keys() == {"ab12"}


def test_a_failure_keeps_its_traceback(store: Store) -> None:
    store.save(FAILED)
    assert store.failed("ab12").error.endswith("ValueError: no")
    with pytest.raises(BlobMissing):
        store.finished("ab12")


def test_a_corrupt_file_is_named(store: Store) -> None:
    store.save(TRACE)
    path_of(store, "results/ab12.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(UnreadableTrace, match=r"ab12\.parquet is not a readable trace"):
        store.finished("ab12")


def test_an_unknown_schema_version_is_refused_by_name(store: Store) -> None:
    store.save(TRACE)
    path = path_of(store, "results/ab12.parquet")
    table = pq.read_table(path)
    header = json.loads(table.schema.metadata[b"querycurve"])
    header["schema_version"] = "99"
    buffer = io.BytesIO()
    changed = table.replace_schema_metadata({b"querycurve": json.dumps(header).encode()})
    pq.write_table(changed, buffer)
    path.write_bytes(buffer.getvalue())
    with pytest.raises(UnreadableTrace, match=r"schema version '99'.*reads version '1'"):
        store.finished("ab12")


def test_traces_that_were_written_under_the_former_name_are_read() -> None:
    table = pq.read_table(io.BytesIO(encode(TRACE)))
    names = {b"querycurve": b"promptbench", b"querycurve.sha256": b"promptbench.sha256"}
    former = {names[name]: text for name, text in table.schema.metadata.items()}
    buffer = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(former), buffer)
    assert decode(buffer.getvalue(), "here") == TRACE


@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_no_changed_bit_passes_for_another_result(place: int, bit: int) -> None:
    damaged = bytearray(encode(TRACE))
    damaged[place % len(damaged)] ^= 1 << bit
    try:
        found = decode(bytes(damaged), "here")
    except UnreadableTrace:
        return
    assert found == TRACE


def test_a_damaged_trace_is_set_aside_and_a_good_one_left_alone(store: Store) -> None:
    store.save(TRACE)
    assert store.set_aside_damaged("ab12") == ()
    path_of(store, "results/ab12.parquet").write_bytes(b"PAR1 nonsense")
    (text,) = store.set_aside_damaged("ab12")
    assert "ab12.parquet is not a readable trace" in text
    assert store.finished_keys() == frozenset()
    (aside,) = store.storage.names("damaged")
    assert aside in text
    assert store.storage.read(aside) == b"PAR1 nonsense"
    store.save(TRACE)
    assert store.finished("ab12") == TRACE


@pytest.mark.parametrize("folder", ["results", "failures", "pruned"])
def test_damage_is_found_wherever_a_trace_may_lie(store: Store, folder: str) -> None:
    store.storage.write(f"{folder}/ab12.parquet", b"PAR1 nonsense")
    assert len(store.set_aside_damaged("ab12")) == 1
    assert list(store.storage.names(folder)) == []


def test_checkpoints_and_features_are_optional(store: Store) -> None:
    assert store.checkpoint("ab12", 0) is None
    assert store.features("ff") is None
    store.save_checkpoint("ab12", 0, b"one")
    store.save_checkpoint("ab12", 0, b"two")
    store.save_checkpoint("ab12", 1, b"three")
    store.save_features("ff", b"first")
    store.save_features("ff", b"second")
    assert store.checkpoint("ab12", 0) == b"two"
    assert store.checkpoint("ab12", 1) == b"three"
    assert store.features("ff") == b"second"
