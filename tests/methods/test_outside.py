"""Methods of other packages, by place and by short name."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from extensions.entry_points import declared
from extensions.modules import Broken
from extensions.reference import NotInstalled, Unusable
from methods.outside_facts import outside_facts
from methods.registry import (
    GROUP,
    UnknownMethod,
    _outside,
    broken_methods,
    cell_name,
    method_class,
    method_variant,
    offered_methods,
    outside_code,
)
from methods.zip import Zip
from tests.extensions.own_modules import METHOD, offer, on_path, write_module


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    on_path(tmp_path, monkeypatch)
    write_module(tmp_path, "outm", METHOD.format(name="Hill", short="hill"))
    yield tmp_path
    declared.cache_clear()
    _outside.cache_clear()


def test_a_short_name_and_a_place_are_the_same_method(folder: Path) -> None:
    offer(folder, "outm", GROUP, {"hill": "outm:Hill"})
    assert method_class("hill") is method_class("outm:Hill")
    assert cell_name(method_class("hill")) == "outm:Hill"
    ((one, kind),) = offered_methods()
    assert (one.package, kind) == ("outm 1.0", method_class("hill"))


def test_two_methods_of_one_name_are_told_apart_by_place_and_code(folder: Path) -> None:
    write_module(folder, "outn", METHOD.format(name="Hill", short="hill"))
    first, second = method_class("outm:Hill"), method_class("outn:Hill")
    assert first.name == second.name
    assert cell_name(first) != cell_name(second)
    assert outside_code(first) != outside_code(second)
    assert outside_code(Zip) is None
    assert cell_name(Zip) == "zip"


def test_variants_are_named_behind_a_place(folder: Path) -> None:
    text = METHOD.format(name="Wide", short="wide") + '    variants = {"far": {"spread": 20}}\n'
    write_module(folder, "outv", text)
    assert method_variant("outv:Wide@far")[1] == {"spread": 20}
    with pytest.raises(Unusable, match=r"outv:Wide has no variant 'fra'. Known: far"):
        method_variant("outv:Wide@fra")


def test_names_of_this_project_stay_its_own(folder: Path) -> None:
    write_module(folder, "outz", METHOD.format(name="Zip", short="zip"))
    offer(folder, "outz", GROUP, {"zip": "outz:Zip"})
    assert method_class("zip") is Zip
    (told,) = map(str, broken_methods())
    assert told.startswith("zip of outz 1.0: the name is this project's own, so outz:Zip is left")
    assert list(offered_methods()) == []
    with pytest.raises(Unusable, match="calls itself 'zip', which is the name of a method of this"):
        method_class("outz:Zip")
    with pytest.raises(Unusable, match=r"methods.zip:Zip is a method of this project: write zip"):
        method_class("methods.zip:Zip")


def test_a_name_that_two_packages_give_is_refused(folder: Path) -> None:
    offer(folder, "outm", GROUP, {"hill": "outm:Hill"})
    offer(folder, "outn", GROUP, {"hill": "outn:Hill"})
    with pytest.raises(Unusable, match=r"outm:Hill of outm 1.0 and outn:Hill of outn 1.0: write"):
        method_class("hill")


def test_what_a_package_offers_and_cannot_be_used_is_told_and_disturbs_nobody(folder: Path) -> None:
    write_module(folder, "outb", "1 / 0")
    offered = {"bad": "outb:Bad", "other": "outm:Hill", "hill": "outm:Hill"}
    offer(folder, "outm", GROUP, offered)
    found = {one.name: kind for one, kind in offered_methods()}
    assert isinstance(found["bad"], Broken)
    assert "'bad' of outm 1.0 can't be used" in str(found["bad"])
    assert "ZeroDivisionError" in str(found["bad"])
    assert "but its `name` is 'hill': give both the same name" in str(found["other"])
    assert found["hill"] is method_class("hill")
    with pytest.raises(UnknownMethod, match=r"Did you mean: hill\?"):
        method_class("hil")


def test_a_class_that_lacks_something_is_refused(folder: Path) -> None:
    write_module(folder, "outl", METHOD.format(name="Hill", short="Hill Climber"))
    with pytest.raises(Unusable, match=r"Hill.name: expected a name in snake case, got 'Hill Cl"):
        method_class("outl:Hill")


def test_a_package_that_is_gone_is_told_apart(folder: Path) -> None:
    offer(folder, "outg", GROUP, {"gone": "gone_entirely:Gone"})
    with pytest.raises(NotInstalled, match=r"'gone' of outg 1.0 can't be used: gone_entirely:Gone"):
        method_class("gone")


def test_a_trace_keeps_what_a_report_needs_without_the_package(folder: Path) -> None:
    facts = outside_facts(method_class("outm:Hill"))
    assert facts is not None
    assert (facts["place"], facts["name"], facts["trains"]) == ("outm:Hill", "hill", True)
    assert facts["defaults"]["population"] == 9
    assert outside_facts(Zip) is None
