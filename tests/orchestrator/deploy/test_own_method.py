"""A prompt that needs a method of somebody's own: only code that was asked for runs."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from extensions.entry_points import declared
from extensions.fingerprint import code_digest
from methods import registry
from methods.registry import GROUP, method_class, outside_code
from orchestrator.cell import MethodChoice
from orchestrator.deploy.export import load_prompt, prompt_from_store
from orchestrator.deploy.folder import read_prompt, write_prompt
from orchestrator.errors import UserError
from tests.extensions.own_modules import offer, on_path, write_module
from tests.orchestrator.deploy.desk import Desk

OWN = """
from methods.bar import Bar

class Own(Bar):
    name = "own_bar"
    version = 1
"""


def forget() -> None:
    """What was found is looked for anew."""
    for found in (declared, code_digest, registry._outside):
        found.cache_clear()


@pytest.fixture
def folder(done: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An export of a method in the working folder, which is not imported."""
    on_path(tmp_path, monkeypatch)
    monkeypatch.chdir(tmp_path)
    write_module(tmp_path, "own_code", OWN)
    forget()
    prompt_from_store(done.store, done.cell("bar").key).save("out")
    kept, kind = read_prompt("out"), method_class("own_code:Own")
    record = kept.record
    assert record.rebuilt is not None
    cell = record.cell.model_copy(
        update={"method": MethodChoice(name="own_code:Own", settings=record.cell.method.settings)}
    )
    again = record.rebuilt.model_copy(update={"method_code": outside_code(kind)})
    told = record.model_copy(update={"cell": cell, "rebuilt": again})
    write_prompt(replace(kept, record=told), "out")
    del sys.modules["own_code"]
    forget()
    yield tmp_path
    forget()


def test_a_folder_imports_no_module_that_it_names(folder: Path) -> None:
    with pytest.raises(UserError, match="If you trust it, import own_code first"):
        load_prompt("out")
    assert "own_code" not in sys.modules
    importlib.import_module("own_code")
    assert load_prompt("out").predict([]) == []


def test_what_an_installed_package_offers_is_found(folder: Path) -> None:
    offer(folder, "own-package", GROUP, {"own_bar": "own_code:Own"})
    assert load_prompt("out").predict([]) == []


def test_other_code_than_tuned_it_is_refused(folder: Path) -> None:
    write_module(folder, "own_code", f"{OWN}    spare = 1\n")
    importlib.import_module("own_code")
    with pytest.raises(UserError, match="tuned by other code of own_code:Own than is here"):
        load_prompt("out")


def test_a_method_that_is_gone_is_named(folder: Path) -> None:
    write_module(folder, "own_code", "")
    importlib.import_module("own_code")
    with pytest.raises(UserError, match="tuned by 'own_code:Own', which isn't installed here"):
        load_prompt("out")


def test_settings_that_the_method_does_not_take_are_told(folder: Path) -> None:
    importlib.import_module("own_code")
    kept = read_prompt("out")
    choice = MethodChoice(name="own_code:Own", settings={"direction": 3})
    cell = kept.record.cell.model_copy(update={"method": choice})
    write_prompt(replace(kept, record=kept.record.model_copy(update={"cell": cell})), "out")
    with pytest.raises(UserError, match=r"doesn't take the settings .* Did you mean: directions"):
        load_prompt("out")
