"""Names that give one prompt are found, however they are spelled."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.datasets.class_names import alike, plain, refuse_alike, shown
from benchmarks.datasets.interface import DatasetError

CAFE = ("Caf\u00e9", "Cafe\u0301")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Owl", "owl"),
        ("owl", " owl "),
        ("barn owl", "barn_owl"),
        ("barn owl", "barn  owl"),
        ("barn owl", "barn\u00a0owl"),
        ("owl", "\ufeffowl"),
        ("STRASSE", "stra\u00dfe"),
        ("men's shoe", "men\u2019s shoe"),
        ("owl", "\uff4f\uff57\uff4c"),
        ("fish", "\ufb01sh"),
        ("owl & hawk", "owl &amp; hawk"),
        CAFE,
    ],
)
def test_spellings_of_one_name_are_refused_together(one: str, other: str) -> None:
    with pytest.raises(DatasetError, match=r"here: .* are two classes with one prompt"):
        refuse_alike(["goose", one, other], "here")


def test_the_message_shows_both_even_where_they_look_the_same() -> None:
    with pytest.raises(DatasetError, match=r"'Caf\\xe9' and 'Cafe\\u0301'"):
        refuse_alike(CAFE, "here")


@pytest.mark.parametrize("other", ["owls", "barn-owl", "barnowl", "barn owl 2"])
def test_other_names_stay(other: str) -> None:
    refuse_alike(["owl", "barn owl", other], "here")


@settings(max_examples=50)
@given(st.text(max_size=12), st.sampled_from(["NFC", "NFD"]))
def test_a_name_has_one_plain_form_in_any_normal_form(name: str, form: str) -> None:
    assert plain(unicodedata.normalize(form, name)) == plain(name)  # type: ignore[arg-type]


def test_all_places_of_a_name_are_in_one_group() -> None:
    assert alike(["a", "b", "A", "c", "a_", "B"]) == [(0, 2, 4), (1, 5)]


def test_many_names_are_counted() -> None:
    assert shown(["a", "b"]) == "a, b"
    assert shown(map(str, range(10))) == "0, 1, 2, 3, 4, 5, 6, 7 and 2 more"
