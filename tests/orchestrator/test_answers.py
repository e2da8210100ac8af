"""What a black box answers with, as a user writes it, and what can be made of what."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from orchestrator.answers import ALL, KINDS, Answers
from orchestrator.reading.validation import Refused, validated

DIGITS = st.none() | st.integers(0, 12)
NOISE = st.just(0.0) | st.floats(0.001, 10)
ANSWERS = st.one_of(
    st.builds(
        Answers,
        kind=st.sampled_from(["logits", "log_probabilities"]),
        digits=DIGITS,
        noise=NOISE,
    ),
    st.builds(Answers, kind=st.just("top"), top=st.integers(1, 1000), digits=DIGITS, noise=NOISE),
    st.builds(Answers, kind=st.just("label"), noise=NOISE),
)


class Holder(BaseModel):
    """A model with answers in it, as a spec is."""

    answers: Answers = ALL


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("logits", "logits"),
        ("log_probabilities", "log-probabilities"),
        ("label", "label"),
        ({"top": 5}, "top 5"),
        ({"top": 5, "digits": 2, "noise": 0.1}, "top 5, 2 digits, noise 0.1"),
        ({"kind": "top", "top": 1, "digits": 1}, "top 1, 1 digit"),
        ({"kind": "log_probabilities", "digits": 0}, "log-probabilities, 0 digits"),
        ({"kind": "label", "noise": 0.5}, "label, noise 0.5"),
        ({"digits": 2}, "logits, 2 digits"),
        ({"noise": 3}, "logits, noise 3"),
    ],
)
def test_users_write_them_in_few_words(written: Any, words: str) -> None:
    assert str(Answers.model_validate(written)) == words


@given(answers=ANSWERS)
def test_they_come_back_as_they_were_written_out(answers: Answers) -> None:
    assert Answers.model_validate(answers.model_dump(mode="json")) == answers
    assert Answers.model_validate_json(answers.model_dump_json()) == answers


@given(first=ANSWERS, second=ANSWERS)
def test_different_ones_have_different_words(first: Answers, second: Answers) -> None:
    assert (str(first) == str(second)) == (first == second)


def test_only_what_was_said_is_written_out() -> None:
    assert ALL.model_dump() == {"kind": "logits"}
    assert Answers.model_validate({"top": 5}).model_dump() == {"kind": "top", "top": 5}


def test_all_of_the_logits_is_nothing_else() -> None:
    assert ALL.full
    assert Answers.model_validate({"digits": None, "noise": 0}).full
    for other in ({"digits": 3}, {"noise": 0.1}, "log_probabilities", {"top": 9}, "label"):
        assert not Answers.model_validate(other).full


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("labels", "got 'labels'. Did you mean: label"),
        ("log-probabilities", "got 'log-probabilities'. Did you mean: log_probabilities"),
        ("top 5", r"expected logits, log_probabilities, {top: 5} or label, got 'top 5'"),
        ({"kind": "logit"}, "got 'logit'. Did you mean: logits"),
        ("top", r"say how many classes are returned, such as {top: 5}"),
        (5, r"expected logits, log_probabilities, {top: 5} or label, got 5"),
        (None, "expected logits, .* got nothing"),
        (["label"], r"expected logits, .* got \['label'\]; to compare several, write ablation: {"),
        ({"top": 0}, "answers.top: expected a number of 1 or more, got 0"),
        ({"top": 2.5}, "answers.top: expected a whole number"),
        ({"top": True}, "answers.top: expected a number, got true"),
        ({"digits": -1}, "answers.digits: expected a number of 0 or more, got -1"),
        ({"digits": 13}, "answers.digits: expected a number of 12 or less, got 13"),
        ({"noise": -0.1}, "answers.noise: expected a number of 0.0 or more"),
        ({"noise": "inf"}, "answers.noise: expected a finite number"),
        ({"noise": "much"}, "answers.noise: expected a number, got 'much'"),
        ({"kind": "label", "top": 5}, r"give {top: 5} without it, or leave top out"),
        ({"kind": "label", "digits": 2}, "a label has no score that could be rounded"),
        ({"label": {"noise": 1}}, r"write {kind: label, ...}"),
        ({"top": 5, "digit": 2}, "unknown field 'digit'. Did you mean: digits"),
    ],
)
def test_mistakes_are_explained_with_what_fits(written: Any, message: str) -> None:
    with pytest.raises(Refused, match=message):
        validated(Holder, {"answers": written})


def test_each_kind_can_be_made_of_any_before_it() -> None:
    every = [Answers(kind=kind, top=5 if kind == "top" else None) for kind in KINDS]
    for richer, poorer in pairwise(every):
        assert poorer.can_be_made_of(richer)
        assert not richer.can_be_made_of(poorer)
    assert every[-1].can_be_made_of(every[0])


def test_fewer_classes_can_be_made_of_more() -> None:
    five, three = Answers(kind="top", top=5), Answers(kind="top", top=3)
    assert three.can_be_made_of(five)
    assert not five.can_be_made_of(three)


def test_noise_needs_the_scores_of_all_classes() -> None:
    noisy = Answers(kind="label", noise=1.0)
    assert noisy.can_be_made_of(ALL)
    assert noisy.can_be_made_of(Answers(kind="log_probabilities"))
    assert not noisy.can_be_made_of(Answers(kind="top", top=5))
    assert not noisy.can_be_made_of(Answers(kind="label"))
