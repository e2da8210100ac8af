"""A method looks the same everywhere, and can be told apart without seeing colours."""

from itertools import combinations

import pytest

from orchestrator.analysis.charts.palette import NEUTRAL, looks_of

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


@pytest.mark.parametrize("page", ["#ffffff", "#14181d"])
def test_every_colour_is_seen_on_a_light_page_and_a_dark_one(page: str) -> None:
    looks = looks_of([*KNOWN, *(f"mine-{number}" for number in range(8))])
    for look in (*looks.values(), NEUTRAL):
        assert contrast(look.colour, page) >= 3, look
