"""What a tokenizer puts around a text is found by trying it."""

from __future__ import annotations

from collections.abc import Sequence

import open_clip
import pytest
import torch
from torch import Tensor

from orchestrator.errors import UserError
from orchestrator.oracle.text.token_rows import TokenRows
from tests.conformance.stand_in_tokenizer import StandInTokenizer, stand_ins

CPU = torch.device("cpu")
KINDS = stand_ins(12, None)


@pytest.mark.parametrize(
    ("kind", "start", "pad", "kept", "tail"),
    [
        ("t5, gemma", 0, 0, 0, 0),
        ("siglip", 0, 1, 1, 0),
        ("xlm", 1, 1, 0, 0),
        ("bert", 1, 0, 0, 0),
        ("bert without its end", 1, 0, 1, 0),
        ("clips", 1, 0, 0, 1),
    ],
)
def test_each_convention_is_found(kind: str, start: int, pad: int, kept: int, tail: int) -> None:
    layout = TokenRows(KINDS[kind], CPU).layout
    assert (layout.length, layout.in_front) == (12, False)
    assert (layout.start, layout.pad, layout.kept, layout.tail) == (start, pad, kept, tail)


@pytest.mark.parametrize("kind", list(KINDS))
def test_room_is_made_by_taking_padding_away(kind: str) -> None:
    rows, tokenizer = TokenRows(KINDS[kind], CPU), KINDS[kind]
    ids = rows(["annual crop land", "cat"])
    assert rows.room(ids) == 12 - rows.length("annual crop land")
    held = rows.make_room(ids, 2, 7)
    words = [[*tokenizer.start, 7, 7], [*tokenizer.start, 7, 7]]
    assert held[:, : len(words[0])].tolist() == words
    expected = tokenizer(["x x annual crop land", "x x cat"])
    assert torch.equal(held[:, len(words[0]) :], expected[:, len(words[0]) :])


def test_the_end_of_clips_own_rows_may_be_the_id_of_its_padding_in_a_text() -> None:
    rows = TokenRows(open_clip.SimpleTokenizer(context_length=12), CPU)
    assert rows.room(rows(["cat !!!"])) == 12 - rows.length("cat !!!")


def test_a_text_that_just_fits_is_taken_and_a_longer_one_refused() -> None:
    rows = TokenRows(KINDS["xlm"], CPU)
    assert rows.room(rows(["a " * 10])) == 0
    assert (rows.length("a " * 10), rows.length("a " * 99)) == (12, 13)
    with pytest.raises(UserError, match="overfills the model's context of 12 tokens"):
        rows(["a", "a " * 11])


def test_where_no_longer_row_can_be_had_a_full_one_counts_as_cut() -> None:
    def tokenizer(texts: Sequence[str]) -> Tensor:
        return StandInTokenizer(12, pad=0, start=(1,), end=(2,))(texts)

    rows = TokenRows(tokenizer, CPU)
    assert rows.room(rows(["a " * 9])) == 1
    with pytest.raises(UserError, match="overfills"):
        rows(["a " * 10])
