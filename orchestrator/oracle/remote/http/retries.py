"""How long to wait before a request is sent again."""

import math
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

FIRST_WAIT = 0.25
"""Seconds before the first repetition; doubled for each further one."""
LONGEST_WAIT = 15.0
"""The most seconds between two repetitions, unless the service asks for more."""

_SECONDS = re.compile(r"^[0-9]{1,9}(\.[0-9]{1,9})?$")


@dataclass(frozen=True)
class Clock:
    """What time it is, and how to let it pass.

    Attributes:
        seconds: a time that never goes back, in seconds.
        sleep: lets so many seconds pass.
        today: seconds since 1970, for dates.
        chance: a number from 0 to 1, each time another.
    """

    seconds: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    today: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random


def backoff(failures: int, chance: float) -> float:
    """Seconds to wait after so many failures in a row.

    They double with each failure, and are cut at random by up to a half, so that many who failed
    together don't come back together.

    Args:
        failures: at least 1.
        chance: a number from 0 to 1.
    """
    doubled = FIRST_WAIT * 2.0 ** min(failures - 1, 30)
    return min(doubled, LONGEST_WAIT) * (1 - chance / 2)


def retry_after(header: str | None, today: float) -> float | None:
    """Seconds that a `Retry-After` header asks to wait; None if it says nothing that makes sense.

    Args:
        header: seconds, or a date of HTTP.
        today: seconds since 1970.
    """
    text = (header or "").strip()
    if _SECONDS.match(text):
        return float(text)
    try:
        date = parsedate_to_datetime(text)
        if date.tzinfo is None:
            date = date.replace(tzinfo=UTC)
        wait = (date - datetime.fromtimestamp(today, UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return max(wait, 0.0) if math.isfinite(wait) else None
