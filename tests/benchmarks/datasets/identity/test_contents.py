"""Digests change with every byte, name, label and order, and with nothing else."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.datasets.identity.contents import FullDigest, contents_digest, fingerprint_of
from benchmarks.datasets.identity.record import identity_of
from benchmarks.datasets.interface import Dataset, Item
from benchmarks.datasets.own.source import OwnDataset
from benchmarks.datasets.views import DatasetView, SteadyView
from benchmarks.protocols import evaluation_task, split_digest
from tests.benchmarks.datasets.test_packed import noisy_tree

Rows = list[tuple[str, int, bytes]]

ROWS: Rows = [("a.png", 0, b"red"), ("b.png", 1, b"blue"), ("c.png", 1, b"cyan")]
rows = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.integers(0, 2), st.binary(max_size=3)),
    min_size=2,
    max_size=5,
    unique_by=lambda row: row[0],
)


@dataclass
class Birds:
    """A dataset of one's own, whose test split has the given names, labels and bytes."""

    folder: Path

    def of(self, rows: Rows, name: str = "birds", template: str = "a {}.") -> Dataset:
        lines = ["image,class_name,label,split"]
        for number in range(3):  # every class, so that labels have no gaps
            (self.folder / f"{number}.x").write_bytes(b"")
            lines.append(f"{number}.x,class {number},{number},train")
        for file, label, data in rows:
            (self.folder / file).write_bytes(data)
            lines.append(f"{file},class {label},{label},test")
        (self.folder / "birds.csv").write_text("\n".join(lines))
        path = str(self.folder / "birds.csv")
        return OwnDataset(name=name, path=path, templates=(template,)).open()


@pytest.fixture
def birds(tmp_path: Path) -> Birds:
    return Birds(tmp_path)


def of_test_split(dataset: Dataset) -> str:
    return split_digest(evaluation_task(dataset), ("test",))


def full(dataset: Dataset) -> str:
    return identity_of(dataset).digest


DIGESTS = (of_test_split, contents_digest, full)


@given(one=rows, other=rows)
def test_equal_digests_mean_equal_rows(one: Rows, other: Rows) -> None:
    with tempfile.TemporaryDirectory() as folder:
        birds = Birds(Path(folder))
        first = [digest(birds.of(one)) for digest in DIGESTS]
        second = [digest(birds.of(other)) for digest in DIGESTS]
    assert [a == b for a, b in zip(first, second, strict=True)] == [one == other] * len(DIGESTS)


@pytest.mark.parametrize("digest", DIGESTS)
def test_place_times_and_rights_change_nothing(
    digest: Callable[[Dataset], str], birds: Birds, tmp_path: Path
) -> None:
    before = digest(birds.of(ROWS))
    os.utime(birds.folder / "a.png", (5, 5))
    (birds.folder / "a.png").chmod(0o600)
    assert digest(birds.of(ROWS)) == before
    copy = Birds(tmp_path / "copy")
    shutil.copytree(birds.folder, copy.folder, ignore=shutil.ignore_patterns("copy"))
    assert digest(copy.of(ROWS)) == before


def test_an_edit_in_place_shows_in_the_same_object_but_not_in_a_plan_under_way(
    birds: Birds,
) -> None:
    dataset = birds.of(ROWS)
    plan = SteadyView(dataset)
    before = [of_test_split(view) for view in (dataset, plan)]
    (birds.folder / "a.png").write_bytes(b"rot")
    after = [of_test_split(view) for view in (dataset, plan)]
    assert [a == b for a, b in zip(before, after, strict=True)] == [False, True]


def test_a_name_is_part_of_what_is_compared_but_not_of_the_bytes(birds: Birds) -> None:
    one, other = birds.of(ROWS), birds.of(ROWS, "fowl")
    assert full(one) == full(other)
    assert of_test_split(one) != of_test_split(other)


def test_a_pack_with_other_templates_has_other_contents(birds: Birds) -> None:
    assert contents_digest(birds.of(ROWS)) != contents_digest(birds.of(ROWS, template="the {}."))


def test_known_datasets_notice_other_sizes_and_missing_files(tmp_path: Path) -> None:
    dataset = noisy_tree(tmp_path)
    (first, *_) = dataset.items("test")
    before = of_test_split(dataset)
    file = dataset.folder / "images" / first.reference
    file.write_bytes(file.read_bytes() + b"\0")
    assert of_test_split(dataset) != before
    file.unlink()
    view = DatasetView(dataset)
    assert SteadyView(view).absent([first]) == view.absent([first]) == first.reference


def test_fingerprints_are_those_of_files() -> None:
    hashed = fingerprint_of(b"abc", "sha256")
    assert hashed.startswith("ba7816bf")
    assert (fingerprint_of(b"abc", "size"), fingerprint_of(b"abc", "revision")) == ("3", "")


def test_the_full_digest_is_what_it_was() -> None:
    digest = FullDigest()
    digest.add("test", Item("a.png", 1), fingerprint_of(b"abc", "sha256"))
    assert digest.hexdigest() == PINNED


PINNED = "fe87d98521b48e9b2092b5bab5007298128c69b510674809e9d8e53a7b0062a4"
