"""Classes named by their place."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from extensions.reference import NotInstalled, Unusable, load_class, place_of
from methods.interface import Method
from tests.extensions.own_modules import METHOD, on_path, write_module


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    on_path(tmp_path, monkeypatch)
    return tmp_path


def test_a_class_is_found_in_a_package(folder: Path) -> None:
    write_module(folder, "ownpkg.one", METHOD.format(name="One", short="one"))
    assert place_of(load_class("ownpkg.one:One", Method)) == "ownpkg.one:One"


def test_the_working_folder_is_looked_through_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(tmp_path)
    write_module(tmp_path, "besideme", METHOD.format(name="One", short="one"))
    assert load_class("besideme:One", Method).name == "one"
    assert sys.path[-1] == str(tmp_path)


@pytest.mark.parametrize(
    ("reference", "text", "told"),
    [
        ("ownbad:", "", "expected package.module:Class"),
        ("__main__:One", "", "write it into a file of its own, such as mine.py"),
        ("ownbad:One", "x = (", r"ownbad.py, line 1: '\(' was never closed"),
        ("ownbad:One", "\n1 / 0", "ownbad.py, line 2: ZeroDivisionError"),
        ("ownbad:One", "import nothing_of_the_kind", "No module named 'nothing_of_the_kind'"),
        ("ownbad:One", "raise SystemExit(3)", "can't be imported: .*SystemExit"),
        ("ownbad:Oen", METHOD.format(name="One", short="one"), r"has no Oen. Did you mean: One\?"),
        ("ownbad:One", "One = 3", "derives from methods.interface.Method, got a value of the type"),
        ("ownbad:One", "class One(dict): ...", "got a class that derives from dict"),
        (
            "ownbad:One",
            "from methods.interface import Method\nclass One(Method): ...",
            "the class lacks __init__, ask, best_prompt, load, state, tell",
        ),
    ],
)
def test_what_cannot_be_used_is_told(folder: Path, reference: str, text: str, told: str) -> None:
    write_module(folder, "ownbad", text)
    with pytest.raises(Unusable, match=told):
        load_class(reference, Method)


@pytest.mark.parametrize("reference", ["not_there_at_all:One", "not_there_at_all.inner:One"])
def test_a_module_that_is_not_here_is_told_apart_from_a_broken_one(
    folder: Path, reference: str
) -> None:
    with pytest.raises(NotInstalled, match=r"no module 'not_there_at_all' is installed, nor is it"):
        load_class(reference, Method)
