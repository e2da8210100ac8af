"""Whatever lies at a path, it is read, or refused in one short line; nothing else happens."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.benchmarks.datasets.own.read import refusal

few = settings(max_examples=40, deadline=None)

CELLS = st.one_of(
    st.sampled_from(
        ["a.jpg", "./a.jpg", "..", "\\", "owl", "tit", "0", "1", "\u00b2", "-1", "1e3", "train",
         "test", "NaN", "", " ", '"', "\ufeff", "caf\u00e9", "\x00", "/", "C:\\x", "http://x/y.jpg"]
    ),
    st.text(max_size=12),
)  # fmt: skip
HEADERS = st.sampled_from(
    ["image", "class_name", "label", "split", "path", "class", " IMAGE ", "", "width", "splitt"]
)


def write(path: Path, data: bytes) -> None:
    """Writes a file, if the file system takes such a name there."""
    with contextlib.suppress(OSError, ValueError):  # such as a folder of this name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


@few
@given(st.one_of(st.binary(max_size=300), st.text(max_size=200).map(lambda t: t.encode("utf-8"))))
def test_any_bytes_as_a_manifest(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for ending in ("csv", "tsv", "parquet", "txt"):
            path = Path(folder) / f"birds.{ending}"
            path.write_bytes(data)
            assert refusal(path)


@few
@given(
    header=st.lists(HEADERS, min_size=1, max_size=5),
    rows=st.lists(st.lists(CELLS, max_size=6), max_size=6),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_any_table_as_a_manifest(
    header: list[str], rows: list[list[str]], delimiter: str, end: str
) -> None:
    text = end.join(delimiter.join(row) for row in [header, *rows])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "birds.csv"
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        refusal(path)


@few
@given(
    rows=st.lists(
        st.tuples(
            st.one_of(st.sampled_from(["a", "b", "c", "d"]), CELLS),
            st.one_of(st.sampled_from(["owl", "tit"]), CELLS),
            st.one_of(st.sampled_from(["train", "test"]), CELLS),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_nearly_sound_rows(rows: list[tuple[str, str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "birds.csv"
        lines = ["image\tclass_name\tsplit", *("\t".join(row) for row in rows)]
        path.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
        refusal(path)


VALUES = st.one_of(
    st.lists(st.one_of(st.none(), st.binary(max_size=9)), min_size=3, max_size=3),
    st.lists(st.one_of(st.none(), st.text(max_size=9)), min_size=3, max_size=3),
    st.lists(st.one_of(st.none(), st.integers(-2, 2**62)), min_size=3, max_size=3),
    st.lists(st.one_of(st.none(), st.floats()), min_size=3, max_size=3),
    st.lists(st.booleans(), min_size=3, max_size=3),
    st.lists(st.dates(), min_size=3, max_size=3),
    st.lists(
        st.fixed_dictionaries({"bytes": st.binary(max_size=3), "path": st.text(max_size=3)}),
        min_size=3,
        max_size=3,
    ),
    st.lists(st.lists(st.integers(0, 9), max_size=2), min_size=3, max_size=3),
)


@few
@given(st.dictionaries(HEADERS, VALUES, max_size=5), st.binary(max_size=40))
def test_any_columns_in_a_parquet_file(columns: dict[str, list[object]], metadata: bytes) -> None:
    table = pa.table(columns).replace_schema_metadata({b"huggingface": metadata})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "birds.parquet"
        pq.write_table(table, path)
        refusal(path)


PARTS = st.one_of(
    st.sampled_from(
        [b"train", b"Test", b"val", b"valid", b"owl", b"tit", b"__MACOSX", b".DS_Store", b"a.jpg",
         b"caf\xc3\xa9", b"cafe\xcc\x81", b"caf\xe9.jpg", b"caf\xe9", b"\xff.txt", b"a\n.jpg"]
    ),
    st.binary(min_size=1, max_size=6),
)  # fmt: skip


@few
@given(st.lists(st.lists(PARTS, min_size=1, max_size=4), max_size=10))
def test_any_tree_of_files(paths: list[list[bytes]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        inside = Path(folder) / "birds"
        inside.mkdir()
        for parts in paths:
            named = [os.fsdecode(part.replace(b"/", b"_")) for part in parts]
            if not {".", ".."} & set(named):
                write(inside.joinpath(*named), b"x")
        refusal(inside)
