"""The cell that a person means is found by its key or its title, and by nothing less."""

from __future__ import annotations

import pytest

from orchestrator.deploy.choice import Candidate, chosen
from orchestrator.errors import UserError

CELLS = (
    Candidate("aa11", "pocket_dots / zip / 16 shots / seed 1"),
    Candidate("aa22", "pocket_dots / zip / 16 shots / seed 2"),
    Candidate("bb33", "pocket_dots / zip no clip / 16 shots / seed 1"),
    Candidate("cc44", "pocket_dots / zero_shot"),
    Candidate("dd55", "pocket_lines / zip / 1 shots / seed 16 / prompt from pocket_dots"),
)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("b", "bb33"),
        (" aa2 ", "aa22"),
        ("aa11", "aa11"),
        ("zip pocket_dots seed 1", "aa11"),
        ("Pocket_Dots / Zip / 16 shots / Seed 2", "aa22"),
        ("zip no clip", "bb33"),
        ("seed 16", "dd55"),
        ("prompt from pocket_dots", "dd55"),
        ("zero_shot", "cc44"),
    ],
)
def test_a_cell_is_named_by_its_key_or_by_words(text: str, key: str) -> None:
    assert chosen(text, CELLS).key == key


def test_a_cell_under_two_labels_is_one_cell() -> None:
    twice = (Candidate("ff", "dots / zip / seed 1"), Candidate("ff", "dots / zip / seed 1"))
    assert chosen("zip", twice).key == "ff"


@pytest.mark.parametrize("text", ["aa", "seed 1", "zip pocket_dots"])
def test_several_are_listed(text: str) -> None:
    with pytest.raises(UserError, match=r"2 cells: .*\n  aa11 +pocket_dots / zip / 16 shots"):
        chosen(text, CELLS)


def test_many_are_not_all_listed() -> None:
    many = [Candidate(f"{number:02}", f"dots / zip / seed {number}") for number in range(30)]
    with pytest.raises(UserError, match=r"30 cells(.*\n){11}  \.\.\. and 20 more"):
        chosen("dots", many)


@pytest.mark.parametrize(
    "text", ["zap pocket_dots seed 1", "pocket_dots zip 16 shots seed 3", "zipp seed 1"]
)
def test_a_misspelt_one_suggests_the_nearest(text: str) -> None:
    with pytest.raises(UserError, match=r"no cell .*Did you mean:\n(.*\n)*  aa11 +pocket_dots"):
        chosen(text, CELLS)


@pytest.mark.parametrize("text", ["", "qqqq", "/"])
def test_words_that_are_nobodys_are_told_what_a_cell_is_called(text: str) -> None:
    with pytest.raises(UserError, match="named by its key or the beginning of it"):
        chosen(text, CELLS)


def test_an_empty_store_is_told() -> None:
    with pytest.raises(UserError, match="The store has no results"):
        chosen("zip", ())
