"""Unknown names are answered with the nearest known ones."""

from __future__ import annotations

import pytest

from benchmarks.naming import did_you_mean

KNOWN = ["dtd", "eurosat", "few_shot", "ViT-B-16", "ViT-B-32"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("DTD", "Did you mean: dtd?"),
        ("few-shot", "Did you mean: few_shot?"),
        ("Few Shot", "Did you mean: few_shot?"),
        ("vit-b-16", "Did you mean: ViT-B-16?"),
        ("EuroSta", "Did you mean: eurosat?"),
        ("xyz" * 1000, "Known: dtd, eurosat, few_shot, ViT-B-16, ViT-B-32."),
    ],
)
def test_case_blanks_and_dashes_make_no_difference(name: str, told: str) -> None:
    assert did_you_mean(name, KNOWN) == told
