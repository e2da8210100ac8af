"""Durations and sizes as people write them."""

from __future__ import annotations

import pytest

from orchestrator.cli.quantities import bytes_in, seconds_in
from orchestrator.errors import UserError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("50ms", 0.05), ("0.05s", 0.05), ("2 s", 2), ("1min", 60), (" .5S ", 0.5), ("0ms", 0)],
)
def test_durations(text: str, seconds: float) -> None:
    assert seconds_in(text, "--latency") == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("64MB", 64_000_000),
        ("512KiB", 2**19),
        ("1.5GiB", 3 * 2**29),
        ("7b", 7),
        ("1gb", 10**9),
        ("2TB", 2e12),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert bytes_in(text, "--max-request") == size


@pytest.mark.parametrize(
    "text", ["", "50", "ms", "-1s", "1e3s", "5 m s", "1,5s", "٣s", "9" * 400 + "s"]
)
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="--latency: expected a duration such as 50ms"):
        seconds_in(text, "--latency")
    with pytest.raises(UserError, match="--max-request: expected a size such as 64MB"):
        bytes_in(text.replace("s", "MB"), "--max-request")
