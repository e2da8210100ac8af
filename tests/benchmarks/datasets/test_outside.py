"""Datasets of other packages, by place and by short name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.datasets.interface import DatasetError
from benchmarks.datasets.registry import (
    GROUP,
    AbsentDataset,
    _outside,
    broken_datasets,
    cell_name,
    dataset_class,
    offered_datasets,
    open_dataset,
)
from extensions.entry_points import declared
from tests.extensions.own_modules import offer, on_path, write_module

DOTS = """
from dataclasses import replace
from benchmarks.pocket.datasets import PocketDots

class Dots(PocketDots):
    card = replace(PocketDots.card, name="{name}"{more})
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    on_path(tmp_path, monkeypatch)
    write_module(tmp_path, "outd", DOTS.format(name="dots", more=""))
    yield tmp_path
    declared.cache_clear()
    _outside.cache_clear()


def test_a_dataset_at_a_place_goes_by_its_place(folder: Path) -> None:
    dataset = open_dataset("outd:Dots", folder)
    assert dataset.card.name == cell_name("outd:Dots") == "outd:Dots"
    assert dataset.missing() is None
    assert dataset_class("outd:Dots").card.name == "dots", "the class stays as it is"


def test_a_short_name_is_what_cells_call_it_however_a_spec_does(folder: Path) -> None:
    offer(folder, "outd", GROUP, {"dots": "outd:Dots"})
    assert cell_name("outd:Dots") == cell_name("dots") == "dots"
    assert open_dataset("dots", folder).card.name == "dots"
    assert [one.package for one, _ in offered_datasets()] == ["outd 1.0"]


@pytest.mark.parametrize(
    ("name", "more", "told"),
    [
        ("pocket_dots", "", "calls itself 'pocket_dots', which is the name of a dataset of this"),
        ("dots", ", templates=()", r"Dots.card: expected `templates` as a tuple of one text"),
        ("dots", ", templates=('a',)", "a template needs exactly one {} for the class name, got"),
        ("dots", ", classes=None", "expected `classes` as a whole number of 1 or more, got None"),
        ("dots", ", images={'test': 1}", "expected `images` as a number for each of train, val"),
        ("My Dots", "", "expected a `name` in snake case, got 'My Dots'"),
    ],
)
def test_a_wrong_card_is_refused(folder: Path, name: str, more: str, told: str) -> None:
    write_module(folder, "outw", DOTS.format(name=name, more=more))
    with pytest.raises(DatasetError, match=told):
        dataset_class("outw:Dots")


def test_what_is_no_dataset_or_is_not_here_is_told(folder: Path) -> None:
    write_module(folder, "outn", "class Dots: ...")
    with pytest.raises(DatasetError, match="derives from object"):
        dataset_class("outn:Dots")
    with pytest.raises(AbsentDataset, match="no module 'nowhere_at_all' is installed"):
        dataset_class("nowhere_at_all:Dots")


def test_a_name_of_this_project_stays_its_own(folder: Path) -> None:
    offer(folder, "outd", GROUP, {"dtd": "outd:Dots"})
    (told,) = map(str, broken_datasets())
    assert told.startswith("dtd of outd 1.0: the name is this project's own")
    assert list(offered_datasets()) == []
