"""A folder and those below it, each listed when it is first asked for and then kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from benchmarks.datasets.tree.contents import Contents, scan, stamp_of
from benchmarks.datasets.tree.listing_file import Listed, load_listing, save_listing

WORTHWHILE = 2_000
"""Names from which on a listing is remembered: fewer are listed in a few milliseconds."""

NOTHING = Contents([], [])


class Folder:
    """A folder. `folder / "train"` is the one below it, which shares what has been listed.

    For example, given a dataset's folder:

        images = Folder.remembered(folder)
        names = (images / "train").contents().folders
        images.remember()  # the next process lists nothing that hasn't changed

    Args:
        path: of the folder.
        listings: what has been listed; by default nothing, and nothing is remembered.
    """

    def __init__(self, path: Path | str, listings: _Listings | None = None) -> None:
        self._path = str(path)
        self._listings = listings or _Listings()

    @classmethod
    def of(cls, place: Path | Folder) -> Folder:
        """The place itself, or a folder of its path."""
        return place if isinstance(place, Folder) else cls(place)

    @classmethod
    def remembered(cls, path: Path) -> Folder:
        """A folder of which the local cache knows what hasn't changed."""
        return cls(path, _Listings(str(path.absolute())))

    def __truediv__(self, name: str) -> Folder:
        return Folder(Path(self._path, name), self._listings)

    def __str__(self) -> str:
        return self._path

    @property
    def path(self) -> Path:
        """Where it is."""
        return Path(self._path)

    def contents(self) -> Contents:
        """Its files and folders; nothing when it isn't there.

        Raises:
            DatasetError: it can't be read.
        """
        return self._listings.contents(self._path)

    def below(self) -> Iterator[tuple[str, list[str]]]:
        """The files of this folder and of all below it, folder by folder.

        A link that leads back up is not followed.

        Yields:
            the path from here, "" or with a slash at its end; and the names of the files there.
        """
        todo: list[tuple[str, Folder, tuple[Path, ...]]] = [("", self, ())]
        while todo:  # folders may lie deeper than calls may
            prefix, folder, above = todo.pop()
            files, folders = folder.contents()
            yield prefix, files
            here = (*above, folder.path.resolve()) if folders else ()  # the true paths
            for name in folders:
                inner = folder / name
                target = inner.path.resolve() if inner.path.is_symlink() else None
                if target is None or not any(path.is_relative_to(target) for path in here):
                    todo.append((f"{prefix}{name}/", inner, here))

    def remember(self) -> None:
        """Puts what has been listed into the local cache, if it is much that is new."""
        self._listings.save()


class _Listings:
    """Folders by path, as they were found by this process or remembered by another one.

    Args:
        root: the folder above them all, whose listing the cache may know; "" to leave the cache.
    """

    def __init__(self, root: str = "") -> None:
        self._root = root
        self._found: dict[str, Contents] = {}
        self._lasting: dict[str, Listed] = {}
        self._known: dict[str, Listed] | None = None
        self._new = 0

    def contents(self, path: str) -> Contents:
        found = self._found.get(path)
        if found is None:
            found = self._found[path] = self._look(path)
        return found

    def save(self) -> None:
        if self._root and self._new >= WORTHWHILE:
            save_listing(self._root, self._lasting)
            self._new = 0

    def _look(self, path: str) -> Contents:
        stamp = stamp_of(path)
        if stamp is None:
            return NOTHING
        if self._root:
            absolute = os.path.abspath(path)  # noqa: PTH100
            known = self._remembered.get(absolute)
            if known is not None and known.stamp == stamp:
                self._lasting[absolute] = known
                return known.contents
        contents, lasting = scan(path, stamp)
        if self._root and lasting:
            self._lasting[absolute] = Listed(stamp, contents)
            self._new += len(contents.files) + len(contents.folders)
        return contents

    @property
    def _remembered(self) -> dict[str, Listed]:
        if self._known is None:
            self._known = load_listing(self._root)
        return self._known
