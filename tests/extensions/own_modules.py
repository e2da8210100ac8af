"""Modules of a user's own, written to a folder from which they are imported."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from extensions.entry_points import declared

METHOD = """
from methods.random_search import RandomSearch

class {name}(RandomSearch):
    name = "{short}"
    version = 1
"""


def write_module(folder: Path, name: str, text: str) -> None:
    """Writes a module anew; what was imported of that name is forgotten."""
    path = folder.joinpath(*name.split(".")).with_suffix(".py")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    for module in [m for m in sys.modules if m.split(".")[0] == name.split(".", maxsplit=1)[0]]:
        del sys.modules[module]


def offer(folder: Path, package: str, group: str, offered: dict[str, str]) -> None:
    """Makes a folder look as if a package were installed there that offers something."""
    info = folder / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = [f"{name} = {place}" for name, place in offered.items()]
    (info / "entry_points.txt").write_text("\n".join([f"[{group}]", *lines, ""]))
    declared.cache_clear()


def on_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets a folder's modules be imported until the test ends."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(folder)])
