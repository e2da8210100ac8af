"""Edits of templates: what they keep, and which words they prefer."""

from __future__ import annotations

from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from methods.parts.seeding import generator
from methods.parts.template_bank import ADJECTIVES, ARTICLES, ENDINGS, NOUNS, imagenet_templates
from methods.parts.template_edits import edits

SOME = st.lists(st.sampled_from(imagenet_templates()), min_size=1, max_size=3)


@given(best=SOME, worst=SOME, seed=st.integers(0, 99))
def test_an_edit_is_a_template_of_few_words(best: list[str], worst: list[str], seed: int) -> None:
    for one in islice(edits(best, worst, generator(seed, "edits")), 20):
        assert one.count("{}") == 1
        assert len(one.split()) <= 15
        assert one == " ".join(one.split())
        assert " ." not in one


def test_the_same_draws_make_the_same_edits() -> None:
    first, second = (
        list(islice(edits(["a {}."], ["the {}."], generator(1, "edits")), 30)) for _ in range(2)
    )
    assert first == second
    assert len(set(first)) > 10


def test_words_come_from_the_grammar_and_the_best_templates() -> None:
    grammar = {word for one in (*ARTICLES, *ADJECTIVES, *NOUNS, *ENDINGS) for word in one.split()}
    found = islice(edits(["odd {} thing"], ["{}"], generator(1, "edits")), 200)
    words = {word for one in found for word in one.split()} - {"{}"}
    assert {"odd", "thing"} < words <= {*grammar, "odd", "thing"}


def test_words_that_only_bad_templates_have_go_first() -> None:
    best, worst = ["good plain {}"], ["bad plain {}"]
    found = list(islice(edits(best, worst, generator(2, "edits")), 300))
    assert not any("bad" in one.split() for one in found)
    added = [one for one in found if one.split().count("good") > 1]
    assert len(added) > 30


def test_two_templates_are_joined_at_the_class_name() -> None:
    found = set(islice(edits(["one {} two", "red {} blue"], [], generator(3, "edits")), 200))
    assert {"one {} blue", "red {} two"} <= found
