"""Paths of images as a manifest has them, brought to paths below its folder."""

import os
import re
import unicodedata
from pathlib import Path
from posixpath import normpath, relpath

from benchmarks.datasets.texts import CONTROL

_PLAIN = re.compile(r"[A-Za-z0-9_.,()+=@ -][A-Za-z0-9_.,()+=@ /-]*")
"""What is meant as it is written, unless it leads upwards; for most of very many paths."""

_DRIVE = re.compile(r"[A-Za-z]:/")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


class NoPath(ValueError):
    """A path leads to no image below the manifest; says why, as the end of a sentence."""


class ImagePaths:
    """Paths below a folder. What names a file there as it is written stays as it is written.

    Args:
        folder: the manifest's.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = os.path.abspath(folder)  # noqa: PTH100  (without looking at links)
        self._true = os.path.realpath(folder)
        self._windows: bool | None = None

    def below(self, written: str) -> str:
        """The path below the folder, with slashes.

        Files are looked for only where a path could be meant in another way than it is written.

        Raises:
            NoPath: it leads out of the folder, is an address, or has characters that no path has.
        """
        path = written.strip()
        if _PLAIN.fullmatch(path) and ".." not in path:
            return path
        if CONTROL.search(path):
            raise NoPath("has a character that no path has")
        if _ADDRESS.match(path):
            raise NoPath("is an address. Download the image, and give its path")
        if "\\" in path and self._from_windows(path):
            path = path.replace("\\", "/")
        if _DRIVE.match(path):
            raise NoPath("is a path of another computer. Give paths below the manifest's folder")
        path = self._inside(path)
        return path if path.isascii() else self._spelled(path)

    def _from_windows(self, path: str) -> bool:
        """Whether backslashes part folders: not if the first such path is a file's name."""
        if self._windows is None:
            self._windows = not self._has(path)
        return self._windows

    def _has(self, path: str) -> bool:
        return os.path.exists(f"{self._folder}/{path}")  # noqa: PTH110

    def _inside(self, path: str) -> str:
        if path.startswith("/"):
            whole = normpath(path)
            for folder in (self._folder, self._true):
                if whole.startswith(f"{folder.rstrip('/')}/"):
                    return relpath(whole, folder)
        elif ".." not in path.split("/"):
            return path
        else:
            inner = relpath(normpath(f"{self._folder}/{path}"), self._folder)
            if inner.split("/")[0] != "..":
                return inner
        raise NoPath(f"leads out of {self._folder}, the manifest's folder")

    def _spelled(self, path: str) -> str:
        """The path in the normal form that the file has: macOS writes accents apart."""
        forms = (unicodedata.normalize(form, path) for form in ("NFC", "NFD"))
        return next((form for form in (path, *forms) if self._has(form)), path)
