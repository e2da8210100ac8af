"""Downloads datasets with torchvision, which knows their addresses and checksums."""

import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from benchmarks.datasets.interface import DatasetError

WORKPLACE = ".downloads"
"""Folder below the data root for downloads that are not finished."""

ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz", ".tar.xz", ".tar.bz2")


class DownloadFailed(DatasetError):
    """A download failed or an archive is damaged; says why."""


@dataclass(frozen=True)
class Download:
    """How torchvision's copy of a dataset is brought into the layout that is read here.

    Attributes:
        torchvision: name of the class in `torchvision.datasets`.
        made: the folder that it creates below its root.
        into: where that folder is moved, below the data root.
    """

    torchvision: str
    made: str
    into: str

    def fetch(self, data_root: Path) -> None:
        """Downloads, checks, unpacks and moves into place; continues an interrupted download.

        Raises:
            DownloadFailed: the network failed, a checksum is wrong, or an archive is damaged.
        """
        from torchvision import datasets

        workplace = data_root / WORKPLACE / self.torchvision
        workplace.mkdir(parents=True, exist_ok=True)
        kind: Callable[..., Any] = getattr(datasets, self.torchvision)
        with failures_told(self.torchvision):
            kind(str(workplace), download=True)
        move(workplace / self.made, data_root / self.into)


def unpack_archives(folder: Path) -> list[str]:
    """Unpacks the archives that lie in a folder into that folder; returns their names.

    Raises:
        DownloadFailed: an archive is damaged, or a member would leave the folder.
    """
    from torchvision.datasets.utils import extract_archive

    found = sorted(path for path in folder.glob("*") if path.name.lower().endswith(ARCHIVES))
    for path in found:
        with failures_told(path.name):
            extract_archive(str(path), str(folder))
    return [path.name for path in found]


def move(source: Path, target: Path) -> None:
    """Moves a folder, or its contents if the target exists already.

    Raises:
        DownloadFailed: there is no such folder, or the target already has an entry of that name.
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
                f"{target / entry.name} exists already but is incomplete: move it away."
            )
        entry.rename(target / entry.name)


@contextmanager
def failures_told(what: str) -> Iterator[None]:
    """Turns errors of downloads and archives into one error for the user.

    Meanwhile tarfile refuses members that lead out of the target folder, as zipfile always does.

    Raises:
        DownloadFailed: for any such error.
    """
    before = tarfile.TarFile.extraction_filter
    tarfile.TarFile.extraction_filter = staticmethod(tarfile.data_filter)
    try:
        yield
    except tarfile.FilterError as error:
        raise DownloadFailed(f"{what}: refused an archive: {error}") from None
    except (OSError, RuntimeError, EOFError, tarfile.TarError, BadZipFile) as error:
        raise DownloadFailed(f"{what}: {error}") from None
    finally:
        tarfile.TarFile.extraction_filter = before
