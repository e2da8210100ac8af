"""A store in which lies what no run has written there: it is healed, left alone, or named."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import UserError
from orchestrator.plan.calibration import costs_in
from orchestrator.store.json_blob import mapping_in, value_in
from orchestrator.store.storage import LocalStorage
from orchestrator.store.store import DamagedTrace, Store
from orchestrator.store.trace_file import decode, encode
from tests.orchestrator.store.test_store import TRACE

NO_OBJECT = [b"", b"[1]", b"null", b'"x"', b"{", b"\xff\xfe", b"[" * 100_000, b'{"a": [1]}', b"NaN"]
COSTS = {"machine": "CPU", "per_image": 0.1, "per_sequence": 0.2}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(LocalStorage(tmp_path))


@pytest.mark.parametrize("content", NO_OBJECT)
def test_small_files_of_any_content_are_as_good_as_none(store: Store, content: bytes) -> None:
    for name in ("calibration/here.json", "unreadable/ab.json", "identity/store.json"):
        store.storage.write(name, content)
    assert costs_in(store.calibration("here")) is None
    assert store.unreadable_images("ab") is None
    name = store.identity()
    assert len(name) == 32
    assert store.identity() == name


@pytest.mark.parametrize("change", [{"per_image": "x"}, {"per_image": -1}, {"per_sequence": None}])
def test_costs_that_are_no_seconds_are_as_good_as_none(change: dict[str, Any]) -> None:
    assert costs_in(COSTS) is not None
    assert costs_in({**COSTS, **change}) is None


def test_files_that_are_no_results_are_left_alone(store: Store, tmp_path: Path) -> None:
    store.save(TRACE)
    results = tmp_path / "results"
    for name in ("notes.txt", "cd34.parquet.tmp", "cd34.json", ".DS_Store", "a.b.parquet"):
        (results / name).write_text("x")
    (results / "cd34.parquet").mkdir()
    (results / "ef56.parquet").symlink_to("/nowhere")
    (results / "circle.parquet").symlink_to(results / "circle.parquet")
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "cd34.parquet").write_text("x")
    assert store.finished_keys() == {"ab12"}
    assert store.running_keys() == frozenset()
    assert list(store.traces()) == [TRACE]


@pytest.mark.parametrize("folder", ["results", "failures", "checkpoints"])
@pytest.mark.parametrize("link", [True, False])
def test_a_folder_that_is_none_is_not_taken_for_an_empty_one(
    store: Store, tmp_path: Path, folder: str, *, link: bool
) -> None:
    path = tmp_path / folder
    if link:
        path.symlink_to("/a/disk/that/is/not/there")
    else:
        path.write_text("x")
    with pytest.raises(UserError, match=rf"stands for a folder \({folder}\). Move that away"):
        store.storage.names(folder)


@pytest.mark.parametrize("link", [True, False])
def test_a_result_that_something_is_in_the_way_of_is_not_taken_for_stored(
    store: Store, tmp_path: Path, *, link: bool
) -> None:
    path = tmp_path / "results" / "ab12.parquet"
    path.parent.mkdir()
    if link:
        path.symlink_to("/nowhere")
    else:
        path.mkdir()
    with pytest.raises(UserError, match=r"in the way \(results/ab12.parquet\). Move that away"):
        store.save(TRACE)


def test_the_trace_of_another_cell_is_no_result(store: Store) -> None:
    store.storage.write("results/cd34.parquet", encode(TRACE))
    with pytest.raises(DamagedTrace, match=r"cd34.parquet holds the trace of another cell"):
        store.finished("cd34")
    assert "set aside" in store.set_aside_damaged("cd34")[0]
    assert store.finished_keys() == frozenset()


def rewritten(header: dict[str, Any], columns: dict[str, Any]) -> bytes:
    """A sound Parquet file with a header and columns of one's own."""
    table = pq.read_table(io.BytesIO(encode(TRACE)))
    text = {**json.loads(table.schema.metadata[b"querycurve"]), **header}
    changed = pa.table({**table.to_pydict(), **columns})
    meta = {b"querycurve": json.dumps({k: v for k, v in text.items() if v != "gone"}).encode()}
    buffer = io.BytesIO()
    pq.write_table(changed.replace_schema_metadata(meta), buffer)
    return buffer.getvalue()


def test_columns_of_other_types_that_hold_the_same_are_read() -> None:
    assert decode(rewritten({}, {}), "here") == TRACE


@pytest.mark.parametrize(
    ("header", "columns", "message"),
    [
        ({"cell": "gone"}, {}, "it has no sound cell"),
        ({"key": 5}, {}, "it has no sound key"),
        ({"status": "odd"}, {}, "it has no sound status"),
        ({"ledgers": {"method": 5}}, {}, "it has no sound ledgers.method"),
        ({"timing": []}, {}, "it has no sound timing"),
        ({}, {"queries": ["a", "b"]}, "is not a readable trace"),
        ({}, {"value": [None, 1.0]}, "a number is missing"),
        ({}, {"metric": [["a"], ["b"]]}, "is not a readable trace"),
    ],
)
def test_sound_parquet_that_is_no_trace_is_damaged(
    header: dict[str, Any], columns: dict[str, Any], message: str
) -> None:
    with pytest.raises(DamagedTrace, match=message) as error:
        decode(rewritten(header, columns), "here")
    assert str(error.value).isprintable()


def test_parquet_of_another_program_is_told_as_that() -> None:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"a": [1]}), buffer)
    with pytest.raises(DamagedTrace, match=r"\(it was not written by this program\)"):
        decode(buffer.getvalue(), "here")


@given(st.binary(max_size=60) | st.text(alphabet='{}[]":,1a', max_size=30).map(str.encode))
def test_any_bytes_are_a_value_or_none(data: bytes) -> None:
    value_in(data)
    assert isinstance(mapping_in(data), dict | None)
