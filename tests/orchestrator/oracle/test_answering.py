"""Answers of restricted black boxes, and how the scores that they lack are filled in."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import Tensor

from orchestrator.answers import ALL, Answers
from orchestrator.oracle.answering import (
    LEAST,
    SMOOTHING,
    Answer,
    fill,
    noise_seed,
    positive,
    remade,
    restrict,
)

LABEL = Answers(kind="label")
LOG_PROBABILITIES = Answers(kind="log_probabilities")


def top(count: int, **more: Any) -> Answers:
    return Answers(kind="top", top=count, **more)


@st.composite
def logits(draw: st.DrawFn, ties: bool = True) -> Tensor:
    """Logits `(K, B, C)` of all sizes, with ties."""
    shape = [draw(st.integers(1, most)) for most in (3, 4, 9)]
    draw_from = torch.Generator().manual_seed(draw(st.integers(0, 10**6)))
    found = draw(st.sampled_from([0.01, 1.0, 10.0, 300.0])) * torch.randn(
        shape, generator=draw_from
    )
    return found.round() if ties and draw(st.booleans()) else found


@st.composite
def poorer(draw: st.DrawFn, *, noise: bool = False) -> Answers:
    """Answers of any kind."""
    kind = draw(st.sampled_from(["logits", "log_probabilities", "top", "label"]))
    digits = None if kind == "label" else draw(st.none() | st.integers(0, 4))
    count = draw(st.integers(1, 12)) if kind == "top" else None
    return Answers(kind=kind, top=count, digits=digits, noise=0.3 if noise else 0.0)


def same(first: Answer, second: Answer) -> bool:
    """Whether two answers are equal, bit for bit."""
    pairs = ((first.scores, second.scores), (first.classes, second.classes))
    return all(a is b is None or torch.equal(a, b) for a, b in pairs if a is not None or b is None)


@given(scores=logits(), wanted=poorer(), given_kind=st.sampled_from(["log_probabilities", "top"]))
def test_an_answer_can_be_made_of_any_richer_one(
    scores: Tensor, wanted: Answers, given_kind: str
) -> None:
    richer = LOG_PROBABILITIES if given_kind == "log_probabilities" else top(12)
    assume(wanted.can_be_made_of(richer))
    direct = restrict(scores, wanted)
    assert same(remade(restrict(scores, richer), richer.kind, wanted), direct)


@given(scores=logits(), first=st.integers(1, 12), second=st.integers(1, 12))
def test_fewer_classes_are_the_first_of_more(scores: Tensor, first: int, second: int) -> None:
    few, many = sorted((first, second))
    assert same(remade(restrict(scores, top(many)), "top", top(few)), restrict(scores, top(few)))
    assert same(remade(restrict(scores, top(few)), "top", LABEL), restrict(scores, LABEL))


@given(scores=logits())
def test_all_of_the_logits_are_the_logits(scores: Tensor) -> None:
    answer = restrict(scores, ALL)
    assert answer.classes is None
    assert fill(answer, scores.shape[-1]) is answer.scores is scores


@given(scores=logits(), wanted=poorer())
def test_what_is_filled_in_is_finite_and_of_every_class(scores: Tensor, wanted: Answers) -> None:
    filled = fill(restrict(scores, wanted), scores.shape[-1])
    assert filled.shape == scores.shape
    assert filled.dtype == torch.float32
    assert torch.isfinite(filled).all()


@given(scores=logits(), count=st.integers(1, 12))
def test_probabilities_sum_to_one(scores: Tensor, count: int) -> None:
    for wanted in (top(count), LABEL, LOG_PROBABILITIES):
        total = fill(restrict(scores, wanted), scores.shape[-1]).double().exp().sum(dim=-1)
        # Where the unnamed ones have next to nothing they get the least that there is.
        torch.testing.assert_close(total, torch.ones_like(total), rtol=0, atol=2 * LEAST)


@given(scores=logits(), count=st.integers(1, 12), digits=st.none() | st.integers(0, 4))
def test_no_unnamed_class_is_likelier_than_a_named_one(
    scores: Tensor, count: int, digits: int | None
) -> None:
    answer = restrict(scores, top(count, digits=digits))
    classes = scores.shape[-1]
    filled = fill(answer, classes)
    assert answer.classes is not None
    named = torch.zeros_like(filled, dtype=torch.bool).scatter(-1, answer.classes, True)
    least = filled.masked_fill(~named, torch.inf).amin(dim=-1)
    most = filled.masked_fill(named, -torch.inf).amax(dim=-1)
    assert (most <= least).all()
    others = filled.masked_fill(named, torch.inf).amin(dim=-1)
    assert (others == most)[named.sum(dim=-1) < classes].all(), "the rest is spread evenly"


@given(scores=logits(), count=st.integers(1, 12))
def test_the_likeliest_class_is_the_label(scores: Tensor, count: int) -> None:
    label = restrict(scores, LABEL).classes
    assert label is not None
    for wanted in (LABEL, top(count), LOG_PROBABILITIES):
        filled = fill(restrict(scores, wanted), scores.shape[-1])
        assert torch.equal(filled.argmax(dim=-1), label.squeeze(-1))


@given(scores=logits(), digits=st.none() | st.integers(0, 4), more=st.integers(0, 5))
def test_the_best_of_all_classes_are_all_log_probabilities(
    scores: Tensor, digits: int | None, more: int
) -> None:
    classes = scores.shape[-1]
    filled = fill(restrict(scores, top(classes + more, digits=digits)), classes)
    all_of_them = restrict(scores, Answers(kind="log_probabilities", digits=digits))
    assert all_of_them.scores is not None
    assert torch.equal(filled, all_of_them.scores)


@given(scores=logits())
def test_where_one_class_is_unnamed_it_has_what_is_left(scores: Tensor) -> None:
    classes = scores.shape[-1]
    assume(classes > 1)
    filled = fill(restrict(scores, top(classes - 1)), classes).double().exp()
    whole = scores.double().softmax(dim=-1)
    torch.testing.assert_close(filled, whole, rtol=1e-4, atol=2 * LEAST)


def test_ties_are_named_in_the_order_of_the_classes() -> None:
    answer = restrict(torch.zeros(1, 1, 6), top(3))
    assert answer.classes is not None
    assert answer.classes.tolist() == [[[0, 1, 2]]]
    assert restrict(torch.tensor([[[1.0, 2.0, 2.0]]]), LABEL).classes.tolist() == [[[1]]]  # type: ignore[union-attr]


def test_a_label_is_smoothed() -> None:
    filled = fill(restrict(torch.tensor([[[0.0, 9.0, 1.0, 2.0]]]), LABEL), 4).exp()
    rest = SMOOTHING / 4
    torch.testing.assert_close(filled, torch.tensor([[[rest, 1 - SMOOTHING + rest, rest, rest]]]))


def test_a_lone_class_has_all() -> None:
    one = torch.tensor([[[7.0]]])
    for wanted in (LABEL, top(1), top(5), LOG_PROBABILITIES):
        assert fill(restrict(one, wanted), 1).tolist() == [[[0.0]]]


def test_rounding_to_no_digits_may_leave_nothing_for_the_others() -> None:
    named = Answer(torch.tensor([[[0.0, -1.0]]]), torch.tensor([[[2, 0]]]))
    filled = fill(named, 4)
    assert filled[0, 0, [2, 0]].tolist() == [0.0, -1.0]
    assert filled[0, 0, [1, 3]].exp().sum() == pytest.approx(LEAST, rel=1e-4)


@pytest.mark.parametrize("digits", [0, 1, 3])
def test_scores_are_rounded_to_decimals(digits: int) -> None:
    scores = torch.tensor([[[1.23456, -7.5, 0.5]]])
    answer = restrict(scores, Answers(digits=digits))
    assert answer.scores is not None
    expected = [[[round(v, digits) for v in row] for row in one] for one in scores.tolist()]
    torch.testing.assert_close(answer.scores, torch.tensor(expected))


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_probability_of_zero_counts_as_the_least(count: int) -> None:
    """A service may say that a class is impossible, of which no method can make a loss."""
    given_scores = torch.tensor([[[0.0, -torch.inf, -torch.inf]], [[-0.1, -40.0, -torch.inf]]])
    classes = torch.tensor([[[1, 0, 2]], [[2, 1, 0]]])
    filled = fill(Answer(given_scores[..., :count], classes[..., :count]), 3)
    assert torch.isfinite(filled).all()
    assert filled.argmax(dim=-1).tolist() == [[1], [2]]
    if count == 3:
        least = math.log(LEAST / 3)
        assert filled[0, 0].tolist() == pytest.approx([least, 0.0, least])
        assert filled[1, 0].tolist() == pytest.approx([-40.0, -40.0, -0.1])


def test_a_service_that_says_zero_of_all_classes_is_treated_likewise() -> None:
    given_scores = torch.tensor([[[-torch.inf, 0.0, -torch.inf]]])
    made = remade(Answer(given_scores), "log_probabilities", LOG_PROBABILITIES)
    assert made.scores is not None
    assert made.scores.tolist() == positive(given_scores, 3).tolist()
    assert torch.isfinite(made.scores).all()
    assert torch.isinf(remade(Answer(given_scores), "logits", ALL).scores).any()  # type: ignore[arg-type]


def test_noise_is_on_the_logits_and_follows_its_seeds() -> None:
    scores = torch.zeros(2, 50, 40)
    noisy = restrict(scores, Answers(noise=0.5), (7, 8)).scores
    assert noisy is not None
    assert float(noisy.std()) == pytest.approx(0.5, rel=0.1)
    assert not torch.equal(noisy[0], noisy[1])
    again = restrict(scores[1:], Answers(noise=0.5), (8,)).scores
    assert again is not None
    assert torch.equal(again[0], noisy[1]), "each candidate's noise is its own"


@given(scores=logits(), wanted=poorer(noise=True))
def test_noisy_answers_are_those_of_noisy_logits(scores: Tensor, wanted: Answers) -> None:
    seeds = tuple(range(len(scores)))
    noisy = restrict(scores, Answers(noise=wanted.noise), seeds).scores
    assert noisy is not None
    without = wanted.model_copy(update={"noise": 0.0})
    assert same(restrict(scores, wanted, seeds), restrict(noisy, without))


def test_noise_may_be_added_to_log_probabilities_instead() -> None:
    scores = 5 * torch.randn(2, 6, 4, generator=torch.Generator().manual_seed(1))
    wanted, known = (
        Answers(kind="log_probabilities", noise=1.0),
        restrict(scores, LOG_PROBABILITIES),
    )
    direct, made = (
        restrict(scores, wanted, (1, 2)),
        remade(known, "log_probabilities", wanted, (1, 2)),
    )
    assert direct.scores is not None
    assert made.scores is not None
    torch.testing.assert_close(made.scores, direct.scores)
    torch.testing.assert_close(made.scores.exp().sum(dim=-1), torch.ones(2, 6))


def test_what_cannot_be_made_is_refused() -> None:
    answer = restrict(torch.zeros(1, 2, 5), top(2))
    with pytest.raises(ValueError, match=r"an answer of log-probabilities can't be made of top"):
        remade(answer, "top", LOG_PROBABILITIES)
    with pytest.raises(ValueError, match=r"an answer of label, noise 1 can't be made of top"):
        remade(answer, "top", Answers(kind="label", noise=1.0), (1,))
    with pytest.raises(ValueError, match="1 candidates need as many seeds, got 0"):
        restrict(torch.zeros(1, 2, 5), Answers(noise=1.0))
    with pytest.raises(ValueError, match="an answer needs scores or classes"):
        fill(Answer(None), 5)


def test_each_query_has_noise_of_its_own() -> None:
    parties = [("method", n) for n in range(50)] + [("observer", n) for n in range(50)]
    seeds = {noise_seed(seed, *party) for seed in (1, 2) for party in parties}
    assert len(seeds) == 200
    assert all(0 <= seed < 2**63 for seed in seeds)
