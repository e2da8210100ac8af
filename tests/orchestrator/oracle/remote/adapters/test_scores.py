from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.errors import UserError
from orchestrator.oracle.remote.adapters.names import Names
from orchestrator.oracle.remote.adapters.options import marks_of
from orchestrator.oracle.remote.adapters.rows import EVEN, BadScores, Row
from orchestrator.oracle.remote.adapters.scores import ScoreFinder
from orchestrator.oracle.remote.adapters.yaml_form import AnswerPlace

CLASSES = ("cat", "dog", "rat")
TEXTS = tuple(f"A photo of a {name}." for name in CLASSES)


def rows(answer: Any, images: int = 1, **place: Any) -> tuple[Row, ...]:
    """What is found at a place, of which `images_at` is the field `images`."""
    if "images_at" in place:
        place["images"] = place.pop("images_at")
    form = AnswerPlace(**{"kind": "probabilities", **place})
    marks = marks_of(len(CLASSES), "auto")
    names = None if form.by == "position" else Names(form.by, CLASSES, TEXTS, marks)
    return ScoreFinder(form, len(CLASSES), names).rows(answer, images)


def probabilities(row: Row) -> dict[int, float]:
    assert row.scores is not None
    pairs = zip(row.classes, row.scores, strict=True)
    return {index: round(math.exp(score), 6) for index, score in pairs}


def test_scores_stand_in_the_order_of_classes() -> None:
    (row,) = rows([0.25, 0.5, 0.25])
    assert row.classes == (1, 0, 2), "the best first, then by number"
    assert probabilities(row) == {1: 0.5, 0: 0.25, 2: 0.25}


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("text", ("a photo of a rat", "A photo of a cat.")),
        ("class", ("Rat", " cat ")),
        ("mark", (" C", "A.")),
        ("index", (2, 0)),
    ],
)
def test_scores_have_names(by: str, names: tuple[Any, Any]) -> None:
    answer = {"found": [{"n": names[0], "p": 0.7}, {"n": names[1], "p": 0.2}]}
    (row,) = rows(answer, entries="found", name="n", score="p", by=by)
    assert probabilities(row) == {2: 0.7, 0: 0.2}


def test_names_may_be_those_of_a_mapping() -> None:
    (row,) = rows({"top": {"B": 0.75, "the": 0.25}}, entries="top", by="mark")
    assert probabilities(row) == {1: 0.75}


def test_probabilities_of_tokens_for_one_option_are_summed() -> None:
    tokens = {"A": math.log(0.25), " A": math.log(0.25), "B": math.log(0.375), "x": math.log(0.1)}
    (row,) = rows(tokens, kind="log_probabilities", top=4, by="mark")
    assert probabilities(row) == {0: 0.5, 1: 0.375}


def test_no_probability_is_no_score() -> None:
    (row,) = rows({"A": -9999.0, "B": -0.1}, kind="log_probabilities", by="mark")
    assert row.classes == (1,)
    (row,) = rows([0, 1, 0])
    assert row.classes == (1,)


@pytest.mark.parametrize(("scale", "value"), [("percent", 30.0), (0.1, 3.0)])
def test_numbers_are_scaled(scale: Any, value: float) -> None:
    (row,) = rows([value, 2 * value, 0.0], scale=scale)
    assert probabilities(row) == {0: 0.3, 1: 0.6}


def test_each_image_has_its_part() -> None:
    answer = {"data": [{"s": [0.5, 0.3, 0.2]}, {"s": [0.1, 0.1, 0.8]}]}
    first, second = rows(answer, images=2, entries="s", images_at="data")
    assert (first.classes[0], second.classes[0]) == (0, 2)


@pytest.mark.parametrize("said", ["B", " b) ".upper(), "B. A photo of a dog."])
def test_a_label_is_a_mark_or_the_whole_option(said: str) -> None:
    answer = {"choices": [{"message": {"content": said}}]}
    (row,) = rows(answer, kind="label", name="choices[0].message.content", by="mark")
    assert row == Row((1,), None)


def test_an_answer_that_names_no_class_is_an_error_unless_it_may_be() -> None:
    tokens = {"I": -0.1, "Sorry": -3.0}
    with pytest.raises(BadScores, match=r"is the mark of a class, got 'I', 'Sorry'; check `name`"):
        rows(tokens, kind="log_probabilities", by="mark")
    assert rows(tokens, kind="log_probabilities", by="mark", unknown="even") == (EVEN,)


@pytest.mark.parametrize(
    ("answer", "place", "told"),
    [
        ({"x": 1}, {"entries": "y"}, r"answer.entries: there is nothing at y, for \$ is a mapping"),
        ([0.5, 0.5], {}, "expected 3 scores, one for each class, got 2"),
        ([0.5, "0.5", 0], {}, "expected a number, got a text"),
        ([0.5, True, 0], {}, "expected a number, got a boolean"),
        ([0.5, 10**400, 0], {}, "expected a finite number"),
        ([50, 30, 20], {}, "expected a probability from 0 to 1, got 50; for percents"),
        ([-1, 2, 3], {"kind": "log_probabilities"}, "expected a log-probability, which is 0 or"),
        ([0, 0, 0], {}, "all probabilities are 0"),
        ({"a": 1}, {}, "expected a list at \\$, got a mapping"),
        ([1, 2], {"by": "mark"}, "expected a mapping from names to scores"),
        ({"A": 1.0}, {"by": "mark", "kind": "logits"}, "logits of all 3 classes, got those of 1"),
        ([{"n": "A"}], {"by": "mark", "name": "n", "score": "p"}, "score: there is nothing at p"),
        ({"data": [1]}, {"images_at": "data"}, "expected a list of 2, one part for each image"),
        ({"data": 1}, {"images_at": "data"}, "one part for each image, at data, got a number"),
        ({"l": "fish"}, {"kind": "label", "name": "l", "by": "class"}, "'fish' is the name of no"),
        ({"l": {}}, {"kind": "label", "name": "l", "by": "class"}, "an empty mapping is the name"),
    ],
)
def test_what_is_wrong_with_an_answer_is_said(answer: Any, place: Any, told: str) -> None:
    with pytest.raises(BadScores, match=told):
        rows(answer, images=2 if "images_at" in place else 1, **place)


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)


@given(
    JSON,
    st.sampled_from(
        [
            {},
            {"kind": "logits"},
            {"by": "mark"},
            {"by": "index", "name": "n", "score": "p"},
            {"images_at": "$", "entries": "[0]", "by": "class"},
            {"kind": "label", "name": "[0]", "by": "text"},
        ]
    ),
)
def test_any_answer_gives_scores_or_a_reason(answer: Any, place: Any) -> None:
    try:
        found = rows(answer, **place)
    except BadScores as error:
        assert str(error)
        return
    for row in found:
        assert len(set(row.classes)) == len(row.classes)
        assert all(0 <= one < len(CLASSES) for one in row.classes)
        json.dumps(row.scores, allow_nan=False)


def test_classes_that_can_not_be_told_apart_are_refused() -> None:
    with pytest.raises(UserError, match="by class can't tell 'Cat' from 'cat'"):
        Names("class", ("Cat", "cat"), ("a", "b"), ("A", "B"))
    Names("text", ("Cat", "cat"), ("a", "b"), ("A", "B"))
