"""Refuses a train, val or test folder that has images, and no class folders to tell their class."""

from collections.abc import Iterable

from benchmarks.datasets.folders import OWN, strays, subfolders
from benchmarks.datasets.interface import DatasetError
from benchmarks.datasets.tree.folder import Folder


def refuse_flat(folder: Folder, parts: Iterable[str], dataset: str) -> None:
    """Refuses images that lie directly in a split's folder, where no class folder stands beside.

    Args:
        folder: the dataset's.
        parts: names of the splits' folders in it; those that aren't there are passed over.
        dataset: the dataset's name.

    Raises:
        DatasetError: a split's folder has images alone.
    """
    for part in parts:
        flat = 0 if subfolders(folder / part) else len(strays(folder / part, OWN))
        if flat:
            images = "1 image lies" if flat == 1 else f"{flat:,} images lie"
            raise DatasetError(
                f"dataset {dataset}: expected class folders in {folder / part}, but {images} "
                f"directly in it. Put each into a folder of its class, or leave {part}/ out."
            )
