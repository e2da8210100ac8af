"""Downloads datasets through torchvision, which knows their addresses and checksums."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from benchmarks.datasets.interface import DatasetError

WORKPLACE = ".downloads"
"""Folder below the data root that holds what isn't whole yet."""

ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz", ".tar.xz", ".tar.bz2")


class DownloadFailed(DatasetError):
    """A download or an archive that can't be used; says why."""


@dataclass(frozen=True)
class Download:
    """How torchvision's copy of a dataset becomes one in the layout that is read here.

    Attributes:
        torchvision: name of the class in `torchvision.datasets`.
        made: what it leaves below its root: the folder to take.
        into: where that folder belongs below the data root.
    """

    torchvision: str
    made: str
    into: str

    def fetch(self, data_root: Path) -> None:
        """Downloads, checks, unpacks and moves into place; goes on with what is there already.

        Raises:
            DownloadFailed: the network, the checksum or the archive.
        """
        from torchvision import datasets

        workplace = data_root / WORKPLACE / self.torchvision
        workplace.mkdir(parents=True, exist_ok=True)
        kind: Callable[..., Any] = getattr(datasets, self.torchvision)
        with failures_told(self.torchvision), members_stay_inside():
            kind(str(workplace), download=True)
        move(workplace / self.made, data_root / self.into)


def unpack_archives(folder: Path) -> list[str]:
    """Unpacks the archives that somebody laid into a folder, there; returns their names.

    Raises:
        DownloadFailed: an archive is damaged, or a member would leave the folder.
    """
    from torchvision.datasets.utils import extract_archive

    found = sorted(path for path in folder.glob("*") if path.name.lower().endswith(ARCHIVES))
    for path in found:
        with failures_told(path.name), members_stay_inside():
            extract_archive(str(path), str(folder))
    return [path.name for path in found]


def move(source: Path, target: Path) -> None:
    """Moves a folder, or what it holds if the target is there already.

    Raises:
        DownloadFailed: there is no such folder, or something of that name is in the way.
    """
    if not source.is_dir():
        raise DownloadFailed(f"the download left no folder {source}.")
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
        return
    for entry in source.iterdir():
        if (target / entry.name).exists():
            raise DownloadFailed(
                f"{target / entry.name} is there already, but not whole: move it away."
            )
        entry.rename(target / entry.name)


@contextmanager
def members_stay_inside() -> Iterator[None]:
    """Makes tarfile refuse members that would leave their folder, as zipfile always does."""
    before = tarfile.TarFile.extraction_filter
    tarfile.TarFile.extraction_filter = staticmethod(tarfile.data_filter)
    try:
        yield
    finally:
        tarfile.TarFile.extraction_filter = before


@contextmanager
def failures_told(what: str) -> Iterator[None]:
    """Turns what downloads and archives raise into an error for the user.

    Raises:
        DownloadFailed: in place of any such error.
    """
    try:
        yield
    except tarfile.FilterError as error:
        raise DownloadFailed(f"{what}: refused an archive: {error}") from None
    except (OSError, RuntimeError, EOFError, tarfile.TarError, BadZipFile) as error:
        raise DownloadFailed(f"{what}: {error}") from None
