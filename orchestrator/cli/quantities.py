"""Durations and sizes as people write them: `50ms`, `64MB`."""

import math
import re
from collections.abc import Mapping

from benchmarks.quoting import quoted
from orchestrator.errors import UserError

_WRITTEN = re.compile(r"(\d+(?:\.\d+)?|\.\d+) ?([A-Za-z]*)", re.ASCII)
_SECONDS = {"MS": 0.001, "S": 1.0, "MIN": 60.0}
_BYTES = {
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KIB": 2**10,
    "MIB": 2**20,
    "GIB": 2**30,
    "TIB": 2**40,
}


def seconds_in(text: str, option: str) -> float:
    """The seconds in a duration such as `50ms`, `0.05s` or `1min`.

    Raises:
        UserError: it is none; says for which option one was expected.
    """
    found = _amount(text, _SECONDS)
    if found is None:
        raise UserError(f"{option}: expected a duration such as 50ms or 0.5s, got {quoted(text)}.")
    return found


def bytes_in(text: str, option: str, such_as: str = "64MB or 512KiB") -> int:
    """The bytes in a size such as `64MB` or `1.5GiB`.

    Raises:
        UserError: it is none; says for which option one was expected.
    """
    found = _amount(text, _BYTES)
    if found is None:
        raise UserError(f"{option}: expected a size such as {such_as}, got {quoted(text)}.")
    return int(found)


def _amount(text: str, units: Mapping[str, float]) -> float | None:
    """A number with one of the units, however its letters are written; None if it is none."""
    written = _WRITTEN.fullmatch(text.strip())
    if written is None or written[2].upper() not in units:
        return None
    amount = float(written[1]) * units[written[2].upper()]
    return amount if math.isfinite(amount) else None
