"""Reads MATLAB files, in which some datasets keep their labels."""

from pathlib import Path
from typing import Any

from benchmarks.datasets.interface import DatasetError


def read_mat(path: Path, dataset: str) -> dict[str, Any]:
    """The variables of a MATLAB file, by name.

    Raises:
        DatasetError: the file is missing or damaged.
    """
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        return dict(loadmat(path))
    except (OSError, ValueError, TypeError, NotImplementedError, MatReadError) as error:
        raise DatasetError(
            f"dataset {dataset}: {path} is no readable MATLAB file ({error}). Download it again."
        ) from None
