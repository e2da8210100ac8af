"""Methods are grouped by what they need of a black box, from what every service takes upwards."""

from __future__ import annotations

from itertools import pairwise

import pytest

from methods.interface import Access, Input
from methods.registry import method_classes
from orchestrator.analysis.access import (
    access_words,
    declared_access,
    group_title,
    grouped,
    hardness,
    least_answers,
    marked,
    track_of,
)


def needs(*inputs: Input, readout: bool = False) -> Access:
    return Access(frozenset(inputs), readout)


IN_ORDER = (
    (needs(), "strings"),
    (needs("text", readout=True), "strings with readout"),
    (needs("text", "pixels"), "pixels"),
    (needs("soft context"), "soft context"),
    (needs("soft context", readout=True), "soft context with readout"),
    (needs("soft context", "pixels"), "pixels + soft context"),
    (needs("visual tokens"), "visual tokens"),
    (needs("soft context", "visual tokens"), "soft context + visual tokens"),
    (needs("soft context", "visual tokens", "inner layers"), "inner layers"),
    (needs("inner layers", readout=True), "inner layers with readout"),
    (None, "unknown"),
)


def test_groups_have_short_names_and_an_order() -> None:
    assert [access_words(access) for access, _ in IN_ORDER] == [words for _, words in IN_ORDER]
    listed = [access for access, _ in IN_ORDER]
    assert all(hardness(easier) < hardness(harder) for easier, harder in pairwise(listed))


def test_the_dataset_s_own_template_is_a_string() -> None:
    assert access_words(needs("text")) == access_words(needs())
    assert hardness(needs("text")) == hardness(needs())
    assert access_words(needs("pixels")) == access_words(needs("pixels", "text"))
    assert hardness(needs("pixels")) == hardness(needs("pixels", "text"))


def test_methods_of_inner_layers_are_in_a_track_of_their_own() -> None:
    assert track_of(needs("inner layers")) == "translucent box"
    assert {track_of(access) for access, _ in IN_ORDER[:8]} == {"plain box"}
    assert group_title(needs("inner layers")) == "inner layers (translucent box)"
    assert group_title(needs("pixels")) == "pixels"


def test_labels_are_grouped_in_the_order_of_the_groups() -> None:
    found = grouped({"c": needs("pixels"), "b": needs("text"), "a": needs("pixels"), "d": None})
    assert found == {"strings": ["b"], "pixels": ["c", "a"], "unknown": ["d"]}


def test_learning_from_unlabelled_test_images_is_marked() -> None:
    assert marked("mine", Access(unlabelled_test_images=True)) == "mine‡"
    assert marked("mine", Access()) == marked("mine", None) == "mine"


def test_methods_that_need_more_than_a_label_are_named() -> None:
    craft, free = declared_access("craft", {}), declared_access("craft", {"kl_weight": 0})
    assert least_answers({"zip": Access(), "a": craft, "b": craft, "gone": None}) == [
        "a, b can't learn from labels alone: give answers of {top: 1} or more."
    ]
    assert least_answers({"zip": Access(), "free": free}) == []


def test_what_this_release_does_not_know_is_unknown() -> None:
    assert declared_access("of_tomorrow", {}) is None
    assert declared_access("zip", {"a setting of tomorrow": 1}) is None


def test_access_follows_from_the_settings() -> None:
    both = declared_access("bptvlm", {"visual_tokens": 5})
    assert access_words(both) == "soft context + visual tokens"
    assert access_words(declared_access("bptvlm", {"visual_tokens": 0})) == "soft context"


@pytest.mark.parametrize("name", method_classes())
def test_every_method_and_variant_declares_what_it_needs(name: str) -> None:
    for defaults in ({}, *method_classes()[name].variants.values()):
        assert declared_access(name, defaults) is not None
