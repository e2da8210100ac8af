"""The verb `methods`: what there is, what it needs, and where it comes from."""

from __future__ import annotations

import pytest

from methods.registry import method_classes
from orchestrator.cli.methods import all_methods, described
from tests.orchestrator.cli.verbs import Said, querycurve


@pytest.fixture(scope="module")
def said() -> Said:
    return querycurve("methods")


def test_every_method_is_listed_with_its_variants_and_what_it_needs(said: Said) -> None:
    assert (said.code, said.err) == (0, "")
    for name, kind in method_classes().items():
        assert f"\n {name} " in said.out
        for variant in kind.variants:
            assert variant in said.out
    row = next(line for line in said.out.splitlines() if line.startswith(" zip "))
    assert row.split()[:6] == ["zip", "soft", "context", "Park", "et", "al.,"]
    assert "zip: zeroth-order intrinsic-dimensional prompt tuning\n" in said.out


def test_it_names_methods_that_cannot_learn_from_labels(said: Said) -> None:
    assert "craft can't learn from labels alone: give answers of {top: 1} or more.\n" in said.out


def test_methods_that_need_less_come_first(said: Said) -> None:
    names = [line.split()[0] for line in said.out.splitlines() if line.strip()]
    assert names.index("zero_shot") < names.index("bar") < names.index("zip")
    assert names.index("zip") < names.index("bptvlm")


def test_a_variant_stands_for_itself_only_where_it_needs_something_else() -> None:
    listed = {one.name: one for one in all_methods()}
    assert listed["bar"].variants == ("zip-port",)
    for one in listed.values():
        base, _, variant = one.name.partition("@")
        if variant:
            assert one.access != listed[base].access
            assert variant not in listed[base].variants


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("bar", "BAR: frames (Tsai, ICML 2020).\n\nMore.", ("frames", "Tsai, ICML 2020")),
        ("bpt_vlm", "BPT-VLM: both towers.", ("both towers", "")),
        ("mine", "A search (of mine) in two\nlines.", ("A search (of mine) in two lines", "")),
        ("mine", "Mine (2020): of others (2021).", ("Mine (2020): of others", "2021")),
        ("bare", "", ("", "")),
    ],
)
def test_summary_and_paper_are_in_the_first_paragraph_of_a_module(
    name: str, text: str, found: tuple[str, str]
) -> None:
    assert described(name, text) == found
