"""The templates that a search has to begin with, and which of them fit."""

from __future__ import annotations

from dataclasses import replace

import pytest
from open_clip import OPENAI_IMAGENET_TEMPLATES

from methods.interface import Problem, SettingsError
from methods.parts.template_bank import bank, fits, imagenet_templates, longest
from querycurve.testing.toy_oracle import ToyWords
from tests.methods.problems import problem


def roomy(tokens: int) -> Problem:
    """A problem with room for so many words beside the class name."""
    space = replace(problem().space, context_tokens=tokens)
    return replace(problem(), space=space, templates=("its {}.", "an {}."), words=ToyWords())


def test_the_datasets_own_comes_first_and_none_comes_twice() -> None:
    found = bank(roomy(20))
    assert found[:2] == ("its {}.", "an {}.")
    assert len(found) == len(set(found)) > 150
    assert set(imagenet_templates()) < set(found)
    assert all(one.count("{}") == 1 for one in found)


def test_clips_templates_are_those_of_its_authors() -> None:
    assert imagenet_templates() == tuple(one("{}") for one in OPENAI_IMAGENET_TEMPLATES)


def test_what_is_too_long_is_left_out_except_the_datasets_own() -> None:
    short = bank(roomy(3))
    assert 5 < len(short) < len(bank(roomy(20)))
    assert all(fits(one, roomy(3)) for one in short)
    assert bank(roomy(0)) == ("its {}.", "{}")


def test_words_that_can_not_be_counted_are_taken() -> None:
    assert bank(replace(roomy(0), words=None)) == bank(roomy(20))


def test_proposals_replace_the_bank() -> None:
    assert bank(roomy(9), ("a {}", "its {}.", "b {}")) == ("its {}.", "a {}", "b {}")


def test_a_proposal_that_is_too_long_is_named() -> None:
    with pytest.raises(SettingsError, match=r"'one two three \{\}' is too long.* room for 2 "):
        bank(roomy(2), ("a {}", "one two three {}"))


def test_a_plan_looks_at_the_longest_alone() -> None:
    shown = longest(bank(roomy(20)), roomy(20))
    assert len(shown) <= 9
    assert shown[0] == "its {}."
    most = max(len(one.split()) for one in bank(roomy(20)))
    assert most in {len(one.split()) for one in shown}
