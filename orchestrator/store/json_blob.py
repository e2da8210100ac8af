"""JSON of small blobs, which may hold anything once a disk or an editor had its way with them."""

import json
from typing import Any


def mapping_in(data: bytes) -> dict[str, Any] | None:
    """The JSON object in a blob; None when there is none in it."""
    found = value_in(data)
    return found if isinstance(found, dict) else None


def value_in(data: bytes) -> Any:
    """The JSON value in a blob; None when it holds no JSON."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
