"""A module with an error takes no other with it."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from extensions.modules import Broken, modules_in
from tests.extensions.own_modules import on_path, write_module


def test_each_module_is_imported_or_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_path(tmp_path, monkeypatch)
    for name, text in {
        "__init__": "",
        "good": "X = 1",
        "late": "\nX = y",
        "worse": "x = (",
    }.items():
        write_module(tmp_path, f"several.{name}", text)
    found = list(modules_in("several"))
    whole = [one.__name__ for one in found if isinstance(one, ModuleType)]
    told = [str(one) for one in found if isinstance(one, Broken)]
    assert whole == ["several", "several.good"]
    assert told == [
        f"{tmp_path}/several/late.py, line 2: NameError: name 'y' is not defined",
        f"{tmp_path}/several/worse.py, line 1: '(' was never closed",
    ]
