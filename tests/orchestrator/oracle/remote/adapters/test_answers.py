"""What a service says of images becomes the answer of a black box that answers so."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from orchestrator.answers import Answers
from orchestrator.oracle.answering import fill, restrict
from orchestrator.oracle.remote.adapters.answers import answer_of
from orchestrator.oracle.remote.adapters.rows import (
    EVEN,
    Reading,
    Row,
    label_row,
    row_by_name,
    row_by_position,
)

SHAPES = st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 9), st.integers(0, 2**20))


def drawn(shape: tuple[int, int, int, int]) -> Tensor:
    """Logits `(K, B, C)`, all of them different."""
    return 3 * torch.randn(shape[:3], generator=torch.Generator().manual_seed(shape[3]))


def said(scores: Tensor, kind: str, named: int | None = None) -> list[list[list[Row]]]:
    """The rows of a service that returns scores `(K, B, C)`, of the best classes alone."""
    reading = Reading(kind)  # type: ignore[arg-type]
    count = scores.shape[-1]

    def row(one: Tensor) -> Row:
        if named is None:
            return row_by_position(one.tolist(), count, reading)
        best = one.sort(descending=True)
        pairs = list(zip(best.indices.tolist(), best.values.tolist(), strict=True))[:named]
        found = row_by_name(reversed(pairs), count, reading)
        assert found is not None
        return found

    return [[[row(one) for one in candidate]] for candidate in scores]


def assert_same(got: object, expected: object) -> None:
    torch.testing.assert_close(vars(got), vars(expected), atol=1e-5, rtol=1e-5)


@given(SHAPES, st.sampled_from(["logits", "log_probabilities", "top", "label"]), st.integers(1, 9))
def test_logits_give_every_answer(shape: tuple[int, int, int, int], kind: str, top: int) -> None:
    logits = drawn(shape)
    wanted = Answers(kind=kind, top=top if kind == "top" else None)  # type: ignore[arg-type]
    got = answer_of(said(logits, "logits"), logits.shape[-1], "logits", wanted)
    assert_same(got, restrict(logits, wanted))


@given(SHAPES, st.sampled_from(["log_probabilities", "top", "label"]), st.integers(1, 9))
def test_probabilities_give_all_but_logits(
    shape: tuple[int, int, int, int], kind: str, top: int
) -> None:
    logits = drawn(shape)
    wanted = Answers(kind=kind, top=top if kind == "top" else None)  # type: ignore[arg-type]
    rows = said(logits.double().softmax(dim=-1), "probabilities")
    assert_same(
        answer_of(rows, logits.shape[-1], "probabilities", wanted), restrict(logits, wanted)
    )


@given(SHAPES, st.integers(1, 9), st.integers(1, 9))
def test_the_best_classes_give_as_many_and_fewer(
    shape: tuple[int, int, int, int], named: int, top: int
) -> None:
    logits = drawn(shape)
    wanted = Answers(kind="top", top=min(named, top))
    rows = said(logits.double().log_softmax(dim=-1), "log_probabilities", named)
    got = answer_of(rows, logits.shape[-1], "log_probabilities", wanted)
    assert_same(got, restrict(logits, wanted))


@given(SHAPES, st.integers(1, 8))
def test_what_is_not_named_is_filled_as_methods_fill_it(
    shape: tuple[int, int, int, int], named: int
) -> None:
    logits = drawn(shape)
    classes = logits.shape[-1]
    answers = Answers(kind="top", top=named)
    rows = said(logits.double().log_softmax(dim=-1), "log_probabilities", named)
    asked_for_more = answer_of(rows, classes, "log_probabilities", Answers(kind="top", top=classes))
    expected = fill(restrict(logits, answers), classes)
    torch.testing.assert_close(
        fill(asked_for_more, classes).exp(), expected.exp(), atol=1e-5, rtol=1e-4
    )


def test_templates_are_averaged_alike_for_logits_and_for_probabilities() -> None:
    logits = drawn((1, 2, 5, 0)), drawn((1, 2, 5, 1))
    wanted = Answers(kind="log_probabilities")
    of_logits = [[said(one, "logits")[0][0] for one in logits]]
    shares = [one.double().softmax(dim=-1) for one in logits]
    of_shares = [[said(one, "probabilities")[0][0] for one in shares]]
    expected = ((logits[0] + logits[1]) / 2).log_softmax(dim=-1)
    for rows, kind in ((of_logits, "logits"), (of_shares, "probabilities")):
        scores = answer_of(rows, 5, kind, wanted).scores  # type: ignore[arg-type]
        torch.testing.assert_close(scores, expected, atol=1e-5, rtol=1e-5)


def test_templates_vote_where_there_are_labels() -> None:
    rows = [[[label_row(one)] for one in (2, 1, 2)]]
    picked = answer_of(rows, 4, "label", Answers(kind="label")).classes
    assert picked is not None
    assert picked.tolist() == [[[2]]]


def test_an_answer_that_names_nothing_is_even() -> None:
    for wanted in (Answers(kind="top", top=2), Answers(kind="top", top=4)):
        scores = fill(answer_of([[[EVEN]]], 4, "log_probabilities", wanted), 4)
        torch.testing.assert_close(scores.exp(), torch.full((1, 1, 4), 0.25))
