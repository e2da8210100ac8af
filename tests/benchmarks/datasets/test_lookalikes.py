"""A folder that is called otherwise is found, for the message that asks to rename it."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.datasets.lookalikes import lookalike
from benchmarks.datasets.registry import open_dataset


@pytest.mark.parametrize("name", ["DTD", "Caltech_101", "caltech 101"])
def test_case_and_marks_between_words_are_looked_past(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    wanted = tmp_path / ("dtd" if name == "DTD" else "caltech-101")
    assert lookalike(wanted / "images" / "inner") == tmp_path / name


def test_other_names_and_doubtful_ones_are_not_taken(tmp_path: Path) -> None:
    (tmp_path / "textures").mkdir()
    assert lookalike(tmp_path / "dtd") is None
    assert lookalike(tmp_path / "gone" / "too" / "dtd") is None
    for name in ("Dtd", "DTD"):
        (tmp_path / name).mkdir()
    assert lookalike(tmp_path / "dtd") is None


def test_a_dataset_says_what_to_rename(tmp_path: Path) -> None:
    (tmp_path / "dtd" / "Images").mkdir(parents=True)
    told = f"{tmp_path}/dtd/images is not there. Rename {tmp_path}/dtd/Images to images."
    assert open_dataset("dtd", tmp_path).missing() == told
    (tmp_path / "EuroSAT").mkdir()
    told = f"{tmp_path}/eurosat/2750 is not there. Rename {tmp_path}/EuroSAT to eurosat."
    assert open_dataset("eurosat", tmp_path).missing() == told
