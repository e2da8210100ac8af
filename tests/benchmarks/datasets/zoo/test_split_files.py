"""CoOp's JSON split files are read as other systems save them, and refused by what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.datasets.interface import SPLITS, Dataset, Item
from benchmarks.datasets.registry import open_dataset
from tests.benchmarks.datasets.own.read import refusal_of
from tests.benchmarks.datasets.trees import SPLIT, coop_tree, write_lines

FILE = "split_zhou_DescribableTextures.json"


def items(dataset: Dataset) -> list[Item]:
    return [item for split in SPLITS for item in dataset.items(split)]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_change_nothing(encoding: str, tmp_path: Path) -> None:
    plain = items(coop_tree(tmp_path, "dtd"))
    (tmp_path / "dtd" / FILE).write_text(json.dumps(SPLIT), encoding=encoding)
    assert items(open_dataset("dtd", tmp_path)) == plain


def test_paths_of_other_computers_change_nothing(tmp_path: Path) -> None:
    plain = items(coop_tree(tmp_path, "dtd"))
    base = tmp_path / "dtd" / "images"
    slashed = {s: [[p.replace("/", "\\"), n, c] for p, n, c in SPLIT[s]] for s in SPLITS}
    assert items(coop_tree(tmp_path, "dtd", slashed)) == plain
    absolute = {s: [[f"{base}/{p}", n, c] for p, n, c in SPLIT[s]] for s in SPLITS}
    assert items(coop_tree(tmp_path, "dtd", absolute)) == plain


def test_a_folder_in_the_datasets_own_is_where_it_is_read(tmp_path: Path) -> None:
    plain = items(coop_tree(tmp_path, "dtd"))
    (tmp_path / "dtd").rename(tmp_path / "inner")
    (tmp_path / "dtd" / "__MACOSX").mkdir(parents=True)
    (tmp_path / "inner").rename(tmp_path / "dtd" / "dtd")
    dataset = open_dataset("dtd", tmp_path)
    assert dataset.missing() is None
    assert items(dataset) == plain
    assert dataset.absent(dataset.items("test")) is None


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (["a/1.jpg", "\u00b2", "x"], "got ['a/1.jpg', '\u00b2', 'x']. Download the file again."),
        (["a/1.jpg", -1, "x"], "got ['a/1.jpg', -1, 'x']"),
        (["a/1.jpg", True, "x"], "got ['a/1.jpg', True, 'x']"),
        (["a/1.jpg", 10**99, "x"], "got ['a/1.jpg', a number of very many digits, 'x']"),
        (["a/1.jpg", 0, ["x"]], "got ['a/1.jpg', 0, a list]"),
        (["a/1.jpg", 0], "got ['a/1.jpg', 0]"),
        ("x" * 9000, f"got ['{'x' * 56}...]"),
        (["a/1.jpg", 0, "\ud800"], r"got ['a/1.jpg', 0, '\ud800']"),
        (["a\x00", 0, "alpha_one"], r"the path 'a\x00' has a character that no path has"),
        (["/x/a.jpg", 0, "alpha_one"], "the path '/x/a.jpg' leads out of the image"),
        (["a/1.jpg", 99_999_999, "x"], "expected labels 0 to 99999999 without gaps"),
    ],
)
def test_rows_of_other_shapes_are_told_in_one_line(row: Any, told: str, tmp_path: Path) -> None:
    told_of = refusal_of(coop_tree(tmp_path, "dtd", {**SPLIT, "train": [row]}))
    assert told in told_of
    assert told_of.startswith(f"dataset dtd: in {tmp_path / 'dtd' / FILE}, ")


def test_documents_of_other_shapes_are_told_in_one_line(tmp_path: Path) -> None:
    told = refusal_of(coop_tree(tmp_path, "dtd", []))
    assert f"{FILE} must hold a mapping, got a list. Download it again." in told
    told = refusal_of(coop_tree(tmp_path, "dtd", {}))
    assert "'train' must be a list of [path, label, class name]" in told
    assert told.endswith("got nothing. Download the file again.")


def test_without_a_split_file_no_message_speaks_of_one(tmp_path: Path) -> None:
    folder = tmp_path / "food-101"
    (folder / "images").mkdir(parents=True)
    write_lines(folder / "meta" / "classes.txt", "apple_pie", "waffles")
    write_lines(folder / "meta" / "train.txt", "pizza/1")
    write_lines(folder / "meta" / "test.txt", "waffles/1")
    told = refusal_of(open_dataset("food101", tmp_path))
    assert (
        "meta/classes.txt, meta/train.txt, meta/test.txt don't fit together ('pizza' is missing)"
        in told
    )
    assert "split" not in told


def test_a_class_number_below_one_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "ucf101"
    (folder / "UCF-101-midframes").mkdir(parents=True)
    lists = folder / "ucfTrainTestlist"
    write_lines(lists / "classInd.txt", "0 YoYo", "1 HandStand")
    write_lines(lists / "trainlist01.txt", "YoYo/v_a.avi 0")
    write_lines(lists / "testlist01.txt", "HandStand/v_b.avi")
    assert "expected labels from 0, got -1" in refusal_of(open_dataset("ucf101", tmp_path))
