"""A method looks the same everywhere, and can be told apart without seeing colours."""

from itertools import combinations

import pytest

from orchestrator.analysis.charts.palette import NEUTRAL, looks_apart, looks_of

KNOWN = ("zero_shot", "zip", "bar", "blackvip", "blackvip_se", "bptvlm")


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_a_method_has_the_same_look_in_any_company() -> None:
    alone = {name: looks_of([name])[name] for name in KNOWN}
    together = looks_of([*KNOWN, "mine", "yours"])
    assert all(together[name] == alone[name] for name in KNOWN)


def test_no_two_methods_look_alike() -> None:
    labels = [*KNOWN, *(f"mine-{number}" for number in range(20)), "bar@zip-port", "zip@other"]
    looks = looks_of(labels)
    assert len(set(looks.values())) == len(labels)


def test_the_well_known_differ_in_pattern_not_in_colour_alone() -> None:
    looks = looks_of(name for name in KNOWN if name != "zero_shot")
    for one, other in combinations(looks.values(), 2):
        assert one.dash != other.dash


def test_a_variant_keeps_its_methods_colour() -> None:
    looks = looks_of(["bar", "bar@zip-port"])
    assert looks["bar"].colour == looks["bar@zip-port"].colour
    assert looks["bar"].dash != looks["bar@zip-port"].dash


def test_groups_of_many_differ_within_and_their_first_from_each_other() -> None:
    groups = [[f"{group}-{number}" for number in range(7)] for group in "abcde"]
    looks = looks_apart(groups)
    assert len(set(looks.values())) == 35
    assert len({looks[group[0]].colour for group in groups}) == 5
    for group in groups:
        assert len({looks[label].colour for label in group}) == 7


def test_a_well_known_method_looks_as_ever_among_many_where_its_look_is_free() -> None:
    looks = looks_apart([["mine", "zero_shot"], ["zip", "yours"]])
    assert looks["zero_shot"] == looks_of(["zero_shot"])["zero_shot"]
    assert len(set(looks.values())) == 4


def test_more_labels_than_looks_are_drawn_alike_rather_than_refused() -> None:
    looks = looks_apart([[str(number) for number in range(60)]])
    assert len(looks) == 60
    assert looks["59"] == NEUTRAL


@pytest.mark.parametrize("page", ["#ffffff", "#14181d"])
def test_every_colour_is_seen_on_a_light_page_and_a_dark_one(page: str) -> None:
    looks = looks_of([*KNOWN, *(f"mine-{number}" for number in range(8))])
    for look in (*looks.values(), NEUTRAL):
        assert contrast(look.colour, page) >= 3, look
