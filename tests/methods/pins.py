"""The pins of all methods and variants of this project.

`python -m tests.methods.pins` writes `pins.json` anew: do that together with a higher `version` of
the method whose proposals were meant to change, and of no other.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from methods.registry import method_names, variant_names
from querycurve.testing import pins as shipped

FILE = Path(__file__).with_name("pins.json")
SMALL = {
    "bptvlm": {"text_dimension": 12, "visual_dimension": 6},
    "blackvip_se": {"components": 6},
    "bbt": {"dimension": 12},
    "craft": {"dimension": 12},
    "sharpzo": {"dimension": 6, "population": 4, "most_at_once": 4},
}


def pins(name: str) -> dict[str, Any]:
    """Summaries of what a method or variant does with small settings."""
    return shipped.pins(name, SMALL.get(name.partition("@")[0]))


if __name__ == "__main__":
    everything = {name: pins(name) for name in (*method_names(), *variant_names())}
    FILE.write_text(json.dumps(everything, indent=1) + "\n")
