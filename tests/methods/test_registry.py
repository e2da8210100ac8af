"""Methods and variants by name."""

from __future__ import annotations

import pytest

from methods.bar import Bar
from methods.registry import UnknownMethod, method_classes, method_variant, variant_names


def test_a_variant_is_a_method_with_other_defaults() -> None:
    assert method_variant("bar@zip-port") == (Bar, {"decay_epochs": 1000})
    assert method_variant("bar") == (Bar, {})


def test_every_variant_is_made_of_valid_settings_that_differ_from_the_defaults() -> None:
    for name in variant_names():
        kind, defaults = method_variant(name)
        assert kind.settings_type.model_validate(defaults) != kind.settings_type()


def test_a_method_may_build_on_another_and_keeps_its_own_name() -> None:
    classes = method_classes()
    assert issubclass(classes["blackvip_se"], classes["blackvip"])
    assert all(kind.name == name for name, kind in classes.items())


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("bar@zip-prt", "Did you mean: bar@zip-port"),
        ("bptvlm@orignal", "Did you mean: bptvlm@original"),
        ("blackvipse", "Did you mean: blackvip"),
        ("bar@", "Did you mean: bar"),
        ("ZIP", r"Did you mean: zip\?"),
        ("bar@Zip-Port", r"Did you mean: bar@zip-port\?"),
        ("zip@zip-port", r"Known: zip\."),
        ("xyz@q", "Known: bar"),
    ],
)
def test_unknown_names_are_answered_with_the_nearest(name: str, hint: str) -> None:
    with pytest.raises(UnknownMethod, match=hint):
        method_variant(name)
