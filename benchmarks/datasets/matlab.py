"""Reads MATLAB files, in which some datasets keep their labels."""

import struct
import zlib
from pathlib import Path
from typing import Any

from benchmarks.datasets.interface import DatasetError
from benchmarks.quoting import brief

# What broken bytes lead to inside of scipy.
_BROKEN = (LookupError, EOFError, ArithmeticError, MemoryError, struct.error, zlib.error)


def read_mat(path: Path, dataset: str) -> dict[str, Any]:
    """The variables of a MATLAB file, by name.

    Raises:
        DatasetError: the file is missing or damaged.
    """
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        return dict(loadmat(path))
    except (OSError, ValueError, TypeError, NotImplementedError, MatReadError, *_BROKEN) as error:
        raise DatasetError(
            f"dataset {dataset}: {path} is no readable MATLAB file ({brief(error)}). Download it "
            f"again."
        ) from None
