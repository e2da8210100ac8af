"""Parquet files are read in the types that writers choose, and as Hugging Face stores images."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from benchmarks.datasets.decoding import png
from benchmarks.datasets.identity.contents import contents_digest
from benchmarks.datasets.interface import ImageUnreadable
from tests.benchmarks.datasets.own.read import images, notes, own, refusal
from tests.benchmarks.datasets.trees import write_image

NAMES = ["goose", "owl"] * 2
SPLITS = ["train", "train", "test", "test"]
FILES = [png(Image.new("RGB", (9, 7), (n, 0, 0))) for n in range(4)]
STRUCTS = [{"bytes": data, "path": None} for data in FILES]
FOUND = {
    "train": [("0", "goose"), ("1", "owl")],
    "val": [],
    "test": [("2", "goose"), ("3", "owl")],
}


def written(path: Path, metadata: dict[bytes, bytes] | None = None, **columns: Any) -> Path:
    path.parent.mkdir(exist_ok=True)
    pq.write_table(pa.table(columns).replace_schema_metadata(metadata), path)
    return path


def class_label(*names: str) -> dict[bytes, bytes]:
    """The metadata of Hugging Face's datasets."""
    features = {"label": {"names": names, "_type": "ClassLabel"}, "image": {"_type": "Image"}}
    return {b"huggingface": json.dumps({"info": {"features": features}}).encode()}


@pytest.mark.parametrize(
    "column",
    [
        FILES,
        pa.array(FILES, pa.binary_view()),
        pa.array(FILES, pa.large_binary()),
        pa.array(FILES).dictionary_encode(),
        STRUCTS,
        pa.array(STRUCTS, pa.struct([("bytes", pa.binary_view()), ("path", pa.string_view())])),
    ],
    ids=["binary", "view", "large", "dictionary", "struct", "struct of views"],
)
def test_images_are_read_from_any_type_of_bytes(column: Any, tmp_path: Path) -> None:
    path = written(tmp_path / "b.parquet", image=column, class_name=NAMES, split=SPLITS)
    dataset = own(path)
    assert images(dataset) == FOUND
    assert [dataset.encoded(item) for item in dataset.items("test")] == FILES[2:]
    assert dataset.open(dataset.items("test")[1]).getpixel((0, 0)) == (3, 0, 0)


@pytest.mark.parametrize("kind", [pa.int8(), pa.uint64()])
def test_labels_get_their_names_from_the_files_metadata(kind: Any, tmp_path: Path) -> None:
    labels = pa.array([0, 1, 0, 1], kind)
    path = tmp_path / "b.parquet"
    written(path, class_label("goose", "owl"), img=STRUCTS, label=labels, split=SPLITS)
    assert images(own(path)) == FOUND
    assert notes(path) == ["the column 'img' is read as 'image'"]
    written(path, class_label("goose"), image=STRUCTS, label=labels, split=SPLITS)
    assert "row 1: the label 1 has no name: the file names 1 classes" in refusal(path)
    written(path, None, image=STRUCTS, label=labels, split=SPLITS)
    assert "'label' has numbers, and prompts need names" in refusal(path)


def test_classes_of_the_files_list_that_have_no_images_are_left_out(tmp_path: Path) -> None:
    names = class_label("goose", "heron", "owl", "robin")
    path = written(tmp_path / "b.parquet", names, image=FILES, label=[0, 2, 0, 2], split=SPLITS)
    assert images(own(path)) == FOUND
    assert own(path).class_names() == ("goose", "owl")
    assert notes(path) == ["classes of its list that no row has are left out: heron, robin"]
    plain = written(tmp_path / "c.parquet", image=FILES, class_name=NAMES, label=[0, 2, 0, 2])
    assert "expected labels 0 to 1, one per class name, got 0, 2" in refusal(plain)


@pytest.mark.parametrize(
    "text",
    [pa.string_view(), pa.large_string(), pa.binary_view(), pa.dictionary(pa.int32(), pa.string())],
)
def test_text_is_read_from_any_type(text: Any, tmp_path: Path) -> None:
    for name in "abcd":
        write_image(tmp_path / f"{name}.jpg")
    columns: dict[str, Any] = {"class_name": NAMES, "split": SPLITS}
    typed = {name: pa.array(values).cast(text) for name, values in columns.items()}
    path = tmp_path / "b.parquet"
    paths = ["a.jpg", ".\\b.jpg", "./c.jpg", f"{tmp_path}/d.jpg"]
    written(path, image=paths, label=[0.0, 1.0, 0.0, 1.0], **typed)
    assert images(own(path)) == {
        "train": [("a.jpg", "goose"), ("./b.jpg", "owl")],
        "val": [],
        "test": [("./c.jpg", "goose"), ("d.jpg", "owl")],
    }


def test_a_struct_that_has_paths_alone_names_files(tmp_path: Path) -> None:
    structs = [{"bytes": None, "path": f"{name}.jpg"} for name in "abcd"]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    path = tmp_path / "b.parquet"
    written(path, image=pa.array(structs, kind), class_name=NAMES, split=SPLITS)
    assert images(own(path))["test"] == [("c.jpg", "goose"), ("d.jpg", "owl")]


def test_a_row_without_bytes_is_an_unreadable_image(tmp_path: Path) -> None:
    structs = [*STRUCTS[:3], {"bytes": None, "path": "d.jpg"}]
    dataset = own(written(tmp_path / "b.parquet", image=structs, class_name=NAMES, split=SPLITS))
    with pytest.raises(ImageUnreadable, match="can't read image '3': no bytes"):
        dataset.open(dataset.items("test")[1])


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"class_name": [b"\xff" * 577_000] * 4}, "'class_name' must be text, got 577,000 bytes"),
        ({"class_name": STRUCTS}, "'class_name' must be text, got a mapping"),
        ({"class_name": [["a"]] * 4}, "'class_name' must be text, got a list"),
        ({"split": FILES}, "'split' must be train, val or test, got 69 bytes"),
        ({"label": FILES}, "'label' must be a whole number from 0, got 69 bytes"),
        ({"label": [0.5] * 4}, "'label' must be a whole number from 0, got 0.5"),
        ({"image": [[1, 2]] * 4}, "got the type list<element: int64>"),
        ({"image": [{"data": b"x"}] * 4}, "or images as Hugging Face stores them, got the type"),
        ({"class_name": [None, *NAMES[1:]]}, "row 0: 'class_name' is empty"),
    ],
)
def test_values_of_other_kinds_are_named_and_never_shown_whole(
    columns: dict[str, Any], told: str, tmp_path: Path
) -> None:
    sound: dict[str, Any] = {"image": FILES, "class_name": NAMES, "split": SPLITS}
    assert told in refusal(written(tmp_path / "b.parquet", **{**sound, **columns}))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"image,class_name\na.jpg,owl\n", "it is text: call a CSV file .csv"),
        (
            b"version https://git-lfs.github.com/spec/v1\n",
            "it is only a pointer of Git LFS: run `git lfs pull`",
        ),
        (b"PAR1\x00\x01\x02PAR1", "it is damaged or cut off"),
        (b"", "it is empty"),
    ],
)
def test_what_is_no_parquet_file_is_told_by_what_it_is(
    data: bytes, told: str, tmp_path: Path
) -> None:
    (tmp_path / "b.parquet").write_bytes(data)
    assert f"b.parquet is no readable Parquet file: {told}." in refusal(tmp_path / "b.parquet")


@pytest.mark.parametrize("inside", [".", "data"])
def test_files_that_are_named_by_split_are_one_dataset(inside: str, tmp_path: Path) -> None:
    folder = tmp_path / inside
    folder.mkdir(exist_ok=True)
    for name in ("test-00000-of-00001", "train-00001-of-00002", "train-00000-of-00002"):
        columns: dict[str, Any] = {"image": STRUCTS[:2], "label": [0, 1]}
        written(folder / f"{name}.parquet", class_label("goose", "owl"), **columns)
    dataset = own(tmp_path)
    assert images(dataset) == {
        "train": [("0", "goose"), ("1", "owl"), ("2", "goose"), ("3", "owl")],
        "val": [],
        "test": [("4", "goose"), ("5", "owl")],
    }
    assert dataset.encoded(dataset.items("test")[1]) == FILES[1]
    before = contents_digest(dataset)
    (folder / "train-00001-of-00002.parquet").rename(folder / "train-2.parquet")
    (folder / "train-00000-of-00002.parquet").rename(folder / "train-1.parquet")
    assert contents_digest(own(tmp_path)) == before
    (folder / "train-2.parquet").unlink()
    assert contents_digest(own(tmp_path)) != before


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("train_0", "test.0"),
        ("default/train/0000", "default/test/0000"),
        ("train/0000", "Test/0000"),
        ("birds/train-00000-of-00001", "birds/test-00000-of-00001"),
    ],
)
def test_files_are_told_by_split_in_other_layouts(train: str, test: str, tmp_path: Path) -> None:
    for name in (train, test):
        file = tmp_path / f"{name}.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        written(file, class_label("goose", "owl"), image=STRUCTS[:2], label=[0, 1])
    found = images(own(tmp_path))
    assert {split: len(rows) for split, rows in found.items()} == {"train": 2, "val": 0, "test": 2}


def test_files_are_no_dataset_while_one_of_them_is_lacking(tmp_path: Path) -> None:
    names = class_label("goose", "owl")
    for name in ("test-00000-of-00001", "train-00001-of-00002"):
        written(tmp_path / f"{name}.parquet", names, image=STRUCTS[:2], label=[0, 1])
    told = f"{tmp_path}/train-00000-of-00002.parquet is not there, though other parts of it are"
    assert told in refusal(tmp_path)


def test_files_without_a_test_split_are_told_as_files(tmp_path: Path) -> None:
    name = "train-00000-of-00001.parquet"
    written(tmp_path / name, class_label("a", "b"), image=STRUCTS[:2], label=[0, 1])
    assert "has Parquet files of train, and none of test. Add one, or give" in refusal(tmp_path)


def test_names_may_be_others_than_the_files_but_not_swapped(tmp_path: Path) -> None:
    columns: dict[str, Any] = {"image": STRUCTS[:2] * 3, "label": [0, 1] * 3}
    file, names = tmp_path / "b.parquet", class_label("goose", "owl")
    written(file, names, **columns, class_name=["snow goose", "owl"] * 3)
    assert own(file).class_names() == ("snow goose", "owl")
    written(file, names, **columns, class_name=["owl", "goose"] * 3)
    told = "row 0: the column 'class_name' has 'owl', but the file calls this label 'goose'"
    assert told in refusal(file)
