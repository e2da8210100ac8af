"""A folder without rights for anybody, also for the user that tests often run as: root."""

from __future__ import annotations

import os
from errno import EACCES
from pathlib import Path
from typing import Any

import pytest


def lock(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Makes a folder, and what lies in it, unreadable to this process."""
    scandir, stat, path_stat = os.scandir, os.stat, Path.stat

    def refuse(path: Any, *, itself: bool) -> None:
        inside = Path(os.fsdecode(path)).is_relative_to(folder)
        if inside and (itself or Path(os.fsdecode(path)) != folder):
            raise PermissionError(EACCES, os.strerror(EACCES), str(path))

    def locked_scandir(path: Any = ".") -> Any:
        refuse(path, itself=True)
        return scandir(path)

    def locked_stat(path: Any, **options: Any) -> os.stat_result:
        if not isinstance(path, int):
            refuse(path, itself=False)
        return stat(path, **options)

    def locked_path_stat(path: Path, **options: Any) -> os.stat_result:
        refuse(path, itself=False)
        return path_stat(path, **options)

    monkeypatch.setattr(os, "scandir", locked_scandir)
    monkeypatch.setattr(os, "stat", locked_stat)
    monkeypatch.setattr(Path, "stat", locked_path_stat)
